"""Engine `vosk`: Kaldi's small models, streaming, held to a step's phrases or open.

Its confidences are near 1 for wrong words, so ours is made of them and of whether the grammar holds the sentence. A
final result closes Kaldi's utterance; when the caller goes on after one, the audio is fed again to a fresh recognizer.
"""

import json
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import structlog

from ivr.asr.plain_text import can_stand
from ivr.asr.sound import RATE, floats, loudest_db
from ivr.asr.vosk_words import ModelGrammar, in_model_words
from ivr.asr.word_automaton import WordAutomaton
from ivr.events import Hypothesis, Word
from ivr.flow.acceptor import Parse, accept
from ivr.flow.grammar import Grammar
from ivr.ports import Recognized

log = structlog.get_logger(__name__)

QUIET_DB = -55.0
SYLLABLE_FRAMES = 25
"""Half a second: the slowest syllable of speech."""
UNKNOWN = "[unk]"
_CHUNK = 3200
"""Bytes fed at once: 0.2 s, so that giving way is not far."""
STEPS_KEPT = 64
IDLE_KEPT = 4
"""Recognizers kept a step."""


class Vosk:
    """The engine for one language; see ports.Recognizer."""

    name = "vosk"
    streams = True
    dear_when_open = True

    def __init__(self, folder: Path, language: str) -> None:
        """Loads the model. Raises OSError when the files are not a model."""
        import vosk

        vosk.SetLogLevel(-1)
        if not (folder / "am").is_dir():
            raise OSError(f"{folder} holds no Kaldi model")
        try:
            self._model = vosk.Model(str(folder))
        except Exception as error:  # the library raises plain Exception
            raise OSError(f"{folder}: {error}") from error
        self.languages: tuple[str, ...] = (language,)
        self._steps: OrderedDict[int, _Step] = OrderedDict()
        self._open = _Step(None, None, "")
        self._knows_unknown = self._knows(UNKNOWN)

    def knows(self, word: str) -> bool:
        """It is in the model's vocabulary."""
        return self._knows(word)

    def _knows(self, word: str) -> bool:
        return bool(self._model.vosk_model_find_word(word) >= 0)

    def start(
        self,
        language: str,
        grammar: Grammar | None,
        hints: Sequence[str] = (),
        give_way: Callable[[], None] = lambda: None,
    ) -> "VoskStream":
        """Hints have no effect: the small models take a grammar or nothing."""
        return VoskStream(self, self._open if grammar is None else self._step(grammar), give_way)

    def _step(self, grammar: Grammar) -> "_Step":
        known = self._steps.get(id(grammar))
        if known is None:
            words = in_model_words(grammar, self._knows)
            if words.lost:
                log.warning(
                    "words_unknown_to_the_model", language=grammar.language, kind=grammar.kind, words=words.lost
                )
            phrases = [*words.grammar.phrases, *([UNKNOWN] if self._knows_unknown else [])]
            known = _Step(grammar, words, json.dumps(phrases, ensure_ascii=False))
            self._steps[id(grammar)] = known
            if len(self._steps) > STEPS_KEPT:
                self._steps.popitem(last=False)
        self._steps.move_to_end(id(grammar))
        return known

    def kaldi(self, step: "_Step") -> Any:
        """A recognizer at 8 kHz for this step; one that was given back, when there is one."""
        import vosk

        if step.idle:
            return step.idle.pop()
        arguments = (step.phrases,) if step.phrases else ()
        kaldi = vosk.KaldiRecognizer(self._model, RATE, *arguments)
        kaldi.SetWords(True)
        return kaldi


@dataclass(eq=False)
class _Step:
    """A grammar as Kaldi takes it, and recognizers that were made for it: making one compiles the phrases."""

    grammar: Grammar | None
    words: ModelGrammar | None
    phrases: str
    idle: list[Any] = field(default_factory=list)

    @cached_property
    def automaton(self) -> WordAutomaton | None:
        return WordAutomaton(self.words.grammar) if self.words is not None else None

    def give_back(self, kaldi: Any) -> None:
        kaldi.Reset()
        if len(self.idle) < IDLE_KEPT:
            self.idle.append(kaldi)


class VoskStream:
    """One utterance; see ports.RecognizerStream."""

    def __init__(self, engine: Vosk, step: _Step, give_way: Callable[[], None]) -> None:
        self._engine = engine
        self._step = step
        self._give_way = give_way
        self._pcm = bytearray()
        self._kaldi: Any = None
        self._fed = 0
        self._done: list[dict[str, Any]] = []
        self._partial = ""
        self._decoded: tuple[int, Recognized] | None = None

    def audio(self, pcm: bytes) -> str | None:
        self._pcm += pcm
        self._feed()
        said = [part["text"] for part in self._done if part.get("text")]
        going = str(json.loads(self._kaldi.PartialResult()).get("partial", "")) if self._kaldi is not None else ""
        text = " ".join(w for w in " ".join([*said, going]).split() if w != UNKNOWN)
        if text == self._partial:
            return None
        self._partial = text
        return text

    def partial(self) -> str | None:
        """It streams: partials come with the audio."""
        return None

    def _feed(self) -> None:
        if self._kaldi is None:
            self._kaldi, self._fed, self._done = self._engine.kaldi(self._step), 0, []
        while self._fed < len(self._pcm):
            chunk = bytes(self._pcm[self._fed : self._fed + _CHUNK])
            if self._kaldi.AcceptWaveform(chunk):
                self._done.append(json.loads(self._kaldi.Result()))
            self._fed += len(chunk)
            self._give_way()

    def decode_now(self) -> Recognized:
        if self._decoded is None or self._decoded[0] != len(self._pcm):
            self._feed()
            parts = [*self._done, json.loads(self._kaldi.FinalResult())]
            self._let_go()
            self._decoded = (len(self._pcm), self._result(parts))
        return self._decoded[1]

    def end(self) -> Recognized:
        return self.decode_now()

    def cancel(self) -> None:
        self._let_go()
        self._pcm.clear()

    def _let_go(self) -> None:
        if self._kaldi is not None:
            self._step.give_back(self._kaldi)
            self._kaldi = None

    def _result(self, parts: list[dict[str, Any]]) -> Recognized:
        heard = [word for part in parts for word in part.get("result", [])]
        words = [w for w in heard if w["word"] != UNKNOWN]
        if not words or loudest_db(floats(self._pcm)) < QUIET_DB:
            return Recognized([], not heard, engine="vosk")
        times = [Word(w["word"], int(w["start"] * 50), int(w["end"] * 50), w["conf"]) for w in words]
        mean = sum(w.confidence for w in times) / len(times)
        model, automaton = self._step.words, self._step.automaton
        if model is None or automaton is None:
            text = " ".join(w.text for w in times)
            return Recognized(
                [Hypothesis(text, 0.0, 0.9 * mean, "vosk:open", times)], True, can_stand(text), "vosk:open"
            )
        said = [w.text for w in times]
        parse = accept(model.grammar, said)
        begun = parse is not None or automaton.walk(said) is not None
        known = len(words) / len(heard)
        confidence = 0.95 * mean * known * (1.0 if parse else 0.6 if begun else 0.3)
        if any(_drawn_out(word) for word in times):
            confidence *= 0.3
        means = parse or Parse()
        times = _rejoined(times, model)
        text = " ".join(w.text for w in times)
        hypothesis = Hypothesis(text, 0.0, confidence, "vosk:grammar", times, means.intent, means.slots)
        return Recognized([hypothesis], begun and known > 0.5, parse is not None, "vosk:grammar")


def _rejoined(words: list[Word], model: ModelGrammar) -> list[Word]:
    out: list[Word] = []
    at = 0
    for pieces in model.rejoined([w.text for w in words]):
        group = words[at : at + len(pieces)]
        at += len(pieces)
        worst = min(w.confidence for w in group)
        out.append(Word("".join(pieces), group[0].start_t, group[-1].end_t, worst))
    return out


def _drawn_out(word: Word) -> bool:
    """Nobody speaks so slowly: noise that was pressed into a word."""
    syllables = len(word.text) if ord(word.text[0]) > 0x1100 else max(1, len(word.text) // 3)
    return word.end_t - word.start_t > 20 + SYLLABLE_FRAMES * syllables
