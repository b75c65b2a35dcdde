"""Phrases that matched nothing, grouped."""

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import insert

from ivr.insight.figures.span import Span
from ivr.insight.figures.unmatched import Phrase, groups, together
from ivr.records import store, tables
from tests.embedded_postgres import database, postgres_server
from tests.insight.figures.conftest import call

__all__ = ["database", "postgres_server"]


def test_alike_phrases_are_together_in_english_and_korean() -> None:
    said = ["cancel my order", "please cancel the order", "cancel order", "do you have parking", "is there parking"]
    found = [{phrase.words for phrase in alike} for alike in together([Phrase(words, 1) for words in said])]
    assert {frozenset(alike) for alike in found} == {frozenset(said[:3]), frozenset(said[3:])}
    korean = ["주문 취소해 주세요", "주문을 취소하고 싶어요", "주차장 있나요", "주차장이 있어요"]
    found = [{phrase.words for phrase in alike} for alike in together([Phrase(words, 1) for words in korean])]
    assert {frozenset(alike) for alike in found} == {frozenset(korean[:2]), frozenset(korean[2:])}


@pytest.mark.parametrize("words", ["?", "\u202e", "<script>", "a" * 100_000])
def test_odd_words_are_grouped_too(words: str) -> None:
    assert sum(map(len, together([Phrase(words, 1), Phrase("cancel my order", 2)]))) == 2
    assert together([]) == together([Phrase("\u00a0 ", 3)]) == []


@pytest.mark.postgres
def test_what_matched_nothing_is_counted_by_node(database: str) -> None:
    said = [
        ("menu", "no_match", "Cancel my order", ""),
        ("menu", "unsure", "", "cancel my order"),
        ("menu", "no_match", "cancel the order", ""),
        ("menu", "match", "opening hours", ""),
        ("menu", "no_input", "", ""),
        ("bye", "no_match", "cancel my order", ""),
    ]
    engine = store.engine(database)
    with engine.begin() as connection:
        at = datetime(2027, 1, 5, tzinfo=UTC)
        connection.execute(insert(tables.calls).values(id=call(1), flow="shop", line="shop", offered_at=at))
        for turn, (node, result, text, heard) in enumerate(said, 1):
            values = {"node": node, "result": result, "text": text, "heard_text": heard, "language": "en"}
            connection.execute(insert(tables.turns).values(call=call(1), turn=turn, **values))
        found = groups(connection, Span(date(2027, 1, 4), date(2027, 1, 11)))
        assert groups(connection, Span(date(2026, 1, 4), date(2026, 1, 11))) == []
    engine.dispose()
    assert [(group.node, group.language, group.times) for group in found] == [("menu", "en", 3), ("bye", "en", 1)]
    assert found[0].phrases == (Phrase("cancel my order", 2), Phrase("cancel the order", 1))
