"""What the inner layers need of the outer ones. Engines implement these; bootstrap.py chooses and wires them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import msgspec

from ivr.events import Entity, Event, Hypothesis, IntentScore
from ivr.flow.grammar import Grammar


@dataclass(frozen=True, slots=True)
class Recognized:
    """What an utterance came to."""

    hypotheses: list[Hypothesis]
    """Best first; empty when nothing was said."""
    in_grammar: bool = True
    """False: belief says that something outside the grammar was said; the free result comes first then."""
    complete: bool = True
    """The best text can stand as it is."""
    engine: str = ""
    closed: bool = False
    """The step's grammar allows nothing after the best text, but "please" and the like."""


class RecognizerStream(Protocol):
    """One utterance being recognized. Used by one thread."""

    def audio(self, pcm: bytes) -> str | None:
        """Take 8 kHz mono PCM16, any number of whole samples; returns a new partial text, or None when unchanged."""

    def partial(self) -> str | None:
        """For engines that do not stream: decode what is there for a partial text; None when unchanged."""

    def decode_now(self) -> Recognized:
        """Result for the audio so far, as good as a final one; the stream goes on."""

    def end(self) -> Recognized:
        """Final result; the stream is closed."""

    def cancel(self) -> None:
        """Close without a result."""


@runtime_checkable
class Recognizer(Protocol):
    """An engine with its model loaded. Lives in a recognizer process."""

    name: str
    languages: tuple[str, ...]
    streams: bool
    """True when partials come while audio flows at little cost."""

    def start(
        self,
        language: str,
        grammar: Grammar | None,
        hints: Sequence[str] = (),
        give_way: Callable[[], None] = lambda: None,
    ) -> RecognizerStream:
        """Begin an utterance, held to `grammar` or open. The engine calls `give_way` now and then while it decodes;
        what that raises ends the decoding and comes out of it, and the stream can be decoded again."""


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

    @property
    def intents(self) -> list[IntentScore]: ...

    @property
    def entities(self) -> list[Entity]: ...


@runtime_checkable
class IntentParser(Protocol):
    """Intent and entities of a text."""

    name: str

    async def parse(
        self, hypotheses: Sequence[Hypothesis], flow: str, version: str, language: str, expected: Sequence[str]
    ) -> Understanding:
        """Raises nlu.ParserUnavailable when it cannot answer now."""


class AudioSlot(Protocol):
    """The two rings of one call (wire/rings.py): frame n of the call lies at n mod size. One writer a side: the leg's
    media thread puts the caller's frames and takes the system's; the audio loop reads and writes the opposite. No lock;
    a frame is 20 ms of 8 kHz mono PCM16, 320 bytes."""

    index: int
    """Number of the slot in the shared segment."""
    caller_frames: int
    """Frames of the caller put so far: the call's clock t."""
    system_frames: int
    """Frames taken for sending so far."""

    def put_caller(self, pcm: Any) -> None:
        """Media thread: one frame of the caller."""

    def take_system(self) -> bytes:
        """Media thread: the next frame to send; silence when the loop wrote none for it."""

    def caller(self, n: int) -> bytes:
        """Frame n of the caller; n must lie in the last 60 s."""

    def system(self, n: int) -> bytes:
        """Frame n as it was sent."""

    def put_system(self, n: int, pcm: bytes) -> None:
        """Audio loop: what is to be sent as frame n; may be replaced until it is taken."""


class Acknowledged(Event, frozen=True, tag=True):
    """The leg's 200 was acknowledged (ACK)."""


class AudioFlows(Event, frozen=True, tag=True):
    """The first RTP packet of the leg came."""


class Invite(msgspec.Struct, frozen=True, kw_only=True):
    """An incoming call before anything was decided; all of it hostile data."""

    caller: str = ""
    """E.164 where it could be normalised, else as sent."""
    dialled: tuple[str, ...] = ()
    """Candidates for the dialled number in the configured order: E.164 where possible, else `sip:user@host`."""
    headers: dict[str, str] = {}
    sip_call_id: str = ""
    peer: str = ""
    call: str = ""
    """Id that the call shall have (UUIDv7), where it is known before; empty: a new one."""
    line: str = ""
    """Name of the line in lines.yaml, where the call does not come by a number."""
    connect: str = ""
    """Destination in lines.yaml that the caller is handed to at once, without a flow; empty: the line's flow."""


class CallTaker(Protocol):
    """Whoever takes calls (call/loop.py). Called on the leg's thread; both return at once."""

    def offered(self, leg: "CallLeg", invite: Invite) -> None:
        """An INVITE came; answered later by `leg.ring`, `leg.answer` or `leg.reject`."""

    def told(self, leg: "CallLeg", what: Event) -> None:
        """SipMessage, CallAnswered, Acknowledged, AudioFlows, KeyPressed, Held, Unheld, MediaReport; HungUp last."""


class CallLeg(Protocol):
    """One SIP (or browser, or text) leg as call/worker.py sees it. All methods return at once; the work is done on
    the leg's own thread, and what comes of it is told to the CallTaker."""

    name: str

    def attach(self, slot: AudioSlot) -> None:
        """Before `answer`: where the leg's audio comes and goes."""

    def ring(self) -> None: ...

    def answer(self) -> None: ...

    def reject(self, status: int, reason: str = "", retry_after_s: int = 0) -> None: ...

    def hang_up(self, status: int = 0) -> None: ...

    def refer(self, uri: str, headers: dict[str, str], done: Callable[[int, str], None]) -> None:
        """Blind transfer (RFC 3515); `done(final SIP status of NOTIFY, reason)`."""

    def bridge(
        self, uri: str, headers: dict[str, str], done: Callable[[int, str], None], wait_s: float = 30.0,
        whisper: Callable[[], bytes] | None = None,
    ) -> None:  # fmt: skip
        """Call `uri` on a second leg for at most `wait_s`; who answers hears `whisper()` (8 kHz mono PCM16) alone, then
        both are joined; `done(status, reason)`."""

    def drop_second(self) -> None:
        """End a second leg that is not joined yet."""

    def send_keys(self, keys: str) -> None: ...


class RecordingStore(Protocol):
    """Where recordings are kept."""

    def open(self, call: str) -> Any: ...
