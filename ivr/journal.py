"""The journal's format: one call, one file of JSON Lines; no file access here.

Line 1 is `Opened`; then events and actions as they happen (events.py, actions.py) and the facts below that neither the
session asked for nor decided; the last line is `Closed`. `seq` counts lines from 1. `format` changes only when an old
reader would misread; old journals stay readable (tests/data/journals).
"""

import msgspec

from ivr.actions import AnyAction
from ivr.events import AnyEvent, Event

FORMAT = 1


class Opened(Event, frozen=True, tag=True):
    """First line: what the call runs on."""

    format: int = FORMAT
    at: str = ""
    """Wall time of the INVITE, ISO 8601 UTC; t counts from the answer."""
    node: str = ""
    """Name of this machine in table `nodes`."""
    instance: str = ""
    """Id of the media process's run; a journal of another instance without `Closed` was cut off."""
    caller: str = ""
    dialled: str = ""
    line: str = ""
    flow: str = ""
    version: str = ""
    sip_call_id: str = ""
    peer: str = ""
    """Address of the SIP peer."""
    models: dict[str, str] = msgspec.field(default_factory=dict)
    """Model name -> hash."""


class SipMessage(Event, frozen=True, tag=True):
    """A SIP message as sent or received, without INFO bodies and credentials."""

    sent: bool = False
    at: str = ""
    text: str = ""


class Rejected(Event, frozen=True, tag=True):
    """The call was not answered."""

    sip_status: int = 0
    reason: str = ""


class CallAnswered(Event, frozen=True, tag=True):
    """200 was sent; wall time for t = 0."""

    at: str = ""
    codec: str = ""


class RecordingStarted(Event, frozen=True, tag=True):
    """Sound is kept from frame `t` on: file relative to the recordings folder; stereo, caller left, system right."""

    path: str = ""
    from_t: int = 0


class RecordingStopped(Event, frozen=True, tag=True):
    path: str = ""
    frames: int = 0
    why: str = ""


class MediaReport(Event, frozen=True, tag=True):
    """Quality of the call's media at its end."""

    late_frames: int = 0
    lost: int = 0
    jitter_ms: float = 0.0
    received: int = 0
    sent_packets: int = 0


class Trouble(Event, frozen=True, tag=True):
    """Something failed and the call went on: which part, and what was done instead. Never caller's words."""

    part: str = ""
    what: str = ""


class LadderMoved(Event, frozen=True, tag=True):
    """The overload ladder stands here, at the call's begin or from now on (call/overload.py, docs/overload.md)."""

    step: int = 0
    name: str = ""
    why: str = ""
    """The load that was worst."""


class Closed(Event, frozen=True, tag=True):
    """Last line."""

    at: str = ""
    reason: str = ""
    """`bye`, `cancelled`, `rejected`, `media_lost`, `cut_off` (written by the next start after a crash), ..."""
    frames: int = 0


AnyFact = (
    Opened
    | SipMessage
    | Rejected
    | CallAnswered
    | RecordingStarted
    | RecordingStopped
    | MediaReport
    | Trouble
    | LadderMoved
    | Closed
)
Entry = AnyEvent | AnyAction | AnyFact

_decoder: msgspec.json.Decoder[Entry] = msgspec.json.Decoder(Entry)
_encoder = msgspec.json.Encoder()


def encode(entry: Entry) -> bytes:
    """One line without its line end."""
    return _encoder.encode(entry)


def decode(line: bytes) -> Entry:
    """Raises msgspec.ValidationError for an unknown or broken line."""
    entry: Entry = _decoder.decode(line)
    return entry


def read(data: bytes) -> list[Entry]:
    """All whole lines of a journal; a torn last line (crash in mid-write) is left out."""
    end = data.rfind(b"\n")
    return [decode(line) for line in data[: end + 1].splitlines() if line]
