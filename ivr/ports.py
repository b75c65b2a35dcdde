"""What the inner layers need of the outer ones. Engines implement these; bootstrap.py chooses and wires them."""

from collections.abc import Callable, Sequence
from typing import Any, Protocol, runtime_checkable

from ivr.events import Entity, Hypothesis, IntentScore
from ivr.flow.grammar import Grammar


class RecognizerStream(Protocol):
    """One utterance being recognized. Used by one thread."""

    def audio(self, pcm: bytes) -> str | None:
        """Take 8 kHz mono PCM16, any number of whole samples; returns a new partial text, or None when unchanged."""

    def decode_now(self) -> list[Hypothesis]:
        """Result for the audio so far, best first; the stream goes on."""

    def end(self) -> list[Hypothesis]:
        """Final result, best first; the stream is closed."""

    def cancel(self) -> None:
        """Close without a result."""


@runtime_checkable
class Recognizer(Protocol):
    """An engine with its model loaded. Lives in a recognizer process."""

    name: str
    languages: tuple[str, ...]
    streams: bool
    """True when partials come while audio flows at little cost."""

    def start(self, language: str, grammar: Grammar | None, hints: Sequence[str] = ()) -> RecognizerStream:
        """Begin an utterance, held to `grammar` or open."""


@runtime_checkable
class Synthesizer(Protocol):
    """Text to speech."""

    name: str
    languages: tuple[str, ...]

    def synthesize(self, text: str, language: str, voice: str = "", rate: float = 1.0) -> bytes:
        """8 kHz mono PCM16. Raises tts.SynthesisError when the text cannot be spoken."""


@runtime_checkable
class SpeechDetector(Protocol):
    """Is this frame speech of the caller? One object a call; keeps state."""

    def voiced(self, near: bytes, far: bytes) -> float:
        """Probability 0..1 for one 20 ms frame (320 bytes); `far` is what we played in the same frame."""


class Understanding(Protocol):
    """Result of an intent parser."""

    intents: list[IntentScore]
    entities: list[Entity]


@runtime_checkable
class IntentParser(Protocol):
    """Intent and entities of a text."""

    name: str

    async def parse(
        self, hypotheses: Sequence[Hypothesis], flow: str, version: str, language: str, expected: Sequence[str]
    ) -> Understanding:
        """Raises nlu.ParserUnavailable when it cannot answer now."""


class CallLeg(Protocol):
    """One SIP (or browser, or text) leg as call/worker.py sees it. All methods return at once; the work is done on
    the leg's own thread, and what comes of it is told through the callbacks the leg was made with."""

    name: str

    def ring(self) -> None: ...

    def answer(self) -> None: ...

    def reject(self, status: int, reason: str = "", retry_after_s: int = 0) -> None: ...

    def hang_up(self, status: int = 0) -> None: ...

    def refer(self, uri: str, headers: dict[str, str], done: Callable[[int, str], None]) -> None:
        """Blind transfer (RFC 3515); `done(final SIP status of NOTIFY, reason)`."""

    def bridge(self, uri: str, headers: dict[str, str], done: Callable[[int, str], None]) -> None:
        """Call `uri` on a second leg and join both when it answers; `done(status, reason)`."""

    def send_keys(self, keys: str) -> None: ...


class RecordingStore(Protocol):
    """Where recordings are kept."""

    def open(self, call: str) -> Any: ...
