"""Engine `moonshine`: Moonshine tiny English, free and held to a step's grammar (docs/recognition.md)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ivr.asr import letter_model
from ivr.asr.beam import Free, Search, SearchOptions
from ivr.asr.belief import free_features, held_features, load
from ivr.asr.denoise import denoised
from ivr.asr.grammars import GrammarCache
from ivr.asr.letter_automaton import LetterAutomaton
from ivr.asr.moonshine_model import MoonshineModel
from ivr.asr.plain_text import can_stand, plain
from ivr.asr.readings import Reading, readings
from ivr.asr.sound import RATE, floats, loudest_db, to_16k, voicing, with_images, with_quiet_around
from ivr.events import Hypothesis, Word
from ivr.flow.grammar import Grammar
from ivr.ports import Recognized

QUIET_DB = -55.0
"""Nothing as loud as this in it: nobody spoke, and nothing is decoded."""


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
        self.letters = letter_model.load()
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
        decoding = decode(self._engine, bytes(self._pcm), None, self._give_way)
        found = self._free(decoding) if decoding is not None else []
        if not found or found[0].text == self._partial:
            return None
        self._partial = found[0].text
        return self._partial

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
        decoding = decode(self._engine, bytes(self._pcm), self._grammar, self._give_way)
        if decoding is None:
            return Recognized([], engine="moonshine")
        freely = self._free(decoding)
        stands = not freely or can_stand(freely[0].text)
        if self._grammar is None:
            return Recognized(freely, True, stands, "moonshine:free")
        if not decoding.readings:
            return Recognized(freely, False, stands, "moonshine:free")
        held = self._held(decoding)
        if self._engine.belief.inside(decoding.held_features) >= self._engine.belief.accept:
            return Recognized(held + freely, True, decoding.readings[0].ended.whole, "moonshine:held")
        return Recognized(freely + (held if freely else []), False, stands, "moonshine:free")

    def _free(self, decoding: "Decoding") -> list[Hypothesis]:
        text = plain(self._engine.model.vocabulary.text(list(decoding.free.tokens)))
        confidence = self._engine.belief.free(decoding.free_features)
        if not text or confidence < self._engine.belief.heard:
            return []
        times = _spread(text.split(), decoding.seconds, confidence)
        return [Hypothesis(text, decoding.free.score, confidence, "moonshine:free", times)]

    def _held(self, decoding: "Decoding") -> list[Hypothesis]:
        """The best reading is believed as it was calibrated, the others by their share beside it."""
        best = decoding.readings[0]
        right = self._engine.belief.right(decoding.held_features)
        out = []
        for reading in decoding.readings:
            same = reading.meaning == best.meaning
            believed = (
                right if same else min(right, 1.0 - right) * min(1.0, reading.share / max(1e-3, 1.0 - best.share))
            )
            times = _spread(list(reading.words), decoding.seconds, believed)
            score, parse = reading.ended.model_score, reading.parse
            out.append(
                Hypothesis(reading.text, score, believed, "moonshine:held", times, parse.intent, dict(parse.slots))
            )
        return out


@dataclass(frozen=True, slots=True)
class Decoding:
    """All that a decoding found, before it is judged."""

    seconds: float
    free: Free
    free_features: tuple[float, ...]
    readings: list[Reading]
    held_features: tuple[float, ...]
    """Of the best reading; empty without one."""


def decode(
    engine: Moonshine, pcm: bytes, grammar: LetterAutomaton | None, give_way: Callable[[], None] = _nobody
) -> Decoding | None:
    """None when nothing is loud enough to be speech."""
    samples = floats(pcm)
    if loudest_db(samples) < QUIET_DB:
        return None
    voice = voicing(samples)
    seconds = len(samples) / RATE
    samples = with_quiet_around(denoised(samples, voice[1]))
    encoded = engine.model.encode(to_16k(samples))
    search = Search(engine.model, encoded, engine.options, give_way)
    if grammar is None:
        free = search.free()
        return Decoding(seconds, free, free_features(free, seconds, voice), [], ())
    ended, beside = search.held(grammar)

    def look_again(rows: Sequence[Sequence[int]]) -> list[float]:
        give_way()
        return engine.model.score(engine.model.encode(with_images(samples)), rows)

    found = readings(grammar, ended, engine.letters, engine.options.letter_weight, look_again) if ended else []
    features: tuple[float, ...] = ()
    if found:
        letters = "".join(engine.model.vocabulary.letters[token] or "" for token in beside.tokens)
        features = held_features(found[0], beside, letters, voice)
    return Decoding(seconds, beside, free_features(beside, seconds, voice), found, features)


def _spread(words: list[str], seconds: float, confidence: float) -> list[Word]:
    """Times by the words' lengths: the model gives none."""
    frames, total, at, out = seconds * 50, sum(len(w) + 1 for w in words), 0, []
    for word in words:
        begin, at = at, at + len(word) + 1
        out.append(Word(word, int(frames * begin / total), int(frames * at / total), confidence))
    return out
