"""Automata: they hold exactly what was put in, and phrases cover every word pair."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from ivr.flow.acceptor import accept
from ivr.flow.closing import closing
from ivr.flow.grammar import Grammar, decode, encode
from ivr.flow.net import Lexicon, Net, sentences

WORDS = st.sampled_from(["a", "b", "c"])
ROWS = st.dictionaries(st.lists(WORDS, min_size=1, max_size=4).map(tuple), st.sampled_from(["x", "y"]), min_size=1)


def grammar_of(rows: dict[tuple[str, ...], str]) -> Grammar:
    net = Net()
    end = net.state()
    net.phrases(0, end, [(words, 0.0, "intent", intent) for words, intent in rows.items()])
    return net.grammar("en", end, "test", sentences(net, rows))


@given(ROWS)
def test_it_accepts_what_was_put_in_and_nothing_else(rows: dict[tuple[str, ...], str]) -> None:
    grammar = grammar_of(rows)
    for size in range(5):
        for words in itertools.product("abc", repeat=size):
            found = accept(grammar, list(words))
            assert (found.intent if found else None) == rows.get(words)


@given(ROWS)
def test_closed_is_what_nothing_can_follow(rows: dict[tuple[str, ...], str]) -> None:
    grammar = grammar_of(rows)
    for size in range(1, 5):
        for words in itertools.product("abc", repeat=size):
            goes_on = any(row[:size] == words and len(row) > size for row in rows)
            assert closing(grammar).closed(list(words)) == (words in rows and not goes_on)


@given(ROWS)
def test_phrases_cover_every_word_pair(rows: dict[tuple[str, ...], str]) -> None:
    covered = {pair for phrase in grammar_of(rows).phrases for pair in itertools.pairwise(phrase.split())}
    assert {pair for words in rows for pair in itertools.pairwise(words)} <= covered


@given(ROWS)
def test_a_grammar_survives_its_file(rows: dict[tuple[str, ...], str]) -> None:
    grammar = grammar_of(rows)
    again = decode(encode(grammar))
    assert again == grammar
    assert again.hash == grammar.hash


def test_beginnings_and_ends_are_shared() -> None:
    lexicon = Lexicon()
    for first, last in itertools.product("abcdefgh", repeat=2):
        lexicon.add([("word", first), ("word", "in"), ("word", "between"), ("word", last)])
    net = Net()
    end = net.state()
    assert len(list(lexicon.place(net, 0, end))) == 8 + 1 + 1 + 8


def test_the_cheaper_reading_wins() -> None:
    net = Net()
    end = net.state()
    net.phrase(0, end, ["go"], 1.0, "intent", "dear")
    net.phrase(0, end, ["go"], 0.5, "intent", "cheap")
    found = accept(net.grammar("en", end, "", []), ["go"])
    assert found is not None
    assert (found.intent, found.cost) == ("cheap", 0.5)


def test_polite_ends_and_what_few_callers_say_do_not_keep_a_sentence_open() -> None:
    net = Net()
    end = net.state()
    net.phrases(0, end, [(["stop"], 0.0, "", ""), (["stop", "please"], 0.0, "", ""), (["stop", "no"], 4.0, "", "")])
    assert closing(net.grammar("en", end, "", [])).closed(["stop"])
    net.phrase(0, end, ["stop", "it"], 1.0)
    assert not closing(net.grammar("en", end, "", [])).closed(["stop"])
