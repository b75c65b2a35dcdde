"""The routes of calls over a real Postgres, with people who are named by a header."""

import wave
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from fastapi import Depends, FastAPI, Header, HTTPException
from fastapi.testclient import TestClient

from ivr import actions as a
from ivr import events as e
from ivr import journal as j
from ivr.insight import call_review
from ivr.insight.flow_then import FlowsThen
from ivr.records import store
from ivr.records.fold import CallFold
from ivr.services.flow_files import load_folder
from ivr.web.calls.place import Gate, Place
from ivr.web.calls.routes import router
from tests.embedded_postgres import Server, postgres_server

__all__ = ["postgres_server"]
CALL = "01930000-0000-7000-8000-000000000001"
OTHER_LINE = "01930000-0000-7000-8000-000000000002"
HOSTILE = "<script>alert(1)</script>\u202e\x00 '; drop table ivr.calls; --"
SECRET = "four two seven"
FLOW = """\
flow: shop
start: menu
nodes:
  menu: {type: menu, say: Bye?, options: [{phrases: bye, key: "1", label: bye, next: bye}]}
  bye: {type: hangup, say: Goodbye.}
"""
RIGHTS = "see hear review trace export"


@dataclass(frozen=True)
class Visitor:
    name: str
    lines: frozenset[str] | None
    sees_numbers: bool
    sees_words: bool


def needs(right: str) -> object:
    def visitor(rights: str = Header(), lines: str = Header(""), hidden: str = Header("")) -> Visitor:
        if right not in rights.split():
            raise HTTPException(403, "you may not")
        return Visitor(
            "ann", frozenset(lines.split()) if lines else None, "numbers" not in hidden, "words" not in hidden
        )

    return Depends(visitor)


class Site:
    """One web process; `told` is its audit trail."""

    def __init__(self, url: str, recordings: Path, flows: Path) -> None:
        self.told: list[tuple[str, str, str]] = []
        self.engine = store.engine(url)
        gate = Gate(needs("see"), needs("hear"), needs("review"), needs("trace"), needs("export"))
        self.app = FastAPI()
        audit = lambda person, what, of: self.told.append((person.name, what, of))  # noqa: E731
        self.app.include_router(router(Place(self.engine, recordings, FlowsThen(self.engine, flows), gate, audit)))

    def of(self, rights: str = RIGHTS, lines: str = "", hidden: str = "") -> TestClient:
        return TestClient(self.app, headers={"rights": rights, "lines": lines, "hidden": hidden})


def entries(caller: str, line: str, version: str) -> list[j.Entry]:
    """A call of two turns, the second with hostile words; one recording that is there, two that are not."""
    return [
        j.Opened(at="2027-01-04T09:00:00Z", caller=caller, line=line, flow="shop", version=version),
        a.NodeEntered(turn=1, t=5, flow="shop", node="menu", node_type="menu", visit=1),
        a.NodeEntered(turn=2, t=90, flow="shop", node="bye", node_type="hangup", visit=1),
        j.SipMessage(text=f"INVITE sip:shop SIP/2.0\r\nFrom: {HOSTILE}\r\n\r\n", leg="caller"),
        j.RecordingStarted(path="day/one.wav", from_t=40), j.RecordingStarted(path="../outside.wav"),
        j.RecordingStarted(path="day/gone.wav"),
        e.Partial(turn=1, t=60, text=SECRET), e.Heard(turn=1, id=1, hypotheses=[e.Hypothesis(text=SECRET)]),
        e.Heard(turn=2, id=2, hypotheses=[e.Hypothesis(text=HOSTILE)]),
        j.Closed(at="2027-01-04T09:01:00Z", frames=500),
    ]  # fmt: skip


@pytest.fixture(scope="module")
def filled(postgres_server: Server, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    url, folder = postgres_server.fresh(), tmp_path_factory.mktemp("state")
    (folder / "recordings" / "day").mkdir(parents=True)
    for path in ("recordings/day/one.wav", "outside.wav"):
        with wave.open(str(folder / path), "wb") as file:
            file.setparams((2, 2, 8000, 0, "NONE", ""))
            file.writeframes(bytes(range(256)) * 100)
    (folder / "flows" / "shop").mkdir(parents=True)
    (folder / "flows" / "shop" / "flow.yaml").write_text(FLOW)
    published = load_folder(folder / "flows").published
    assert published is not None
    version = published.flows["shop"].version
    engine = store.engine(url)
    with engine.begin() as connection:
        for call, caller, line in ((CALL, "+14155550123", "orders"), (OTHER_LINE, HOSTILE, "desk")):
            fold = CallFold(call)
            for seq, entry in enumerate(entries(caller, line, version), 1):
                fold.add(entry, seq)
            store.write(connection, [fold.changed()])
            call_review.note(connection, call, "bob", SECRET)
    engine.dispose()
    return url, folder / "recordings"


@pytest.fixture
def site(filled: tuple[str, Path]) -> Iterator[Site]:
    made = Site(*filled, filled[1].parent / "flows")
    yield made
    made.engine.dispose()
