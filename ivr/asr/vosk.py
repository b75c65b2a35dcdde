"""Engine `vosk`: Kaldi's small models, streaming, held to a step's phrases or open.

Its confidences are near 1 for wrong words, so ours is made of them and of whether the grammar holds the sentence. A
final result closes Kaldi's utterance; when the caller goes on after one, the audio is fed again to a fresh recognizer.
"""

import json
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from ivr.asr.plain_text import can_stand
from ivr.asr.sound import RATE, floats, loudest_db
from ivr.asr.word_automaton import WordAutomaton
from ivr.events import Hypothesis, Word
from ivr.flow.acceptor import Parse, accept
from ivr.flow.grammar import Grammar
from ivr.ports import Recognized

QUIET_DB = -55.0
SYLLABLE_FRAMES = 25
"""Half a second: the slowest syllable of speech."""
UNKNOWN = "[unk]"
_CHUNK = 3200
"""Bytes fed at once: 0.2 s, so that giving way is not far."""
_quiet = threading.Lock()


class Vosk:
    """The engine for one language; see ports.Recognizer."""

    name = "vosk"
    streams = True

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
        self._grammars: dict[int, tuple[Grammar, WordAutomaton, str]] = {}
        self._knows_unknown = self._model.vosk_model_find_word(UNKNOWN) >= 0

    def start(
        self,
        language: str,
        grammar: Grammar | None,
        hints: Sequence[str] = (),
        give_way: Callable[[], None] = lambda: None,
    ) -> "VoskStream":
        """Hints have no effect: the small models take a grammar or nothing."""
        if grammar is None:
            return VoskStream(self, None, "", give_way)
        known = self._grammars.get(id(grammar))
        if known is None:
            phrases = [*grammar.phrases, *([UNKNOWN] if self._knows_unknown else [])]
            known = (grammar, WordAutomaton(grammar), json.dumps(phrases, ensure_ascii=False))
            self._grammars[id(grammar)] = known
        return VoskStream(self, known[1], known[2], give_way)

    def kaldi(self, phrases: str) -> Any:
        """A fresh recognizer at 8 kHz; `phrases` is a JSON list or empty for open vocabulary."""
        import vosk

        kaldi = vosk.KaldiRecognizer(self._model, RATE, phrases) if phrases else vosk.KaldiRecognizer(self._model, RATE)
        kaldi.SetWords(True)
        return kaldi


class VoskStream:
    """One utterance; see ports.RecognizerStream."""

    def __init__(self, engine: Vosk, grammar: WordAutomaton | None, phrases: str, give_way: Callable[[], None]) -> None:
        self._engine = engine
        self._grammar = grammar
        self._phrases = phrases
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
            self._kaldi, self._fed, self._done = self._engine.kaldi(self._phrases), 0, []
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
            self._kaldi = None
            self._decoded = (len(self._pcm), self._result(parts))
        return self._decoded[1]

    def end(self) -> Recognized:
        return self.decode_now()

    def cancel(self) -> None:
        self._kaldi = None
        self._pcm.clear()

    def _result(self, parts: list[dict[str, Any]]) -> Recognized:
        heard = [word for part in parts for word in part.get("result", [])]
        words = [w for w in heard if w["word"] != UNKNOWN]
        if not words or loudest_db(floats(self._pcm)) < QUIET_DB:
            return Recognized([], not heard, engine="vosk")
        text = " ".join(w["word"] for w in words)
        times = [Word(w["word"], int(w["start"] * 50), int(w["end"] * 50), w["conf"]) for w in words]
        mean = sum(w.confidence for w in times) / len(times)
        if self._grammar is None:
            return Recognized(
                [Hypothesis(text, 0.0, 0.9 * mean, "vosk:open", times)], True, can_stand(text), "vosk:open"
            )
        parse = accept(self._grammar.grammar, text.split())
        begun = parse is not None or self._grammar.walk(text.split()) is not None
        known = len(words) / len(heard)
        confidence = 0.95 * mean * known * (1.0 if parse else 0.6 if begun else 0.3)
        if any(_drawn_out(word) for word in times):
            confidence *= 0.3
        means = parse or Parse()
        hypothesis = Hypothesis(text, 0.0, confidence, "vosk:grammar", times, means.intent, means.slots)
        return Recognized([hypothesis], begun and known > 0.5, parse is not None, "vosk:grammar")


def _drawn_out(word: Word) -> bool:
    """Nobody speaks so slowly: noise that was pressed into a word."""
    syllables = len(word.text) if ord(word.text[0]) > 0x1100 else max(1, len(word.text) // 3)
    return word.end_t - word.start_t > 20 + SYLLABLE_FRAMES * syllables
