"""Two weeks of made-up calls beside the served pages; words and names among them are hostile."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import insert

from ivr.records import review_tables, tables
from tests.web.conftest import Site

FIRST = datetime(2027, 1, 4, 5, tzinfo=UTC)
"""Monday's midnight in New York, where the demo line is."""
RANGE = "since=2027-01-11T00:00&until=2027-01-18T00:00"
"""The second week."""
HOSTILE = '<script>alert(1)</script>\N{RIGHT-TO-LEFT OVERRIDE}"><img src=x onerror=alert(2)>'
WAYS = (
    ["welcome", "menu", "order_number", "order_status", "bye"], ["welcome", "menu", "menu", "agent"],
    ["welcome", "menu", "order_number", "order_number"], ["welcome", "menu", "ask", "bye"],
)  # fmt: skip
ENDS = ("resolved", "transferred", "abandoned", "resolved")


def call_id(number: int) -> str:
    return str(UUID(int=(0x01930000 << 96) | (7 << 76) | (2 << 62) | number))


def rows(calls: int = 280) -> dict[str, list[dict[str, Any]]]:
    chance = random.Random(5)
    made: dict[str, list[dict[str, Any]]] = {name: [] for name in ("calls", "turns", "path", "queries", "transfers")}
    for number in range(calls):
        at = FIRST + timedelta(days=14) * (number / calls)
        kind = number % len(WAYS)
        call, way = call_id(number), WAYS[kind]
        busy = number % 40 == 39
        made["calls"].append({
            "id": call, "caller": f"+1415555{number % 90:04d}", "line": "orders" if number % 5 else "other",
            "flow": "orders", "version": "v1", "language": "ko" if number % 4 == 3 else "en",
            "outcome": "busy" if busy else ENDS[kind], "ended_in": way[-1], "offered_at": at, "answered_at": at,
            "ended_at": at + timedelta(seconds=60), "duration_s": 60.0, "complete": True, "failures": number % 3,
        })  # fmt: skip
        for seq, node in enumerate(way):
            made["path"].append({"call": call, "seq": seq, "flow": "orders", "node": node})
        for turn, node in enumerate(way[1:], 1):
            missed = (number + turn) % 6 == 0
            words = ("where is my parcel", "where's my parcel", HOSTILE)[number % 3] if missed else "yes please"
            made["turns"].append({
                "call": call, "turn": turn, "node": node, "language": "en", "heard_text": words, "text": words,
                "result": "no_match" if missed else "match", "how": "keys" if turn == 2 else "speech",
                "confidence": round(chance.betavariate(6, 2), 3), "answer_s": round(chance.lognormvariate(-1, 0.4), 3),
                "understand_s": 0.01,
            })  # fmt: skip
        if kind == 3:
            made["queries"].append({"call": call, "id": 1, "turn": 3, "node": "ask", "kind": "answer",
                                    "status": "not_found" if number % 8 == 3 else "ok"})  # fmt: skip
        if kind == 1:
            made["transfers"].append({"call": call, "id": 1, "destination": "agents", "kind": "queue", "t": 100,
                                      "ok": number % 8 == 1, "done_t": 600})  # fmt: skip
    return made


def fill(site: Site) -> None:
    made = rows()
    with site.engine.begin() as db:
        for name, found in made.items():
            db.execute(insert(tables.metadata.tables[f"ivr.{name}"]), found)
        db.execute(insert(review_tables.turn_corrections), [
            {"call": call_id(n), "turn": 1, "made_by": "ann", "heard": heard, "said": said}
            for n, heard, said in [(200, "yes please", "yes please"), (204, "where is my", "where is my parcel"),
                                   (208, HOSTILE, "no thanks")]
        ])  # fmt: skip
        db.execute(insert(tables.flow_versions), {"flow": "survey", "number": 1, "made_by": "ann"})
        db.execute(insert(tables.flow_releases), {"flow": "survey", "number": 1, "kind": "publish",
                   "from_at": datetime(2027, 1, 13, 17, tzinfo=UTC)})  # fmt: skip


@pytest.fixture(scope="module")
def filled(site: Site) -> Site:
    fill(site)
    return site
