"""Notes, ratings, tags, corrections, saved searches and exports, in a real database."""

import csv
import io
import json
from collections.abc import Iterator

import pytest
from sqlalchemy import Connection

from ivr.insight import call_export, call_review, call_search, saved_searches
from ivr.insight.call_filter import CallFilter, FilterError
from ivr.insight.call_review import ReviewError
from ivr.records import store
from tests.embedded_postgres import Server, postgres_server
from tests.insight.test_call_search import call, told

__all__ = ["postgres_server"]
pytestmark = pytest.mark.postgres


@pytest.fixture(scope="module")
def stored(postgres_server: Server) -> str:
    url = postgres_server.fresh()
    engine = store.engine(url)
    with engine.begin() as connection:
        said = [("menu", "where is my daughter", "", 0.3)]
        store.write(connection, [
            told(1, said, caller="+14155550101"),
            told(2, [], caller="=HYPERLINK(\"x\")", line='a,"b"\n<script>'),
            told(3, [], caller=""),
        ])  # fmt: skip
    engine.dispose()
    return url


@pytest.fixture
def calls(stored: str) -> Iterator[Connection]:
    engine = store.engine(stored)
    with engine.connect() as connection:
        yield connection
    engine.dispose()


def test_tags_are_found_once_they_are_given_and_no_longer_when_taken(calls: Connection) -> None:
    for who in ("ann", "bob"):
        call_review.tag(calls, call(1), who, "  To  Train ")
    wanted = CallFilter(tag=("to train",))
    assert [row["tags"] for row in call_search.search(calls, wanted).calls] == [["to train"]]
    assert [(row["tag"], row["made_by"]) for row in call_review.of(calls, call(1))["tags"]] == [("to train", "ann")]
    assert call_review.tags(calls, "TO") == ["to train"]
    assert call_review.tags(calls, "%") == []
    store.write(calls, [told(1, [("bye", "later words", "", 0.9)])])
    assert len(call_search.search(calls, wanted).calls) == 1, "delivery keeps what people wrote"
    call_review.untag(calls, call(1), "to train")
    assert call_search.search(calls, wanted).calls == []


def test_one_rating_a_person_changed_and_taken_back(calls: Connection) -> None:
    for who, stars in (("ann", 2), ("bob", 5), ("ann", 4)):
        call_review.rate(calls, call(1), who, stars)
    assert {row["made_by"]: row["stars"] for row in call_review.of(calls, call(1))["ratings"]} == {"ann": 4, "bob": 5}
    call_review.rate(calls, call(1), "ann", None)
    assert [row["made_by"] for row in call_review.of(calls, call(1))["ratings"]] == ["bob"]
    with pytest.raises(ReviewError):
        call_review.rate(calls, call(1), "ann", 6)


def test_a_correction_keeps_what_the_record_said_and_is_of_a_turn(calls: Connection) -> None:
    call_review.misheard(calls, call(1), 1, "ann", "where is my order", "order")
    [row] = call_review.of(calls, call(1))["corrections"]
    assert (row["heard"], row["said"], row["intent"]) == ("where is my daughter", "where is my order", "order")
    with pytest.raises(ReviewError, match="no such turn"):
        call_review.misheard(calls, call(1), 9, "ann", "x")


@pytest.mark.parametrize("words", ["", "  ", "x" * 10_001])
def test_a_note_that_says_nothing_or_too_much_is_refused(calls: Connection, words: str) -> None:
    with pytest.raises(ReviewError):
        call_review.note(calls, call(1), "ann", words)


def test_hostile_notes_come_back_as_they_were_but_for_nul(calls: Connection) -> None:
    call_review.note(calls, call(1), "ann", "<script>\u202e'; --\x00")
    assert [row["note"] for row in call_review.of(calls, call(1))["notes"]] == ["<script>\u202e'; --\ufffd"]


def test_a_call_is_seen_by_those_of_its_line(calls: Connection) -> None:
    assert call_review.visible(calls, call(1), None)
    assert call_review.visible(calls, call(1), frozenset({"orders"}))
    assert not call_review.visible(calls, call(1), frozenset({"desk"}))
    assert not call_review.visible(calls, call(77), None)


def test_saved_searches_are_each_persons_own(calls: Connection) -> None:
    wanted = CallFilter(flow=("shop",), words='"my order"')
    saved_searches.save(calls, "ann", " mine  first ", CallFilter())
    saved_searches.save(calls, "ann", "mine first", wanted)
    assert saved_searches.of(calls, "ann") == {"mine first": wanted}
    assert saved_searches.of(calls, "bob") == {}
    saved_searches.forget(calls, "bob", "mine first")
    assert "mine first" in saved_searches.of(calls, "ann")
    saved_searches.forget(calls, "ann", "mine first")
    assert saved_searches.of(calls, "ann") == {}
    with pytest.raises(FilterError):
        saved_searches.save(calls, "ann", " ", wanted)


def test_exports_hold_every_call_masked_and_no_formula(calls: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(call_search, "MOST", 2)
    text = "".join(call_export.as_csv(calls.engine, CallFilter()))
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert [row["id"] for row in rows] == [call(3), call(2), call(1)]
    assert rows[1]["caller"] == '\'=HYPERLINK("x")'
    assert rows[1]["line"] == 'a,"b"\n<script>'
    assert rows[2]["caller"] == "+14155550101"
    lines = "".join(
        call_export.as_json_lines(calls.engine, CallFilter(), None, lambda number: number[-2:])
    ).splitlines()
    assert [json.loads(line)["caller"] for line in lines] == ["", 'x")'[-2:], "01"]
