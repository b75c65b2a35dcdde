"""One call of a browser's microphone: a ports.CallLeg over a connection with the services process, which has the
WebSocket. Its methods may be called from any thread; what they ask is done on the thread of legs/browser_line.py."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

from ivr.audio import g711
from ivr.audio.frames import SILENCE
from ivr.audio.jitter import JitterBuffer
from ivr.events import Event, HungUp, KeyPressed
from ivr.journal import CallAnswered, MediaReport
from ivr.ports import Acknowledged, AudioFlows, AudioSlot, Invite
from ivr.wire.leg_messages import FRAME_BYTES, FromLeg, LegHungUp, LegKey, LegOffer, LegSound, LegState, ToLeg
from ivr.wire.sockets import Link

if TYPE_CHECKING:
    from ivr.legs.browser_line import BrowserLine

FRAME_S = 0.02
CATCH_UP = 10
"""Frames that a late tick makes up for; more than these are left out: the machine stood still."""
WAITING_BYTES = 2000
"""More than about 10 frames that the other side did not take: the next ones are left out, it would hear them late."""
PARTING_S = 1.0
"""Time for the other side to take the last message."""
KEYS = frozenset("0123456789*#ABCD")

By = Literal["caller", "system", "network"]


class BrowserLeg:
    """See ports.CallLeg. `by` in HungUp: `caller` the person hung up or left the page, `system` we did, `network`
    nothing came any more."""

    name = "caller"

    def __init__(self, line: BrowserLine) -> None:
        self._line = line
        self.link: Link[ToLeg]
        """Set by whoever accepts the connection."""
        self.over = False
        self.close_at = float("inf")
        """Clock of the line at which the connection is closed."""
        self._slot: AudioSlot | None = None
        self._jitter = JitterBuffer()
        self._offered = False
        self._began = self._heard_at = 0.0
        """Clock of the line at the answer (0 before), and at the last frame that came."""
        self._frames = 0
        """Since the answer, in both directions."""
        self._received = self._sent = self._left_out = 0

    # --- what others ask, from any thread -----------------------------------------------------------------------

    def attach(self, slot: AudioSlot) -> None:
        self._line.do(lambda: setattr(self, "_slot", slot))

    def ring(self) -> None:
        self._line.do(lambda: self._send(LegState(state="ringing")))

    def answer(self) -> None:
        self._line.do(self._answer)

    def reject(self, status: int, reason: str = "", retry_after_s: int = 0) -> None:
        self._line.do(lambda: self._refuse(status, reason))

    def hang_up(self, status: int = 0) -> None:
        self._line.do(lambda: self.end("system", "", status))

    def refer(self, uri: str, headers: dict[str, str], done: Callable[[int, str], None]) -> None:
        """There is nobody to whom REFER could be said: whoever wants it gets a second leg."""
        self._line.do(lambda: done(501, "refused: a browser takes no REFER"))

    def bridge(
        self, uri: str, headers: dict[str, str], done: Callable[[int, str], None], wait_s: float = 30.0,
        whisper: Callable[[], bytes] | None = None,
    ) -> None:  # fmt: skip
        self._line.do(lambda: done(501, "a call from the browser is not joined with another"))

    def drop_second(self) -> None:
        """There never is one."""

    def send_keys(self, keys: str) -> None:
        """Browsers take none."""

    # --- on the line's thread -----------------------------------------------------------------------------------

    def came(self, message: ToLeg) -> None:
        """Something of the other side."""
        if self.over:
            return
        match message:
            case LegOffer() if not self._offered:
                self._offered = True
                invite = Invite(
                    caller=message.caller, dialled=(f"browser:{message.line}",), sip_call_id=message.call,
                    peer="browser", call=message.call, line=message.line,
                )  # fmt: skip
                self._line.taker.offered(self, invite)
            case LegSound() if len(message.frame) == FRAME_BYTES:
                self._take(message.frame)
            case LegKey() if message.key in KEYS and self._began:
                self._tell(KeyPressed(key=message.key, via="browser"))
            case LegHungUp():
                self.end("caller", message.reason)
            case _:
                self._line.log.warning("a browser's leg was told something odd", message=type(message).__name__)

    def lost(self, reason: str) -> None:
        """The connection is gone; services was killed, or hangs."""
        self.close_at = 0.0
        self.end("network", f"services: {reason}")

    def step(self, now: float) -> None:
        """One tick of 20 ms; makes up for late ones."""
        if not self._began or self.over:
            return
        if now - self._heard_at > self._line.silent_s:
            self.end("network", "no sound came from the browser")
            return
        due = int((now - self._began) / FRAME_S) + 1
        for _ in range(min(due - self._frames, CATCH_UP)):
            self._exchange()
        self._frames = due

    def end(self, by: By, reason: str, status: int = 0) -> None:
        """The end, told to both sides; nothing more is told then."""
        if self.over:
            return
        self._part(LegState(state="ended", by=by, reason=reason, status=status))
        if not self._offered:
            return
        jitter = self._jitter
        report = MediaReport(
            late_frames=jitter.late, lost=jitter.dropped + self._left_out, received=self._received,
            sent_packets=self._sent,
        )  # fmt: skip
        self._line.taker.told(self, report)
        self._line.taker.told(self, HungUp(by=by, reason=reason, sip_status=status))

    def _answer(self) -> None:
        if self.over or self._began:
            return
        self._began = self._heard_at = self._line.now()
        self._send(LegState(state="answered"))
        self._tell(CallAnswered(codec="PCMU"))
        self._tell(Acknowledged())

    def _refuse(self, status: int, reason: str) -> None:
        """Nobody is told: who refuses knows."""
        if not self.over:
            self._part(LegState(state="ended", by="system", reason=reason, status=status))

    def _part(self, last: LegState) -> None:
        self.over = True
        self.close_at = min(self.close_at, self._line.now() + PARTING_S)
        self.link.send(last)

    def _take(self, frame: bytes) -> None:
        if not self._began:
            return  # before the answer nobody listens
        if not self._received:
            self._tell(AudioFlows())
        self._received += 1
        self._heard_at = self._line.now()
        self._jitter.put(frame)

    def _exchange(self) -> None:
        slot = self._slot
        if slot is None:
            return
        frame = self._jitter.take()
        slot.put_caller(SILENCE if frame is None else g711.decode(frame))
        sound = slot.take_system()
        if self.link.waiting_bytes > WAITING_BYTES:
            self._left_out += 1
        elif self._send(LegSound(frame=g711.encode(sound))):
            self._sent += 1

    def _send(self, message: FromLeg) -> bool:
        return not self.over and self.link.send(message)

    def _tell(self, what: Event) -> None:
        self._line.taker.told(self, what)
