"""What the search may write for a sentence of the grammar, and which sentence that is."""

import numpy as np
import pytest

from ivr.asr.letter_automaton import LetterAutomaton
from ivr.asr.vocabulary import Vocabulary, letters_of
from ivr.asr.word_automaton import WordAutomaton
from ivr.flow.acceptor import accept
from ivr.flow.grammar import Arc, Grammar
from tests.asr.conftest import digits, phrases

VOCABULARY = Vocabulary(
    [b"<unk>", b"<s>", b"</s>", *(p.encode() for p in ["▁yes", "▁Yes", "▁YE", "S", ",", ".", "▁no", "!"])]
)


def automaton(grammar: Grammar) -> LetterAutomaton:
    return LetterAutomaton(WordAutomaton(grammar), VOCABULARY.trie)


def spells(grammar: Grammar, text: str, whole: bool = True) -> str | None:
    """The sentence that `text` is a way to write, walked letter by letter as the search does."""
    net = automaton(grammar)
    letters = letters_of(text)
    assert letters is not None
    state = net.start
    for letter in letters:
        step = net.step(state, letter)
        if step is None:
            return None
        state = step[0]
    if whole and state.final is None:
        return None
    words = net.sentence(letters, whole)
    return " ".join(words) if words is not None else None


NUMBERS = phrases(
    "enter sixty one", "two thousand five hundred and fifty two", "eight hundred and twenty three",
    "forty nine hundred", "fourteen eighty five", "may twenty first nineteen sixty", "seven oh five", "x i nine",
    "one thousand", "i want twelve", "two hundred five",
    "where is it",
    "i'd like that",
    "do not stop", "r e w y", "o k", "ten", "are you there",
)  # fmt: skip


@pytest.mark.parametrize(
    ("written", "sentence"),
    [
        ("Enter sixty-one.", "enter sixty one"),
        ("Enter 61.", "enter sixty one"),
        ("2552", "two thousand five hundred and fifty two"),
        ("2,552", "two thousand five hundred and fifty two"),
        ("823.", "eight hundred and twenty three"),
        ("Eight hundred and 23", "eight hundred and twenty three"),
        ("1485", "fourteen eighty five"),
        ("14, 85.", "fourteen eighty five"),
        ("May 21st, 1960.", "may twenty first nineteen sixty"),
        ("705", "seven oh five"),
        ("seven o five", "seven oh five"),
        ("XI9", "x i nine"),
        ("X, I, nine", "x i nine"),
        ("1000", "one thousand"),
        ("I want 12.", "i want twelve"),
        ("205", "two hundred five"),
        ("R.E.W.Y.", "r e w y"),
        ("Are E W Why", "r e w y"),
        ("OK", "o k"),
        ("10!", "ten"),
        ("Where's it?", "where is it"),
        ("I would like that.", "i'd like that"),
        ("Don't stop!", "do not stop"),
        ("Are you there?", "are you there"),
    ],
)
def test_ways_to_write_a_sentence(written: str, sentence: str) -> None:
    assert spells(NUMBERS, written) == sentence


@pytest.mark.parametrize("written", ["Enter 62", "825", "iwant12", "2553", "X, I", "enter", "hello", "20 5", "ten ten"])
def test_what_the_grammar_does_not_hold(written: str) -> None:
    assert spells(NUMBERS, written) is None


def test_beginnings_are_known_as_such() -> None:
    grammar = digits(4, 8)
    assert spells(grammar, "My number is 4, 5", whole=False) == "my number is four five"
    assert spells(grammar, "My number is 4, 5") is None
    assert spells(grammar, "4567") == "four five six seven"
    assert spells(grammar, "456789012") is None


def test_tokens_that_may_follow_are_grouped_by_letters() -> None:
    net = automaton(phrases("yes", "yesterday no"))
    allowed = net.allowed(net.start)
    groups = dict(zip(allowed.letters, np.split(allowed.tokens, allowed.starts[1:].tolist()), strict=True))
    texts = {letters: sorted(VOCABULARY.text([int(t)]) for t in tokens) for letters, tokens in groups.items()}
    assert texts == {" yes": ["Yes", "yes"], " ye": ["YE"]}
    after = allowed.targets[allowed.letters.index(" yes")]
    assert after.final is not None
    marks = net.allowed(after)
    assert sorted(VOCABULARY.text([int(t)]) for t in marks.tokens) == ["!", ",", "."]
    assert len(net.allowed(marks.targets[0]).tokens) == 0, "marks do not follow marks"


def test_costs_come_early_and_sum_up() -> None:
    """The cheap word's branch is cheap from its first letter on, and whole paths cost what the grammar says."""
    grammar = Grammar("en", [[Arc(1, "yes", 0.5), Arc(1, "yeah", 3.0), Arc(1, "no", 2.0)], []], {1: 1.0})
    net = automaton(grammar)

    def cost(word: str) -> list[float]:
        state, out = net.start, []
        for letter in word:
            step = net.step(state, letter)
            assert step is not None
            state = step[0]
            out.append(step[1])
        assert state.final is not None
        return [*out, state.final]

    assert cost("yes") == [0.5, 0, 0, 1.0]
    assert cost("yeah") == [0.5, 0, 2.5, 0, 1.0]
    assert cost("no") == [2.0, 0, 1.0]


def test_the_cheaper_of_two_readings_is_taken() -> None:
    """ "45" is "forty five" or "four five"."""
    arcs = [[Arc(1, "four", 0.0, "n", "4"), Arc(2, "forty", 1.0, "n", "40")], [Arc(3, "five", 0.0, "n", "5")],
            [Arc(3, "five", 0.0, "n", "+5")], []]  # fmt: skip
    assert spells(Grammar("en", arcs, {3: 0.0}), "45") == "four five"


def test_states_reached_by_the_same_words_are_one() -> None:
    grammar = phrases("where is my order", "where is my bill", "where are you")
    words = WordAutomaton(grammar)
    state = words.walk(["where", "is", "my"])
    assert state is not None
    assert sorted(state.words) == ["bill", "order"]
    assert words.walk(["where", "is", "your"]) is None
    parse = accept(grammar, ["where", "is", "my", "bill"])
    assert parse is not None
    assert parse.intent == "where_is_my_bill"


def test_loops_come_back_to_known_states() -> None:
    arcs = [[Arc(0, word, 0.1 * n) for n, word in enumerate(["four", "five", "six"])]]
    net = automaton(Grammar("en", arcs, {0: 0.0}))
    state, seen = net.start, set()
    for letter in "4 5 6 four five six 4 5 6 four five six ":
        step = net.step(state, letter)
        assert step is not None
        state = step[0]
        seen.add(id(state))
    assert len(seen) < 20
