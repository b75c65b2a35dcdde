"""Messages of a browser's call between services (which has the WebSocket) and media (which has the call): one
connection a call, at run/browser.sock; framing as everywhere (framing.py)."""

from typing import Literal

import msgspec

FRAME_BYTES = 160
"""20 ms of 8 kHz G.711 µ-law."""


class LegMessage(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", omit_defaults=True):
    """What every message is."""


class LegOffer(LegMessage, frozen=True, tag=True):
    """services -> media, first: somebody calls a line."""

    call: str
    """Id that the call gets, UUIDv7."""
    caller: str
    """`browser:anna`."""
    line: str
    """Name in lines.yaml."""


class LegSound(LegMessage, frozen=True, tag=True):
    """Both ways: the next 20 ms."""

    frame: bytes


class LegKey(LegMessage, frozen=True, tag=True):
    """services -> media: one of 0-9 * # A-D was pressed."""

    key: str


class LegHungUp(LegMessage, frozen=True, tag=True):
    """services -> media: the caller hung up, or their page is gone."""

    reason: str = ""


class LegState(LegMessage, frozen=True, tag=True):
    """media -> services. `ended` is the last message, with who ended it and why; `status` as SIP has it (404, 503)."""

    state: Literal["ringing", "answered", "ended"]
    by: str = ""
    reason: str = ""
    status: int = 0


ToLeg = LegOffer | LegSound | LegKey | LegHungUp
FromLeg = LegSound | LegState
