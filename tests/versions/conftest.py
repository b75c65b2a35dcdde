"""A database, a folder with a small flow, and `ivr flow ...` as a person types it."""

from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ivr.cli import app
from tests.embedded_postgres import database, postgres_server

__all__ = ["database", "postgres_server"]

LINES = """\
lines:
  shop: {numbers: ["+18005550100"], flow: shop}
  test: {numbers: ["+18005550199"], flow: shop, version: draft}
"""
FLOW = """\
flow: shop
start: welcome
nodes:
  welcome:
    type: menu
    say: Welcome. Hours, or address?
    options:
      - {phrases: hours, key: "1", label: our hours, next: hours}
      - {phrases: address, key: "2", label: our address, next: address}
  hours: {type: hangup, say: We open at nine.}
  address: {type: hangup, say: You find us at one Main Street.}
"""
TESTS = """\
- name: hours by key
  talk: [{hears: welcome}, {presses: "1"}, {hears: open at}]
  only: [text]
"""

Ivr = Callable[..., tuple[int, str]]


@pytest.fixture
def flows(tmp_path: Path) -> Path:
    folder = tmp_path / "flows"
    (folder / "shop").mkdir(parents=True)
    (folder / "lines.yaml").write_text(LINES)
    (folder / "shop" / "flow.yaml").write_text(FLOW)
    (folder / "shop" / "tests.yaml").write_text(TESTS)
    return folder


@pytest.fixture
def ivr(database: str, flows: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Ivr:
    """`ivr flow ...`: exit code and what was printed."""
    monkeypatch.setenv("IVR_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("DATABASE_URL", database)
    monkeypatch.setenv("IVR_CACHE", str(tmp_path / "cache"))  # no sentence model: it takes seconds to load

    def run(*words: str) -> tuple[int, str]:
        extra = ["--flows", str(flows)] if words[0] in ("publish", "diff", "pull") else []
        monkeypatch.setattr("sys.argv", ["ivr", "flow", *words, *extra])  # the command is imported by its name
        result = CliRunner().invoke(app, ["flow", *words, *extra])
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result.exit_code, result.output

    return run
