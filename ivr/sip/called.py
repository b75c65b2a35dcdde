"""A call that this server makes: a leg that is offered to the call room first, as every other, and dials once the call
room says `answer`. Who answers there is the caller from then on."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ivr.ports import AudioSlot, Invite
from ivr.sip.leg import Leg

if TYPE_CHECKING:
    from ivr.sip.endpoint import Endpoint

RING_S = 45.0
"""Nobody who does not answer within this is rung longer."""
_NUMBER = re.compile(r"\+[0-9]{3,15}")
_ADDRESS = re.compile(r"(sip:[a-z0-9.!~*'()&=+$,_%-]{1,100}@[a-z0-9.:\[\]-]{1,250})(?:;transport=(?:udp|tcp))?", re.I)


class NotCalled(Exception):
    """The call is not made; why, and the mend."""


def plain(to: str) -> str:
    """The address without parameters, to be looked for in the list of those that are allowed; empty: it is neither an
    E.164 number nor a SIP address."""
    if _NUMBER.fullmatch(to):
        return to
    found = _ADDRESS.fullmatch(to)
    return found[1].lower() if found else ""


def allowed(to: str, patterns: Sequence[str]) -> bool:
    """`+1415*` allows numbers, `sip:*@pbx.example` addresses; never one the other."""
    address = plain(to)
    return bool(address) and any(
        re.fullmatch(re.escape(it.lower()).replace(r"\*", "[^@]*"), address) for it in patterns
    )


class CalledLeg(Leg):
    """See ports.CallLeg."""

    def __init__(self, endpoint: Endpoint, to: str, call: str) -> None:
        super().__init__(endpoint, endpoint.taker, "caller", call, incoming=False)
        self._to = to
        self._slot: AudioSlot | None = None

    def attach(self, slot: AudioSlot) -> None:
        """From the answer on: the call's clock does not count what is heard while it rings."""
        self._slot = slot

    def ring(self) -> None:
        """It rings there, not here."""

    def answer(self) -> None:
        self.endpoint.do(self._dial)

    def reject(self, status: int, reason: str = "", retry_after_s: int = 0) -> None:
        """Nobody was called yet."""

    def state_changed(self) -> None:
        before = self.confirmed
        super().state_changed()
        if self.confirmed and not before:
            self.sound.slot = self._slot
            self.sound.open(self.sip_call_id[:20])
            self.connect()

    def _dial(self) -> None:
        endpoint = self.endpoint
        if endpoint.call_out(self, endpoint.dialable(self._to, self)):
            endpoint.later(RING_S, self._give_up)

    def _give_up(self) -> None:
        if not self.confirmed:
            self.end("network", "no answer in time", 408)


def originate(endpoint: Endpoint, call: str, to: str, line: str, connect: str = "") -> None:
    """Any thread: call `to` and let `line` answer when they do, or hand them to destination `connect`. Raises
    NotCalled."""
    config = endpoint.config
    if not plain(to):
        raise NotCalled("call a number like +14155550123 or an address like sip:anna@pbx.example")
    if not allowed(to, config.originate):
        raise NotCalled("setting sip.originate does not allow this address")
    if to.startswith("+") and not config.trunks:
        raise NotCalled("there is no trunk that numbers are called by: set sip.trunks, or call a sip: address")
    leg = CalledLeg(endpoint, to, call)
    invite = Invite(caller=to, dialled=(f"originate:{line}",), sip_call_id=call, call=call, line=line,
                    connect=connect)  # fmt: skip
    endpoint.taker.offered(leg, invite)
