"""Handing a caller over: REFER (RFC 3515) with what was gathered in Refer-To, or a second leg joined by the bridge."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING
from urllib.parse import quote

import pjsua2 as pj

from ivr.events import Event, HungUp
from ivr.ports import Acknowledged, CallLeg, Invite
from ivr.sip.whisper import Whisper

if TYPE_CHECKING:
    from ivr.sip.endpoint import Endpoint
    from ivr.sip.leg import Leg

Done = Callable[[int, str], None]
REFUSED = "refused"
"""A reason begins so when REFER itself was not accepted: the caller may still be bridged. What the destination said
(busy, no answer) is final."""
BYTES_A_S = 16_000
_WHISPER_SPARE_S = 2.0
_UNRESERVED = "-_.!~*'()[]/?:+$"
"""What RFC 3261 §25.1 lets stand in a header of a URI (hnv-unreserved and unreserved)."""


def refer_to(uri: str, headers: Mapping[str, str]) -> str:
    """`<sip:agents@pbx?X-Reason=late%20order>`; a tel: address cannot carry headers (RFC 3966)."""
    if not headers or uri.lower().startswith("tel:"):
        return f"<{uri}>"
    pairs = "&".join(
        f"{quote(name, safe=_UNRESERVED)}={quote(value, safe=_UNRESERVED)}" for name, value in headers.items()
    )
    return f"<{uri}{'&' if '?' in uri else '?'}{pairs}>"


class Once:
    """The answer of a transfer is given once: by the far side, by its deadline, or by the end of the call."""

    def __init__(self, done: Done) -> None:
        self._done: Done | None = done

    def __call__(self, status: int, reason: str) -> bool:
        done, self._done = self._done, None
        if done is not None:
            done(status, reason)
        return done is not None


class Refer:
    """A REFER under way on a leg."""

    def __init__(self, leg: Leg, done: Done) -> None:
        self._leg = leg
        self._done = Once(done)
        self._accepted = False

    def notified(self, status: int, reason: str, final: bool) -> None:
        """202, then the NOTIFYs; a status of 200 or more settles it even when the subscription goes on."""
        self._accepted = self._accepted or status < 300
        if status < 200 and not final:
            return
        self._leg.transfer = None
        if not self._accepted:
            reason = f"{REFUSED}: {reason}"
        if self._done(status, reason) and 200 <= status < 300:
            self._leg.end("system", "transferred")

    def over(self, status: int, reason: str) -> None:
        """The call ended or the deadline came. Many phones leave with BYE, without NOTIFY, once they took the REFER."""
        self._leg.transfer = None
        if self._accepted and status != 408:
            status, reason = 202, "left after REFER was accepted"
        elif not self._accepted and self._leg.call is not None:
            reason = f"{REFUSED}: {reason}"
        self._done(status, reason)


def refer(endpoint: Endpoint, leg: Leg, uri: str, headers: Mapping[str, str], done: Done, wait_s: float) -> None:
    """pjsua2 thread."""
    if leg.call is None or leg.transfer is not None:
        done(491 if leg.transfer is not None else 481, "no call to transfer")
        return
    under_way = leg.transfer = Refer(leg, done)
    prm = pj.CallOpParam()
    try:
        leg.call.xfer(refer_to(endpoint.dialable(uri, leg), headers), prm)
    except pj.Error as error:
        under_way.over(500, error.reason)
        return
    endpoint.later(wait_s, lambda: under_way.over(408, "no NOTIFY in time") if leg.transfer is under_way else None)


class _Partner:
    """CallTaker of the second leg: joins it with the first when it answers."""

    def __init__(self, first: Leg, done: Done, whisper: Callable[[], bytes] | None = None) -> None:
        self.first = first
        self.whisper = whisper
        self.done = Once(done)
        self.second: Leg | None = None

    def offered(self, leg: CallLeg, invite: Invite) -> None:
        """Never: this leg goes out."""

    def told(self, leg: CallLeg, what: Event) -> None:
        second = self.second
        if isinstance(what, Acknowledged) and second is not None:
            alone = self.whisper() if self.whisper is not None else b""
            if alone:
                said = Whisper(alone)
                second.attach(said)
                second.sound.open("whisper")
                second.connect()
                self._join_after(second, said, second.endpoint.now() + len(alone) / BYTES_A_S + _WHISPER_SPARE_S)
            else:
                self._join(second)
        elif isinstance(what, HungUp):
            self.done(what.sip_status or 480, what.reason)

    def _join_after(self, second: Leg, said: Whisper, until: float) -> None:
        """When it was said; `until`: a leg whose sound does not flow does not keep the caller waiting."""
        if said.done or second.endpoint.now() >= until:
            self._join(second)
        elif second.call is not None:
            second.endpoint.later(0.04, lambda: self._join_after(second, said, until))

    def _join(self, second: Leg) -> None:
        if second.call is None:
            return
        if self.first.call is None:
            second.end("caller", "the caller left")
            return
        self.first.partner, second.partner = second, self.first
        self.first.connect()
        second.connect()
        self.done(200, "")


def bridge(
    endpoint: Endpoint, leg: Leg, uri: str, headers: Mapping[str, str], done: Done, wait_s: float,
    whisper: Callable[[], bytes] | None = None,
) -> None:  # fmt: skip
    """pjsua2 thread."""
    partner = _Partner(leg, done, whisper)
    if leg.call is None:
        done(481, "no call to transfer")
        return
    second = partner.second = endpoint.dial(endpoint.dialable(uri, leg), partner, headers, name="agent")
    if second is None:
        partner.done(500, "the call could not be made")
        return

    def give_up() -> None:
        if not second.confirmed:
            second.end("system", "no answer in time", 408)

    endpoint.later(wait_s, give_up)
    leg.followers.append(second)


def drop_second(leg: Leg) -> None:
    """pjsua2 thread: nobody waits for it any more."""
    for second in leg.followers:
        if second is not leg.partner:
            second.end("system", "not wanted any more", 0 if second.confirmed else 487)
