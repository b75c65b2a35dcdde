"""Calls that only hear that the line is busy: the cached announcement, and the end. Media only: no session, no ring, no
recognizer; the sound is taken from memory by the leg's media thread."""

from dataclasses import dataclass
from typing import Any

from msgspec.structs import replace

from ivr import actions as act
from ivr import events as ev
from ivr import journal
from ivr.audio.frames import FRAME_BYTES, SILENCE
from ivr.call.admission import Busy, Refused
from ivr.call.lines import CallLines
from ivr.call.opening import first_line, journal_path, stamp
from ivr.call.parts import Parts
from ivr.call.prompts import Sound
from ivr.call.writer import Begin, End
from ivr.flow.busy import announcement
from ivr.ports import Acknowledged, AudioFlows, CallLeg, Invite

LAST_SOUND = 5
"""Frames between the announcement's end and BYE: the far side's jitter buffer still plays."""
GONE_S = 10.0
"""A leg that was told to hang up and does not say that it is gone is given up after this."""
SAY = 1
"""Id of the announcement, the only one of its call."""


class BusySlot:
    """A ports.AudioSlot without rings: what the caller says is only counted, what the line says lies in memory."""

    index = -1

    def __init__(self, pcm: bytes | memoryview) -> None:
        self.caller_frames = self.system_frames = 0
        self.begun_t: int | None = None
        """Frame at which the announcement begins; None: not yet."""
        self._pcm = pcm
        self._length = -(-len(pcm) // FRAME_BYTES)

    @property
    def over(self) -> bool:
        """The announcement was sent."""
        return self.begun_t is not None and self.system_frames >= self.begun_t + self._length + LAST_SOUND

    def put_caller(self, pcm: Any) -> None:
        self.caller_frames += 1

    def take_system(self) -> bytes:
        n = self.system_frames
        self.system_frames = n + 1
        if self.begun_t is None or not 0 <= n - self.begun_t < self._length:
            return SILENCE
        at = (n - self.begun_t) * FRAME_BYTES
        return bytes(self._pcm[at : at + FRAME_BYTES]).ljust(FRAME_BYTES, b"\0")

    def caller(self, n: int) -> bytes:
        """Nothing is kept."""
        return SILENCE

    def system(self, n: int) -> bytes:
        """Nothing is kept."""
        return SILENCE

    def put_system(self, n: int, pcm: bytes) -> None:
        """The announcement is all that is said."""


@dataclass
class _Call:
    leg: CallLeg
    slot: BusySlot
    lines: CallLines
    give_up: float
    """When to begin though no ACK and no RTP came; once it hangs up: when the leg is taken for gone."""
    answered: bool = False
    leaving: bool = False
    ready: int = 0
    """Of ACK and first RTP."""


class BusyCalls:
    """All of them; on the audio loop's thread."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._calls: dict[int, _Call] = {}

    @property
    def live(self) -> int:
        return len(self._calls)

    def take(self, call: str, leg: CallLeg, invite: Invite, busy: Busy, stands: journal.LadderMoved) -> Refused | None:
        """Answer and announce; Refused when too many hear it already or its sound is not there."""
        parts = self._parts
        text, language = announcement(busy.published.lines, busy.line, busy.flow)
        say = act.Say(id=SAY, text=text, language=language)
        sound = parts.prompts.find(say, busy.flow.name) if self.live < parts.config.busy_calls else None
        if sound is None:
            return Refused(503, busy.why, parts.config.retry_after_s)
        slot, since = BusySlot(sound.pcm), parts.wall()
        lines = CallLines(call, parts.writer, lambda: slot.caller_frames)
        parts.writer.put(Begin(call, journal_path(call, since)))
        lines.write(first_line(invite, since, parts.config, busy))
        if stands.step:
            lines.write(stands)
        self._calls[id(leg)] = _Call(leg, slot, lines, float("inf"))
        self._note(lines, say, sound)
        leg.attach(slot)
        leg.answer()
        return None

    @staticmethod
    def _note(lines: CallLines, say: act.Say, sound: Sound) -> None:
        lines.write(say)
        lines.write(ev.PromptStarted(id=SAY, sources=list(sound.sources)))
        lines.write(act.Finished(outcome="busy"))

    def told(self, leg: CallLeg, what: ev.Event) -> bool:
        """Something of a leg; False when it is none of these calls."""
        call = self._calls.get(id(leg))
        if call is None:
            return False
        match what:
            case Acknowledged() | AudioFlows():
                call.ready += 1
            case journal.CallAnswered():
                call.answered = True
                call.give_up = self._parts.clock() + self._parts.config.start_wait_ms / 1000
                call.lines.write(replace(what, at=what.at or stamp(self._parts.wall())))
            case journal.SipMessage() | journal.MediaReport():
                call.lines.write(what)
            case ev.HungUp():
                self._gone(leg, call, what)
        return True

    def step(self, now: float) -> None:
        """One tick of the loop."""
        for call in list(self._calls.values()):
            slot = call.slot
            if call.leaving and now >= call.give_up:
                self._gone(call.leg, call, ev.HungUp(by="network", reason="the leg did not end"))
            elif slot.begun_t is None and call.answered and (call.ready >= 2 or now >= call.give_up):
                slot.begun_t = slot.system_frames
            elif slot.over and not call.leaving:
                self._leave(call, now)

    def hang_up_all(self) -> None:
        """The process is about to end."""
        for call in self._calls.values():
            self._leave(call, self._parts.clock())

    def _leave(self, call: _Call, now: float) -> None:
        call.leaving, call.give_up = True, now + GONE_S
        call.leg.hang_up()

    def _gone(self, leg: CallLeg, call: _Call, hung_up: ev.HungUp) -> None:
        del self._calls[id(leg)]
        call.lines.write(hung_up)
        if call.slot.over:
            call.lines.write(ev.PromptDone(id=SAY, frames=call.slot.system_frames - (call.slot.begun_t or 0)))
        frames, at = call.slot.caller_frames, stamp(self._parts.wall())
        reason = "bye" if call.answered else "cancelled"
        call.lines.write(journal.Closed(at=at, reason=reason, frames=frames))
        self._parts.writer.put(End(call.lines.call))
