"""What happened to a call: the events that `dialogue.session.Session.handle` takes.

Every event says which call, leg and turn it belongs to and when it happened. Times (`t` and every field named
`*_t`) are counted in 20 ms frames since the call was answered, never in clock time; `*_s` are seconds. The shell
(call/worker.py, legs/) makes events; the pure session only reads them. Each one is a journal line (journal.py).
"""

from typing import Any, Literal

import msgspec

FRAME_S = 0.02
"""Length of one frame in seconds; 160 samples of 8 kHz mono PCM16, 320 bytes."""


class Event(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", omit_defaults=True):
    """What every event carries."""

    call: str = ""
    """UUIDv7 of the call."""
    seq: int = 0
    """Position in the call's journal, from 1 on; given by the shell when the line is written."""
    t: int = 0
    """Frames since the call was answered."""
    leg: str = "caller"
    """`caller`, or the name of another leg of the call (`agent`)."""
    turn: int = 0
    """Turn that it belongs to, from 1 on; 0 before the first question."""


# --- the call -------------------------------------------------------------------------------------------------


class CallStarted(Event, frozen=True, tag=True):
    """The call is answered and audio flows (ACK and first RTP came, or the wait for them is over)."""

    caller: str = ""
    """Caller's number as E.164 where it could be normalised, else as sent; unverified, hostile data."""
    dialled: str = ""
    line: str = ""
    flow: str = ""
    version: str = ""
    """Hash of the flow (law 8)."""
    at: str = ""
    """Wall time of the answer, ISO 8601 with zone of the line."""
    timezone: str = ""
    """The line's, a name of the time zone database."""
    seed: int = 0
    """The only source of chance that the session has."""
    config: dict[str, str] = {}
    headers: dict[str, str] = {}
    """SIP headers of the INVITE that the line asked for; hostile data."""
    profile: dict[str, Any] = {}
    switches: dict[str, bool] = {}
    """Live switches as they stand now; every one that lines.yaml names."""
    tables: dict[str, dict[str, str]] = {}
    """Live tables as they stand now."""
    bulletin: dict[str, str] = {}
    """What the line says first: language (or "" for every one) -> text."""
    can_hear: bool = True
    """False when no recognizer works: the line goes by keys from the first prompt on."""


class HungUp(Event, frozen=True, tag=True):
    """The leg is gone."""

    by: Literal["caller", "system", "network"] = "caller"
    """`network`: RTP died, transport failed or a timer of SIP ran out."""
    reason: str = ""
    sip_status: int = 0


class Held(Event, frozen=True, tag=True):
    """The far side put the call on hold: prompt and clocks freeze."""


class Unheld(Event, frozen=True, tag=True):
    """Hold is over: prompt and clocks go on where they were."""


class DeadlineReached(Event, frozen=True, tag=True):
    """The time that `Session.deadline()` named has come."""


class LiveChanged(Event, frozen=True, tag=True):
    """Somebody changed a live switch or table while the call lasts: all of them, as they stand now."""

    switches: dict[str, bool] = {}
    tables: dict[str, dict[str, str]] = {}


class ProfileLoaded(Event, frozen=True, tag=True):
    """What is known of the caller from earlier calls came after the call had begun."""

    profile: dict[str, Any] = {}


# --- the caller -----------------------------------------------------------------------------------------------


class VoiceStarted(Event, frozen=True, tag=True):
    """The caller speaks; `voice_t` is the first voiced frame (earlier than `t`)."""

    voice_t: int = 0
    level_db: float = 0.0
    """Mean level of the voiced frames so far, dBFS."""


class VoiceStopped(Event, frozen=True, tag=True):
    """The caller pauses; `voice_t` is the frame after the last voiced one. Said at every pause, not only the last."""

    voice_t: int = 0


class KeyPressed(Event, frozen=True, tag=True):
    """One key, once, whatever the number of packets. Its value is not written to the journal here (law 5)."""

    key: str = ""
    """One of 0-9 * # A-D."""
    via: Literal["rtp", "info", "inband", "text", "browser"] = "rtp"


class Word(msgspec.Struct, frozen=True):
    """One recognized word; start and end in frames since the call was answered."""

    text: str
    start_t: int = 0
    end_t: int = 0
    confidence: float = 1.0


class Hypothesis(msgspec.Struct, frozen=True, omit_defaults=True):
    """One reading of what was said."""

    text: str
    score: float = 0.0
    """The engine's own score, natural logarithm; comparable within one list only."""
    confidence: float = 0.0
    """Calibrated, 0 to 1: the share of results with this value that are right."""
    source: str = ""
    """engine and pass: `moonshine:held`, `moonshine:free`, `vosk:grammar`, `vosk:open`, `text`."""
    words: list[Word] = []
    intent: str = ""
    """Set when the grammar's path carries one."""
    slots: dict[str, str] = {}
    """Set when the grammar's path carries them: slot or entity name -> canonical value."""


class Partial(Event, frozen=True, tag=True):
    """What was heard so far of request `id`."""

    id: int = 0
    text: str = ""
    complete: bool = False
    """The text so far is a whole sentence of the grammar."""


class Heard(Event, frozen=True, tag=True):
    """Result of `Listen` `id`, best first; empty when nothing was recognized."""

    id: int = 0
    hypotheses: list[Hypothesis] = []
    in_grammar: bool = True
    """False: belief says that the caller said something outside the step's grammar."""
    speculative: bool = False
    """Answer of `DecodeNow`; the caller may go on."""
    complete: bool = True
    """The best text can stand as it is (else wait `incomplete_timeout`)."""
    closed: bool = False
    """The grammar allows nothing after it: no need to wait for more."""
    until_t: int = 0
    """Audio up to this frame was decoded."""
    decode_s: float = 0.0
    engine: str = ""


class HearingFailed(Event, frozen=True, tag=True):
    """Recognition of `id` could not be had at all, though it was tried again."""

    id: int = 0
    reason: str = ""


# --- answers of slow things -----------------------------------------------------------------------------------


class IntentScore(msgspec.Struct, frozen=True):
    name: str
    confidence: float
    """Calibrated, 0 to 1."""


class Entity(msgspec.Struct, frozen=True, omit_defaults=True):
    name: str
    value: str
    text: str = ""
    confidence: float = 1.0


class Understood(Event, frozen=True, tag=True):
    """Answer to `Understand` `id`: intents best first."""

    id: int = 0
    intents: list[IntentScore] = []
    entities: list[Entity] = []
    source: str = ""
    """`rasa`, `builtin`, `grammar` or `none`."""
    why: str = ""
    """Why the source is not the first choice: `rasa away`, `rasa late`, ..."""
    text: str = ""
    """The hypothesis that won."""
    understand_s: float = 0.0


class FieldParsed(Event, frozen=True, tag=True):
    """Answer to `ParseField` `id`: candidate values best first; empty when the text holds no such value."""

    id: int = 0
    values: list[str] = []
    confidences: list[float] = []
    rival: str = ""
    """What the sound means when it was heard otherwise; empty when all hypotheses hold the best value."""
    rival_confidence: float = 0.0


class Queried(Event, frozen=True, tag=True):
    """Answer to `Query` `id`."""

    id: int = 0
    status: str = "ok"
    """`ok`, `not_found`, `error`, `timeout`, `wrong_shape`, or an HTTP status as text."""
    value: Any = None
    """Plain JSON: a row as object, `rows: many` as list."""
    query_s: float = 0.0
    cached: bool = False


class PromptStarted(Event, frozen=True, tag=True):
    """First sound of `Say` `id` goes out."""

    id: int = 0
    sources: list[str] = []
    """How each part was made: `recorded`, `piper`, `espeak`, `silence` (nothing could be had)."""


class PromptDone(Event, frozen=True, tag=True):
    """The last frame of `Say` `id` went out."""

    id: int = 0
    frames: int = 0


class PromptFailed(Event, frozen=True, tag=True):
    """`Say` `id` could not be spoken by any means; the session goes on as if it was done."""

    id: int = 0
    reason: str = ""


class TransferDone(Event, frozen=True, tag=True):
    """End of `Transfer` `id`. With `ok` the caller has left the line or talks with the other side."""

    id: int = 0
    ok: bool = False
    how: Literal["refer", "bridge", ""] = ""
    sip_status: int = 0
    reason: str = ""


class EmotionHeard(Event, frozen=True, tag=True):
    """How the caller sounds, or sounded in the last utterance."""

    emotion: str = ""
    """`frustrated`, `calm` (in tests also `angry`, `happy`, `sad`, `neutral`); empty: nothing can be told."""
    confidence: float = 0.0
    """Of `emotion`."""
    frustrated: float = 0.0
    """Chance, 0 to 1."""
    calm: float = 0.0


class Queued(Event, frozen=True, tag=True):
    """The caller waits in line: `Transfer` `id` of kind queue."""

    id: int = 0
    position: int = 1
    """1 is next."""
    wait_s: float = 0.0
    """Expected wait; 0 when nothing is known of it."""


AnyEvent = (
    CallStarted | HungUp | LiveChanged | ProfileLoaded | Held | Unheld | DeadlineReached | VoiceStarted | VoiceStopped
    | KeyPressed | Partial | Heard | HearingFailed | Understood | FieldParsed | Queried | PromptStarted | PromptDone
    | PromptFailed | TransferDone | Queued | EmotionHeard
)  # fmt: skip
"""Every event; msgspec decodes a line of this type by its `type` field."""
