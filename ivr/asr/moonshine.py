"""Engine `moonshine`: Moonshine tiny English, free and held to a step's grammar (docs/recognition.md)."""

import math
from collections.abc import Callable, Sequence
from pathlib import Path

from ivr.asr.beam import Ended, Free, Search, SearchOptions
from ivr.asr.belief import free_features, held_features, load
from ivr.asr.grammars import GrammarCache
from ivr.asr.letter_automaton import LetterAutomaton
from ivr.asr.moonshine_model import Encoded, MoonshineModel
from ivr.asr.plain_text import can_stand, plain
from ivr.asr.sound import floats, loudest_db, to_16k
from ivr.events import Hypothesis, Word
from ivr.flow.acceptor import Parse, accept
from ivr.flow.grammar import Grammar
from ivr.ports import Recognized

QUIET_DB = -55.0
"""Nothing as loud as this in it: nobody spoke, and nothing is decoded."""
BEST = 5
"""Hypotheses given."""
LEAST_SHARE = 0.005
"""A reading with less of the belief is not given, unless it is the best."""
_SPREAD = 1.0
"""Scores are multiplied by this before they are compared as probabilities."""


def _nobody() -> None:
    return None


class Moonshine:
    """The engine; see ports.Recognizer."""

    name = "moonshine"
    languages: tuple[str, ...] = ("en",)
    streams = False

    def __init__(self, folder: Path, options: SearchOptions | None = None, threads: int = 1) -> None:
        """Loads the model (0.2 s). Raises OSError or onnxruntime's errors when the files are not the model."""
        self.model = MoonshineModel(folder, threads)
        self.options = options or SearchOptions()
        self.grammars = GrammarCache(self.model.vocabulary.trie)
        self.belief = load()

    def start(
        self,
        language: str,
        grammar: Grammar | None,
        hints: Sequence[str] = (),
        give_way: Callable[[], None] = _nobody,
    ) -> "MoonshineStream":
        """Hints have no effect here: the model knows no bias but a grammar."""
        return MoonshineStream(self, self.grammars.get(grammar) if grammar is not None else None, give_way)


class MoonshineStream:
    """One utterance; see ports.RecognizerStream."""

    def __init__(self, engine: Moonshine, grammar: LetterAutomaton | None, give_way: Callable[[], None]) -> None:
        self._engine = engine
        self._grammar = grammar
        self._give_way = give_way
        self._pcm = bytearray()
        self._decoded: tuple[int, Recognized] | None = None
        self._partial = ""

    def audio(self, pcm: bytes) -> str | None:
        """Keeps it."""
        self._pcm += pcm
        return None

    def partial(self) -> str | None:
        """The free text of what is there."""
        samples = floats(self._pcm)
        if loudest_db(samples) < QUIET_DB:
            return None
        encoded = self._engine.model.encode(to_16k(samples))
        free = Search(self._engine.model, encoded, self._engine.options, self._give_way).free()
        text = plain(self._engine.model.vocabulary.text(list(free.tokens)))
        if text == self._partial or self._engine.belief.free(free_features(free, encoded.seconds)) < 0.3:
            return None
        self._partial = text
        return text

    def decode_now(self) -> Recognized:
        """The same audio is decoded once only."""
        if self._decoded is None or self._decoded[0] != len(self._pcm):
            self._decoded = (len(self._pcm), self._decode())
        return self._decoded[1]

    def end(self) -> Recognized:
        return self.decode_now()

    def cancel(self) -> None:
        self._pcm.clear()

    def _decode(self) -> Recognized:
        samples = floats(self._pcm)
        if loudest_db(samples) < QUIET_DB:
            return Recognized([], engine="moonshine")
        engine = self._engine
        encoded = engine.model.encode(to_16k(samples))
        search = Search(engine.model, encoded, engine.options, self._give_way)
        if self._grammar is None:
            free = search.free()
            hypotheses = self._free(free, encoded)
            complete = not hypotheses or can_stand(hypotheses[0].text)
            return Recognized(hypotheses, True, complete, "moonshine:free")
        ended, beside = search.held(self._grammar)
        assert beside is not None
        freely = self._free(beside, encoded)
        if not ended:
            return Recognized(freely, False, not freely or can_stand(freely[0].text), "moonshine:free")
        belief = engine.belief.held(held_features(ended[0], beside))
        held = self._held(self._grammar, ended, belief, encoded)
        if belief >= engine.belief.accept:
            return Recognized(held + freely[:1], True, ended[0].whole, "moonshine:held")
        if not freely:
            return Recognized([], False, engine="moonshine:held")
        return Recognized(freely + held, False, can_stand(freely[0].text), "moonshine:free")

    def _free(self, free: Free, encoded: Encoded) -> list[Hypothesis]:
        text = plain(self._engine.model.vocabulary.text(list(free.tokens)))
        confidence = self._engine.belief.free(free_features(free, encoded.seconds))
        if not text or confidence < self._engine.belief.heard:
            return []
        return [Hypothesis(text, free.score, confidence, "moonshine:free", _spread(text.split(), encoded.seconds))]

    def _held(self, grammar: LetterAutomaton, ended: list[Ended], belief: float, encoded: Encoded) -> list[Hypothesis]:
        """Distinct readings; belief is shared among meanings by their scores."""
        seen: dict[str, Hypothesis] = {}
        shares: dict[tuple[str, tuple[tuple[str, str], ...]], float] = {}
        for one in ended[: 4 * BEST]:
            words = grammar.sentence(one.letters, one.whole)
            text = " ".join(words or ())
            if not words or text in seen or len(seen) == BEST:
                continue
            parse = accept(grammar.words.grammar, words) if one.whole else None
            parse = parse or Parse()
            times = _spread(words, encoded.seconds)
            seen[text] = hypothesis = Hypothesis(
                text, one.model_score, 0.0, "moonshine:held", times, parse.intent, parse.slots
            )
            weight = math.exp(_SPREAD * (one.score - ended[0].score) * (len(ended[0].tokens) + 1))
            shares[_meaning(hypothesis)] = shares.get(_meaning(hypothesis), 0.0) + weight
        total = sum(shares.values())
        parts = [(h, shares[_meaning(h)] / total) for h in seen.values()]
        return [
            _with_confidence(h, belief * part) for n, (h, part) in enumerate(parts) if n == 0 or part >= LEAST_SHARE
        ]


def _meaning(h: Hypothesis) -> tuple[str, tuple[tuple[str, str], ...]]:
    """Two hypotheses that say the same in other words are the same answer."""
    return (h.intent or ("" if h.slots else h.text), tuple(sorted(h.slots.items())))


def _with_confidence(h: Hypothesis, confidence: float) -> Hypothesis:
    words = [Word(w.text, w.start_t, w.end_t, confidence) for w in h.words]
    return Hypothesis(h.text, h.score, confidence, h.source, words, h.intent, h.slots)


def _spread(words: list[str], seconds: float) -> list[Word]:
    """Times by the words' lengths: the model gives none."""
    frames, total, at, out = seconds * 50, sum(len(w) + 1 for w in words), 0, []
    for word in words:
        begin, at = at, at + len(word) + 1
        out.append(Word(word, int(frames * begin / total), int(frames * at / total)))
    return out
