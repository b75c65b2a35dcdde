"""A database with a week of made-up calls, the same for all tests of the figures: they only read."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Connection, insert, update

from ivr.records import review_tables, store, tables
from tests.embedded_postgres import Server, postgres_server

__all__ = ["postgres_server"]

SEOUL = ZoneInfo("Asia/Seoul")


def call(number: int) -> str:
    return f"01930000-0000-7000-8000-{number:012d}"


def _calls() -> list[dict[str, Any]]:
    """From Monday 4 January 2027 on, Seoul's time: 1 just before Monday (Sunday in Seoul), 2 to 7 in the week."""
    monday = datetime(2027, 1, 4, tzinfo=SEOUL)
    rows = [
        # number, offered, lasts, caller, language, outcome, ended in, answered
        (1, -timedelta(minutes=1), 60, "+8225550001", "ko", "resolved", "bye", True),
        (2, timedelta(minutes=1), 100, "+8225550001", "ko", "abandoned", "order", True),
        (3, timedelta(minutes=2), 100, "+8225550002", "en", "resolved", "bye", True),
        (4, timedelta(minutes=2, seconds=50), 30, "+8225550003", "ko", "busy", "", True),
        (5, timedelta(days=2, hours=9), 50, "+8225550001", "ko", "resolved", "agent", True),
        (6, timedelta(days=2, hours=9, seconds=50), 40, "+8225550009", "ko", "failed", "order", True),
        (7, timedelta(days=6, hours=23), 0, "+8225550002", "", "rejected", "", False),
    ]
    made = []
    for number, after, lasts, caller, language, outcome, ended_in, answered in rows:
        at = monday + after
        made.append({
            "id": call(number), "caller": caller, "line": "other" if number == 6 else "shop", "flow": "shop",
            "language": language, "outcome": outcome, "ended_in": ended_in, "offered_at": at,
            "answered_at": at if answered else None, "ended_at": at + timedelta(seconds=lasts), "complete": True,
        })  # fmt: skip
    return made


def _turns() -> list[dict[str, Any]]:
    return [
        {"call": call(2), "turn": 1, "node": "menu", "result": "no_match", "how": "speech", "answer_s": 0.2},
        {"call": call(2), "turn": 2, "node": "menu", "result": "match", "how": "keys", "answer_s": 0.4},
        {"call": call(2), "turn": 3, "node": "order", "result": "no_input", "how": "none", "answer_s": None},
        {"call": call(3), "turn": 1, "node": "menu", "result": "match", "how": "speech", "answer_s": 0.6},
        {"call": call(1), "turn": 1, "node": "menu", "result": "no_match", "how": "speech", "answer_s": 9.0},
    ]


@pytest.fixture(scope="session")
def filled(postgres_server: Server) -> str:
    url = postgres_server.fresh()
    engine = store.engine(url)
    path = [(2, ["menu", "order"]), (3, ["menu", "order", "bye"]), (5, ["menu", "agent"])]
    with engine.begin() as connection:
        connection.execute(insert(tables.calls), _calls())
        connection.execute(insert(tables.turns), _turns())
        connection.execute(insert(tables.path), [
            {"call": call(number), "seq": seq, "flow": "shop", "node": node}
            for number, nodes in path for seq, node in enumerate(nodes)
        ])  # fmt: skip
        for number, sure, words in ((2, 0.35, ""), (3, 1.0, "Do you sell lamps")):
            first = (tables.turns.c.call == call(number)) & (tables.turns.c.turn == 1)
            connection.execute(update(tables.turns).where(first).values(confidence=sure, heard_text=words))
        connection.execute(insert(tables.queries), [
            {"call": call(3), "id": 1, "turn": 1, "node": "faq", "kind": "answer", "status": "not_found"},
            {"call": call(3), "id": 2, "turn": 1, "node": "look", "kind": "sql", "status": "not_found"},
        ])  # fmt: skip
        for turn, heard, said in ((2, "cancel", "nothing"), (2, "cancel my", "cancel my"), (3, "sell lamps", "x")):
            connection.execute(insert(review_tables.turn_corrections), {
                "call": call(turn), "turn": 1, "made_by": "ann", "heard": heard, "said": said})  # fmt: skip
        bobs = {"call": call(3), "turn": 1, "made_by": "bob", "heard": "do you sell", "said": "Do you sell lamps"}
        connection.execute(insert(review_tables.turn_corrections), bobs)
        connection.execute(insert(tables.transfers), [
            {"call": call(5), "id": 1, "destination": "desk", "kind": "queue", "t": 100, "ok": False, "done_t": 600},
            {"call": call(5), "id": 2, "destination": "desk", "kind": "queue", "t": 700, "ok": True, "done_t": 1200},
        ])  # fmt: skip
    engine.dispose()
    return url


@pytest.fixture
def calls(filled: str) -> Iterator[Connection]:
    engine = store.engine(filled)
    with engine.connect() as connection:
        yield connection
    engine.dispose()
