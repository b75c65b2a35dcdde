"""Looking again at what a search came to: the same scores in one run, and readings that change places by them."""

import numpy as np

from ivr.asr.beam import Ended, Search
from ivr.asr.letter_automaton import LetterAutomaton
from ivr.asr.letter_model import load as letters
from ivr.asr.moonshine import Moonshine, decode
from ivr.asr.readings import readings
from ivr.asr.sound import floats, to_16k, with_images, with_quiet_around
from ivr.asr.vocabulary import TokenTrie
from ivr.asr.word_automaton import WordAutomaton
from tests.asr.conftest import digits, model, phrases, spoken


def ended(text: str, score: float) -> Ended:
    return Ended(text, (5, 6), score / 2, score, -1.0, 0.5, True)


def test_close_readings_are_weighed_by_both_looks() -> None:
    grammar = LetterAutomaton(WordAutomaton(phrases("fifteen", "fifty", "no")), TokenTrie())
    found = [ended("fifteen", -2.0), ended("fifty", -2.5), ended("no", -9.0)]
    once = readings(grammar, found, letters(), 0.0)
    twice = readings(grammar, found, letters(), 0.0, lambda rows: [-6.0, -2.5, -9.0][: len(rows)])
    assert [r.text for r in once][:2] == ["fifteen", "fifty"]
    assert [r.text for r in twice][:2] == ["fifty", "fifteen"]
    assert 0.5 < once[0].share < 0.98
    assert sum(r.share for r in twice) <= 1.0 + 1e-6


def test_a_sure_reading_costs_no_second_look() -> None:
    grammar = LetterAutomaton(WordAutomaton(phrases("fifteen", "fifty")), TokenTrie())

    def never(rows: object) -> list[float]:
        raise AssertionError("looked again")

    found = readings(grammar, [ended("fifteen", -1.0), ended("fifty", -9.0)], letters(), 0.0, never)
    assert found[0].text == "fifteen"


def test_the_decoder_scores_whole_sentences_as_the_search_does() -> None:
    engine = Moonshine(model("moonshine-tiny-en"))
    sound = floats(spoken("four five six seven"))
    encoded = engine.model.encode(to_16k(sound))
    found, _ = Search(engine.model, encoded, engine.options).held(engine.grammars.get(digits(4, 4)))
    rows = [found[0].tokens, tuple(reversed(found[0].tokens))]
    right, wrong = engine.model.score(engine.model.encode(to_16k(sound)), rows)
    assert abs(right - found[0].model_score) < 1.0, "its numbers are bytes: what else is in the batch plays a part"
    assert wrong < right - 5.0


def test_a_lone_word_cut_tight_is_heard() -> None:
    """Without quiet around it the model takes such a word for another one or for nothing."""
    engine = Moonshine(model("moonshine-tiny-en"))
    grammar = engine.grammars.get(digits(1, 1))
    right = 0
    for word in ("one", "three", "five", "six", "seven", "nine"):
        pcm = spoken(word, pad_s=0.0)
        found = decode(engine, pcm, grammar)
        right += found is not None and bool(found.readings) and found.readings[0].text == word
    assert right >= 5


def test_sound_for_the_model() -> None:
    tone = np.sin(2 * np.pi * 1000 * np.arange(8000) / 8000).astype(np.float32)
    assert len(with_quiet_around(tone)) == 16000
    long = np.zeros(13_000, np.float32)
    assert with_quiet_around(long) is long
    spectrum = np.abs(np.fft.rfft(with_images(tone)))
    assert len(with_images(tone)) == len(to_16k(tone)) == 16000
    assert 15 < 20 * np.log10(spectrum[1000] / spectrum[7000]) < 22  # mirrored at 4 kHz, some 20 dB down
