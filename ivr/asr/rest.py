"""Engine `rest`: an OpenAI-compatible transcription endpoint (POST <url>/audio/transcriptions, multipart).

It hears a whole utterance and knows no grammar: hints go along as the prompt, and a text that the step's grammar holds
gets its intent and slots here.
"""

import io
import math
import wave
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx

from ivr.asr.plain_text import can_stand, plain
from ivr.asr.remote import RemoteFailed, waited
from ivr.asr.sound import RATE, floats, loudest_db
from ivr.events import Hypothesis, Word
from ivr.flow.acceptor import Parse, accept
from ivr.flow.grammar import Grammar
from ivr.ports import Recognized

QUIET_DB = -55.0
HINTS = 60
"""Phrases that go along at most."""


class RestEngine:
    """The engine; see ports.Recognizer."""

    name = "rest"
    streams = False
    remote = True

    def __init__(
        self, url: str, languages: Sequence[str], model: str = "whisper-1", key: str = "", timeout_s: float = 3.0
    ) -> None:
        """`url` up to and without /audio/transcriptions."""
        self.url = url.rstrip("/") + "/audio/transcriptions"
        self.languages: tuple[str, ...] = tuple(languages)
        self.model = model
        self.timeout_s = timeout_s
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        self._client = httpx.Client(headers=headers, timeout=timeout_s)
        self._pool = ThreadPoolExecutor(4, "rest")

    def start(
        self,
        language: str,
        grammar: Grammar | None,
        hints: Sequence[str] = (),
        give_way: Callable[[], None] = lambda: None,
    ) -> "RestStream":
        return RestStream(self, language, grammar, hints, give_way)

    def transcribe(
        self, pcm: bytes, language: str, hints: Sequence[str], give_way: Callable[[], None]
    ) -> dict[str, Any]:
        """The endpoint's answer. Raises RemoteFailed."""
        try:
            return waited(self._pool.submit(self._post, pcm, language, hints), self.timeout_s, give_way)
        except httpx.HTTPError as error:
            raise RemoteFailed(type(error).__name__) from error

    def _post(self, pcm: bytes, language: str, hints: Sequence[str]) -> dict[str, Any]:
        form = {"model": self.model, "language": language, "response_format": "verbose_json", "temperature": "0"}
        if hints:
            form["prompt"] = ", ".join(hints[:HINTS])
        answer = self._client.post(self.url, data=form, files={"file": ("turn.wav", _wav(pcm), "audio/wav")})
        answer.raise_for_status()
        try:
            body = answer.json()
        except ValueError as error:
            raise RemoteFailed("an answer that is not JSON") from error
        if not isinstance(body, dict) or not isinstance(body.get("text"), str):
            raise RemoteFailed("an answer without text")
        return body


class RestStream:
    """One utterance; see ports.RecognizerStream."""

    def __init__(
        self,
        engine: RestEngine,
        language: str,
        grammar: Grammar | None,
        hints: Sequence[str],
        give_way: Callable[[], None],
    ) -> None:
        self._engine = engine
        self._language = language
        self._grammar = grammar
        self._hints = list(hints) or list(grammar.phrases if grammar else ())
        self._give_way = give_way
        self._pcm = bytearray()
        self._decoded: tuple[int, Recognized] | None = None

    def audio(self, pcm: bytes) -> str | None:
        self._pcm += pcm
        return None

    def partial(self) -> str | None:
        """None: a request a partial would cost more than it gives."""
        return None

    def decode_now(self) -> Recognized:
        """Raises RemoteFailed."""
        if self._decoded is None or self._decoded[0] != len(self._pcm):
            self._decoded = (len(self._pcm), self._decode())
        return self._decoded[1]

    def end(self) -> Recognized:
        return self.decode_now()

    def cancel(self) -> None:
        self._pcm.clear()

    def _decode(self) -> Recognized:
        if loudest_db(floats(self._pcm)) < QUIET_DB:
            return Recognized([], engine="rest")
        body = self._engine.transcribe(bytes(self._pcm), self._language, self._hints, self._give_way)
        text = plain(body["text"])
        confidence = _confidence(body)
        if not text:
            return Recognized([], engine="rest")
        words = _words(body)
        if self._grammar is None:
            return Recognized(
                [Hypothesis(text, 0.0, confidence, "rest:free", words)], True, can_stand(text), "rest:free"
            )
        parse = accept(self._grammar, text.split())
        means = parse or Parse()
        hypothesis = Hypothesis(text, 0.0, confidence, "rest:free", words, means.intent, means.slots)
        return Recognized([hypothesis], parse is not None, parse is not None or can_stand(text), "rest:free")


def _wav(pcm: bytes) -> bytes:
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(pcm)
    return out.getvalue()


def _confidence(body: dict[str, Any]) -> float:
    """From the segments' mean log-probability where the endpoint tells it; 0.7 else."""
    segments = [s for s in body.get("segments") or [] if isinstance(s, dict)]
    logs = [s["avg_logprob"] for s in segments if isinstance(s.get("avg_logprob"), int | float)]
    silent = [s["no_speech_prob"] for s in segments if isinstance(s.get("no_speech_prob"), int | float)]
    if not logs:
        return 0.7
    return max(0.0, min(1.0, math.exp(sum(logs) / len(logs)) * (1.0 - (max(silent) if silent else 0.0))))


def _words(body: dict[str, Any]) -> list[Word]:
    out = []
    for row in body.get("words") or []:
        if isinstance(row, dict) and isinstance(row.get("word"), str):
            begin, end = row.get("start", 0.0), row.get("end", 0.0)
            if isinstance(begin, int | float) and isinstance(end, int | float):
                out.append(Word(plain(row["word"]), int(begin * 50), int(end * 50)))
    return out
