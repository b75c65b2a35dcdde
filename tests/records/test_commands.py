"""`ivr db`, `ivr demo`, `ivr calls` as an operator uses them."""

import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from typer.testing import CliRunner

from ivr.cli import app
from ivr.records.address import resolve
from ivr.records.delivery import Delivery
from ivr.records.embedded import QUERY_ROLE
from ivr.records.store import migrated

OLD = Path(__file__).parent.parent / "data" / "journals" / "format-1.jsonl"
CALL = "0197a0e0-1111-7abc-8def-0123456789ab"


@dataclass(frozen=True)
class Done:
    """What a command printed and how it ended."""

    returncode: int
    stdout: str
    stderr: str


def ivr(state: Path, *words: str, **settings: str) -> Done:
    """`ivr WORDS` in this process: each one alone would load the libraries again."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("IVR_") and k != "DATABASE_URL"}
    with (
        patch.dict(os.environ, {**kept, "IVR_STATE": str(state), **settings}, clear=True),
        patch.object(sys, "argv", ["ivr", *words]),  # cli.py loads the command that is named there
    ):
        result = CliRunner().invoke(app, list(words))
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return Done(result.exit_code, result.stdout, result.stderr)


def journal(state: Path) -> None:
    folder = state / "journals" / "2026-11-23"
    folder.mkdir(parents=True)
    (folder / f"{CALL}.jsonl").write_bytes(OLD.read_bytes())


def test_an_address_that_is_set_wins_and_its_password_is_never_shown(tmp_path: Path) -> None:
    embedded = resolve(tmp_path)
    assert embedded.server is not None
    assert (embedded.query_role, QUERY_ROLE in embedded.query_url) == ("", True)
    external = resolve(tmp_path, "postgresql://me:secretword@db.example/ivr")
    assert external.server is None
    assert (external.query_url, external.query_role) == (external.url, QUERY_ROLE)
    assert "secretword" not in external.shown
    own = resolve(tmp_path, "postgresql://me@db.example/ivr", "postgresql://flows@db.example/shop")
    assert (own.query_url, own.query_role) == ("postgresql://flows@db.example/shop", "")


def test_calls_are_listed_and_shown_while_the_database_is_away(tmp_path: Path) -> None:
    journal(tmp_path)
    listed = ivr(tmp_path, "calls")
    assert listed.returncode == 0, listed.stderr
    assert CALL in listed.stdout
    assert "resolved" in listed.stdout
    for name in (CALL, CALL[-6:], "last"):
        shown = ivr(tmp_path, "calls", "show", name)
        assert shown.returncode == 0, shown.stderr
        assert "path welcome > which_order > lookup > shipped > agent > bye" in shown.stdout
        assert str(tmp_path / "recordings" / "2026-11-23" / f"{CALL}.wav") in shown.stdout
    assert ivr(tmp_path, "calls", "show", "nothing").returncode == 1


@pytest.mark.postgres
def test_calls_come_from_the_database_once_the_journal_is_gone(tmp_path: Path, database: str) -> None:
    journal(tmp_path)
    work = Delivery(tmp_path / "journals", lambda: migrated(database))
    work.step()
    before = shown(tmp_path, database)
    (tmp_path / "journals" / "2026-11-23" / f"{CALL}.jsonl").unlink()
    after = shown(tmp_path, database)
    assert after["source"] == "database"
    for part in ("turns", "path", "keys", "recordings", "transfers", "troubles"):
        assert len(after[part]) == len(before[part]) > 0, part
        for old, new in zip(before[part], after[part], strict=True):
            assert old.items() <= new.items(), part
    (row,) = json.loads(ivr(tmp_path, "calls", "--json", "--caller", "+14155550123", DATABASE_URL=database).stdout)
    assert row["outcome"] == "resolved"
    assert json.loads(ivr(tmp_path, "calls", "--json", "--caller", "+1", DATABASE_URL=database).stdout) == []


def shown(state: Path, database: str) -> dict[str, Any]:
    done = ivr(state, "calls", "show", CALL, "--json", DATABASE_URL=database)
    assert done.returncode == 0, done.stderr
    value = json.loads(done.stdout)
    assert isinstance(value, dict)
    return value


@pytest.mark.postgres
def test_status_and_demo_tell_what_is_there(tmp_path: Path, database: str) -> None:
    status = ivr(tmp_path, "db", "status", "--json", DATABASE_URL=database)
    report = json.loads(status.stdout)
    assert status.returncode == 0
    assert report["answers"] is True
    assert report["version"] == report["newest"] != ""
    assert "44 orders" in ivr(tmp_path, "demo", DATABASE_URL=database).stdout


def test_a_database_that_refuses_is_said_plainly_without_its_password(tmp_path: Path) -> None:
    wrong = "postgresql://nobody:secretword@127.0.0.1:1/none"
    for words in (("db", "status"), ("db", "migrate", "--wait", "0"), ("demo", "--wait", "0")):
        done = ivr(tmp_path, *words, DATABASE_URL=wrong)
        assert done.returncode == 1
        assert "refused" in done.stdout + done.stderr
        assert "secretword" not in done.stdout + done.stderr
    embedded = ivr(tmp_path, "db", "migrate", "--wait", "0")
    assert embedded.returncode == 1
    assert "ivr up" in embedded.stderr
