"""`ivr report` over the made-up week."""

import pytest
import typer
from typer.testing import CliRunner

from ivr.commands.report import report

app = typer.Typer()
app.command()(report)


def run(*words: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, list(words))
    return result.exit_code, result.stdout, result.stderr


def row(text: str, name: str) -> list[str]:
    (found,) = [line for line in text.splitlines() if line.startswith(name + " ")]
    return found.removeprefix(name).split()


@pytest.mark.postgres
def test_a_week_in_text(filled: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", filled)
    code, text, told = run("--week", "2027-01-07", "--zone", "Asia/Seoul")
    assert (code, told) == (0, "")
    assert row(text, "offered") == ["6", "1", "+500", "%"]
    assert row(text, "resolved") == ["1", "25", "%", "1", "+0", "%"]
    assert row(text, "shop/menu") == ["3", "1", "0", "33", "%"]
    assert [line.split() for line in text.splitlines() if line.startswith("shop/order")] == [
        ["shop/order", "1", "0", "1"],
        ["shop/order", "2", "1"],
    ]
    assert row(text, "desk") == ["queue", "2", "1", "10", "10"]
    assert "most calls at once: 2, Monday 00:02" in text
    assert "called again within 7 days: 2 of 4 (50 %)" in text
    assert "+822555" not in text
    code, text, _ = run("--week", "2020-01-07", "--flow", "shop")
    assert (code, row(text, "offered")) == (0, ["0", "0"])


@pytest.mark.parametrize("words", [["--week", "soon"], ["--week", "0001-01-01"], ["--zone", "Mars/Base"]])
def test_wrong_weeks_and_zones_are_told(words: list[str]) -> None:
    code, _, told = run(*words)
    assert code == 2
    assert "no such week or zone" in told


@pytest.mark.postgres
def test_a_database_that_is_away_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://nobody@127.0.0.1:9/none")
    code, _, told = run("--week", "2027-01-07")
    assert code == 1
    assert "ivr db status" in told
