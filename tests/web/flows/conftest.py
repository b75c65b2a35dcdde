"""The routes of flows over a real Postgres, with people who are named by a header."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from fastapi import Depends, FastAPI, Header, HTTPException
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from ivr.insight.editing import Desk
from ivr.records import store
from ivr.web.flows.place import Gate, Place
from ivr.web.flows.routes import router
from tests.embedded_postgres import database, postgres_server
from tests.versions.conftest import FLOW, LINES, TESTS

__all__ = ["database", "postgres_server"]


@dataclass(frozen=True)
class Visitor:
    name: str
    lines: frozenset[str] | None = None


def needs(right: str) -> object:
    def visitor(who: str = Header(), rights: str = Header(), lines: str = Header("")) -> Visitor:
        if right not in rights.split():
            raise HTTPException(403, "you may not")
        return Visitor(who, frozenset(lines.split()) if lines else None)

    return Depends(visitor)


class Site:
    """One web process."""

    def __init__(self, engine: Engine, flows: Path, cache: Path, second_approver: bool = False) -> None:
        self.engine = engine
        self.flows = flows
        self.told: list[tuple[str, str, str]] = []
        self.place = Place(
            Desk(engine, flows),
            Gate(needs("see"), needs("edit"), needs("publish")),
            cache,
            second_approver,
            lambda person, what, flow: self.told.append((person.name, what, flow)),
            lambda text, language: b"\x00\x10\x00\xf0" * 4000,
        )
        app = FastAPI()
        app.include_router(router(self.place), prefix="/flows")
        self.app = app

    def of(self, who: str, rights: str = "see edit publish", lines: str = "") -> TestClient:
        return TestClient(self.app, headers={"who": who, "rights": rights, "lines": lines})


@pytest.fixture
def site(database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    flows = tmp_path / "flows"
    (flows / "shop").mkdir(parents=True)
    (flows / "lines.yaml").write_text(LINES)
    (flows / "shop" / "flow.yaml").write_text(FLOW)
    (flows / "shop" / "tests.yaml").write_text(TESTS)
    monkeypatch.setenv("IVR_CACHE", str(tmp_path / "cache"))  # no sentence model: it takes seconds to load
    engine = store.engine(database)
    yield Site(engine, flows, tmp_path / "cache")
    engine.dispose()
