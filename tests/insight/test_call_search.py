"""Searching calls in a real database: each filter finds what it says, pages join, hostile values do no harm.

The calls are written as delivery writes them (store.write), so the row that searches read is the product's.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, text

from ivr.insight import call_search
from ivr.insight.call_filter import CallFilter, FilterError
from ivr.records import store
from tests.embedded_postgres import Server, postgres_server

__all__ = ["postgres_server"]
pytestmark = pytest.mark.postgres
BEGAN = datetime(2027, 1, 4, 9, tzinfo=UTC)
HOSTILE = "<script>alert(1)</script> \u202e'; drop table ivr.calls; -- " + "x" * 3_000


def call(number: int) -> str:
    return f"01930000-0000-7000-8000-{number:012d}"


def told(number: int, said: list[tuple[str, str, str, float]], **columns: Any) -> dict[str, list[dict[str, Any]]]:
    """A call with turns (node, words, intent, confidence), offered `number` minutes after BEGAN."""
    at = (BEGAN + timedelta(minutes=number)).isoformat()
    head = {"id": call(number), "offered_at": at, "flow": "shop", "line": "orders", "language": "en",
            "outcome": "resolved", "duration_s": 10.0 * number, "failures": 0, "complete": True, **columns}  # fmt: skip
    turns = [
        {"call": call(number), "turn": turn, "node": node, "heard_text": words, "text": words, "intent": intent,
         "confidence": sure}
        for turn, (node, words, intent, sure) in enumerate(said, 1)
    ]  # fmt: skip
    path = [{"call": call(number), "seq": seq, "node": node, "flow": "shop"} for seq, (node, *_) in enumerate(said)]
    return {"calls": [head], "turns": turns, "path": path}


CALLS = [
    told(1, [("menu", "where is my order", "order", 0.9)], caller="+14155550101", version="aaa"),
    told(2, [("menu", "my order where is it", "order", 0.4)], caller="+14155550102", version="bbb", failures=2),
    told(3, [("menu", "주문을 취소할게요", "cancel", 0.8)], caller="+8225550001", language="ko", line="desk"),
    told(4, [("menu", HOSTILE, "", 0.1), ("agent", "", "", 1.0)], caller="<b>'\u202e", outcome="failed"),
    told(5, [], caller="", outcome="abandoned", flow="bank"),
]


@pytest.fixture(scope="module")
def stored(postgres_server: Server) -> str:
    url = postgres_server.fresh()
    engine = store.engine(url)
    with engine.begin() as connection:
        store.write(connection, CALLS)
    engine.dispose()
    return url


@pytest.fixture
def calls(stored: str) -> Iterator[Connection]:
    """What a test writes is taken back."""
    engine = store.engine(stored)
    with engine.connect() as connection:
        yield connection
    engine.dispose()


def found(connection: Connection, lines: frozenset[str] | None = None, /, **given: str | list[str]) -> list[int]:
    wanted = CallFilter.read({name: value if isinstance(value, list) else [value] for name, value in given.items()})
    return [int(row["id"][-12:]) for row in call_search.search(connection, wanted, lines).calls]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, [5, 4, 3, 2, 1]),
        ({"since": "2027-01-04T09:02Z", "until": "2027-01-04T18:04+09:00"}, [3, 2]),
        ({"number": "+14155550101"}, [1]),
        ({"number": "+1415*"}, [2, 1]),
        ({"flow": "bank"}, [5]),
        ({"version": ["aaa", "bbb"]}, [2, 1]),
        ({"node": "agent"}, [4]),
        ({"intent": "order", "outcome": "resolved"}, [2, 1]),
        ({"intent": "order", "outcome": "failed"}, []),
        ({"language": "ko"}, [3]),
        ({"line": "desk"}, [3]),
        ({"duration_min_s": "20", "duration_max_s": "30"}, [3, 2]),
        ({"failures_min": "2"}, [2]),
        ({"confidence_max": "0.4"}, [4, 2]),
        ({"words": "Order WHERE"}, [2, 1]),
        ({"words": '"is my order"'}, [1]),
        ({"words": "order -it"}, [1]),
        ({"words": "주문"}, [3]),
        ({"words": "script"}, []),
        ({"words": "' | !:* & \\ <-> ("}, [5, 4, 3, 2, 1]),
        ({"words": "drop & order | it"}, []),
        ({"node": "menu' or true --"}, []),
    ],
)
def test_each_filter_finds_what_it_says(
    calls: Connection, given: dict[str, str | list[str]], expected: list[int]
) -> None:
    assert found(calls, **given) == expected


def test_only_the_visitors_lines(calls: Connection) -> None:
    assert found(calls, frozenset({"desk"})) == [3]
    assert found(calls, frozenset()) == []
    assert found(calls, frozenset({"desk"}), line="orders") == []
    assert call_search.count(calls, CallFilter(), frozenset({"desk"})) == 1


def test_pages_join_without_gap_or_repeat_when_calls_share_their_time(calls: Connection) -> None:
    calls.execute(text("update ivr.call_search set at = :at where call <> :first"), {"at": BEGAN, "first": call(1)})
    for wanted in (CallFilter(), CallFilter(line=("orders", "desk"))):
        seen, after = [], ""
        while True:
            page = call_search.search(calls, wanted, after=after, limit=2)
            seen += [int(row["id"][-12:]) for row in page.calls]
            after = page.after
            if not after:
                break
        assert seen == [1, 5, 4, 3, 2]


def test_what_is_rare_is_found_behind_the_calls_that_the_walk_looks_at(
    calls: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(call_search, "RECENT", 2)
    assert found(calls, intent="order") == [2, 1]
    pages = list(call_search.everything(calls.engine, CallFilter(flow=("shop",)), at_once=2))
    assert [[int(row["id"][-12:]) for row in page] for page in pages] == [[4, 3], [2, 1]]


def test_a_call_that_goes_on_is_found_by_what_is_new_and_no_longer_by_what_was(calls: Connection) -> None:
    store.write(calls, [{"calls": [{"id": call(5), "outcome": "resolved"}],
                         "turns": [{"call": call(5), "turn": 1, "node": "pay", "heard_text": "zebra"}]}])  # fmt: skip
    assert found(calls, words="zebra") == found(calls, node="pay") == [5]
    assert found(calls, outcome="abandoned") == []
    calls.rollback()


def test_lines_that_no_search_reads_leave_the_row_alone(calls: Connection) -> None:
    head = {"id": call(7), "offered_at": BEGAN.isoformat(), "line": "orders", "delivered_seq": 1}
    entered = {"call": call(7), "seq": 2, "node": "menu"}
    version = text("select xmin, ctid from ivr.call_search where call = :call")
    seen = []
    for change in (
        {"calls": [head]},
        {"calls": [head], "path": [entered]},
        {"calls": [head | {"delivered_seq": 3}]},
        {"calls": [head | {"complete": True, "outcome": "failed"}]},
    ):
        store.write(calls, [change])
        seen.append(calls.execute(version, {"call": call(7)}).first())
    assert seen[0] is None, "in the list with its first node"
    assert seen[1] is not None
    assert seen[1] == seen[2] != seen[3]
    assert 7 in found(calls, outcome="failed")
    calls.rollback()


def test_a_call_that_is_deleted_is_not_found(calls: Connection) -> None:
    calls.execute(text("delete from ivr.calls where id = :id"), {"id": call(3)})
    assert found(calls) == [5, 4, 2, 1]
    calls.rollback()


def test_megabytes_in_a_turn_are_stored_and_searched(calls: Connection) -> None:
    many = " ".join(f"주문{number}" for number in range(300_000))
    store.write(calls, [told(6, [("menu", many, "x" * 5_000, 0.5)])])
    assert found(calls, words="주문7") == [6]
    calls.rollback()


@pytest.mark.parametrize(
    "given",
    [{"since": "yesterday"}, {"duration_min_s": "nan"}, {"confidence_max": "2"}, {"number": "%"}, {"flow": "x" * 501},
     {"words": "a\x00b"}, {"failures_min": "-1"}],
)  # fmt: skip
def test_what_cannot_be_meant_is_told_by_the_filters_name(given: dict[str, str]) -> None:
    with pytest.raises(FilterError) as error:
        CallFilter.read({name: [value] for name, value in given.items()})
    assert error.value.name in given
    assert next(iter(given.values())) not in str(error.value)


@pytest.mark.parametrize("cursor", ["x", "é", "W10", "WyIyMDI3LTAxLTA0VDA5OjAwOjAwWiIsICJ4Il0"])
def test_a_cursor_that_is_none_is_told(calls: Connection, cursor: str) -> None:
    with pytest.raises(FilterError):
        call_search.search(calls, CallFilter(), after=cursor)


def test_a_filter_is_the_same_after_its_address() -> None:
    given = {"since": ["2027-01-04T09:00:00+00:00"], "flow": ["shop", "bank"], "duration_min_s": ["5.0"],
             "failures_min": ["2"], "words": ['"my order" -it']}  # fmt: skip
    wanted = CallFilter.read(given | {"unknown": ["1"], "number": [" "]})
    assert wanted.address() == given
    assert CallFilter.read(wanted.address()) == wanted
