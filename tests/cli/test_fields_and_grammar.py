"""`ivr flow fields` and `ivr bench grammar`."""

import json
from pathlib import Path

import typer
from typer.testing import CliRunner

from ivr.commands.bench_grammar import grammar
from ivr.commands.flow import app
from ivr.language.fields import FIELDS
from ivr.language.table import LANGUAGES

TABLES = Path(__file__).parents[1] / "language" / "tables"


def test_fields_counts_every_field_and_language() -> None:
    result = CliRunner().invoke(app, ["fields", "--tables", str(TABLES), "--json"])
    assert result.exit_code == 0
    rows = json.loads(result.stdout)
    assert {(row["field"], row["language"]) for row in rows} == {(f, code) for f in FIELDS for code in LANGUAGES}


def test_an_example_that_fails_is_told(tmp_path: Path) -> None:
    (tmp_path / "date.en.yaml").write_text(
        "field: date\nlanguage: en\nsaid: {third of may twenty thirty: 2031-01-01}\n"
    )
    result = CliRunner().invoke(app, ["fields", "--tables", str(tmp_path), "--wrong"])
    assert result.exit_code == 1
    assert "0 of 1" in result.stdout
    assert "date.en: 'third of may twenty thirty' is 2030-05-03, not 2031-01-01" in result.stdout


def test_no_tables(tmp_path: Path) -> None:
    assert CliRunner().invoke(app, ["fields", "--tables", str(tmp_path)]).exit_code == 2


def test_bench_grammar_measures_a_menu() -> None:
    command = typer.Typer()
    command.command()(grammar)
    result = CliRunner().invoke(command, ["--intents", "10", "--examples", "200", "--json"])
    found = json.loads(result.stdout)
    assert found["menu"]["examples"] == 200
    assert found["menu"]["arcs"] > 40
    assert set(found["fields"]) >= {"date.en", "date.ko", "digits.en"}
