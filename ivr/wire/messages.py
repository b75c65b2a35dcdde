"""Messages between media, recognizers and services, over Unix sockets.

A message is a 4-byte big-endian length and that many bytes of msgpack. Media and services exchange actions
(`Understand`, `ParseField`, `Query`, `Cancel`) and their answering events as they are, and the messages below; media
and recognizers exchange the messages below, answered by `Partial`, `Heard` and `HearingFailed`.
"""

from typing import Any, Literal

import msgspec

from ivr.actions import Cancel, ParseField, Query, Understand
from ivr.events import (
    EmotionHeard,
    FieldParsed,
    Heard,
    HearingFailed,
    Partial,
    Queried,
    Queued,
    TransferDone,
    Understood,
)


class Message(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", omit_defaults=True):
    """What every message is."""


# --- media -> recognizer: one stream a Listen ------------------------------------------------------------------


class StreamStart(Message, frozen=True, tag=True):
    """Begin to recognize the caller's ring of `slot` from frame `from_t` on."""

    call: str
    id: int
    slot: int
    """Index of the call's rings in the shared segment (wire/rings.py)."""
    from_t: int
    language: str
    grammar: str = ""
    """Hash: file `<state>/grammars/<hash>.json`."""
    hints: list[str] = []
    turn: int = 0
    local_only: bool = False
    partials: bool = True
    """False: overload; nobody waits for what was heard so far."""
    first_only: bool = False
    """Overload: only the first engine, where a step's grammar has several."""


class StreamAudio(Message, frozen=True, tag=True):
    """Frames before `until_t` are in the ring now."""

    call: str
    id: int
    until_t: int


class StreamDecode(Message, frozen=True, tag=True):
    """Decode up to `until_t` now, speculatively; the stream goes on."""

    call: str
    id: int
    until_t: int


class StreamEnd(Message, frozen=True, tag=True):
    """The utterance ended at `until_t`: final result, please."""

    call: str
    id: int
    until_t: int


class StreamCancel(Message, frozen=True, tag=True):
    """Forget the stream."""

    call: str
    id: int


class RecognizerHello(Message, frozen=True, tag=True):
    """First message of a recognizer on each connection: what it can do."""

    pid: int
    languages: dict[str, list[str]]
    """language -> engines loaded, first pass first; empty when no model is there."""


# --- media <-> services ----------------------------------------------------------------------------------------


class MediaHello(Message, frozen=True, tag=True):
    """First message of media on each connection."""

    pid: int
    max_calls: int


class Synthesize(Message, frozen=True, tag=True):
    """Make the sound of one prompt; answered by Synthesized."""

    call: str
    id: int
    text: str
    language: str
    voice: str = ""
    rate: float = 1.0
    recording: str = ""
    flow: str = ""
    sensitive: bool = False
    deadline_s: float = 3.0
    cheap: bool = False
    """Overload: no neural voice, and what is made is not kept."""
    speculative: bool = False
    """A guess at what will be said: nobody waits, no pieces are sent, Cancel stops it."""


class SynthesizedPiece(Message, frozen=True, tag=True):
    """The next piece of a prompt that is made piece by piece, whole frames of 8 kHz mono PCM16; Synthesized follows the
    last one."""

    call: str
    id: int
    pcm: bytes
    sources: list[str] = []


class Synthesized(Message, frozen=True, tag=True):
    """`path` holds raw 8 kHz mono PCM16; empty when no means could speak it. A sensitive one is in `pcm`, no file;
    after pieces neither need be there."""

    call: str
    id: int
    path: str = ""
    pcm: bytes = b""
    sources: list[str] = []
    reason: str = ""
    synthesis_s: float = 0.0


class PromptCached(Message, frozen=True, tag=True):
    """A prompt is in the cache under this key (tts/cache.py: hash of text, language, voice, rate)."""

    key: str
    path: str
    sources: list[str] = []


class FlowsPublished(Message, frozen=True, tag=True):
    """A new set of flows is ready: media reads `<path>` (compiled, JSON) and takes it for new calls."""

    path: str
    version: str


class LiveValue(msgspec.Struct, frozen=True, array_like=True):
    """One live switch, row of a table, or bulletin (records/live_values.py)."""

    kind: str
    """switch, table, bulletin."""
    name: str
    key: str
    value: str
    until: float | None = None
    """Seconds since 1970; None: until it is cleared."""


class LiveValues(Message, frozen=True, tag=True):
    """All live values as they stand now; sent at each change and at the start."""

    values: list[LiveValue] = []


class QueueJoin(Message, frozen=True, tag=True):
    """media -> services: a caller stands in line for an agent, or (again, after services was away) talks with one.
    Answered by Queued as the place changes, AgentFree, or a TransferDone that failed."""

    call: str
    id: int
    """Of the Transfer."""
    destination: str
    agents: list[str]
    """Addresses; each takes one call at a time."""
    state: Literal["waiting", "ringing", "talking"] = "waiting"
    agent: str = ""


class QueueAnswer(Message, frozen=True, tag=True):
    """media -> services: the agent of an AgentFree took the call, or did not."""

    call: str
    agent: str
    ok: bool


class QueueLeft(Message, frozen=True, tag=True):
    """media -> services: the call is over, or stands in line no more."""

    call: str


class AgentFree(Message, frozen=True, tag=True):
    """services -> media: call this agent for the caller; answered by QueueAnswer."""

    call: str
    id: int
    agent: str


class Control(Message, frozen=True, tag=True):
    """From the control API: `hang_up`, `transfer`, `originate`, `drain`, `undrain`, `status`; answered by
    ControlDone."""

    id: int
    command: Literal["hang_up", "transfer", "originate", "drain", "undrain", "status"]
    call: str = ""
    arguments: dict[str, Any] = {}


class ControlDone(Message, frozen=True, tag=True):
    id: int
    ok: bool
    value: Any = None
    error: str = ""


ToRecognizer = StreamStart | StreamAudio | StreamDecode | StreamEnd | StreamCancel
FromRecognizer = RecognizerHello | Partial | Heard | HearingFailed | EmotionHeard
ToServices = (
    MediaHello
    | Understand
    | ParseField
    | Query
    | Cancel
    | Synthesize
    | ControlDone
    | QueueJoin
    | QueueAnswer
    | QueueLeft
)
FromServices = (
    Understood
    | FieldParsed
    | Queried
    | Synthesized
    | SynthesizedPiece
    | PromptCached
    | FlowsPublished
    | LiveValues
    | Control
    | Queued
    | AgentFree
    | TransferDone
)
