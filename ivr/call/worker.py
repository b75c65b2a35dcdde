"""One call in the media process: what its leg and its helpers tell becomes events, what its session answers is done.

Everything happens on the audio loop's thread. `step` is called every 20 ms, `told` when something came in between;
both end in `_take`, the one place where an event gets its number, is journalled, handled, and its actions carried out.

Longer than 300 lines because every action is carried out in one visible place.
"""

from collections import deque
from enum import Enum, auto
from typing import Any, Literal

from msgspec.structs import replace

from ivr import actions as act
from ivr import events as ev
from ivr import journal
from ivr.actions import Say
from ivr.audio.waiting_music import waiting_music
from ivr.call.admission import Admitted
from ivr.call.lines import CallLines
from ivr.call.listening import Listening
from ivr.call.messages import Messages, tone
from ivr.call.opening import PROFILE, ask_profile, first_event, first_line, journal_path, stamp
from ivr.call.overload import Step
from ivr.call.parts import CallSession, Parts
from ivr.call.prompts import Sound
from ivr.call.recorder import Recorder
from ivr.call.slot import CallSlot
from ivr.call.speaking import Speaking
from ivr.call.transfer import AgentAnswered, Transfers
from ivr.call.writer import Begin, End
from ivr.ports import Acknowledged, AudioFlows, CallLeg, Invite
from ivr.wire.messages import AgentFree, Synthesize, Synthesized, SynthesizedPiece

GONE_S = 10.0
"""A leg that was told to hang up and does not say that it is gone is given up after this."""
FROM_OUTSIDE = -1
"""Id of a transfer that the session did not ask for."""
CONNECT_S = 60.0
"""Who was called waits no longer than this for whom they are connected with."""
MUSIC = -2
"""Id of the sound for who waits."""
LAST_SOUND = 5
"""Frames between the last prompt's end and BYE: the far side's jitter buffer still plays."""
AT_ONCE = (act.Flush, act.Pause)
"""Carried out before everything else that the session answered."""


class Phase(Enum):
    """Where a call stands."""

    RINGING = auto()
    STARTING = auto()
    """200 was sent; the first prompt waits for ACK and first RTP."""
    TALKING = auto()
    LEAVING = auto()
    """The leg was told to hang up."""
    GONE = auto()


class Worker:
    """One call. `parts` are the loop's shared objects."""

    def __init__(
        self, call: str, leg: CallLeg, invite: Invite, admitted: Admitted, slot: CallSlot, parts: Parts
    ) -> None:
        self.call = call
        self.leg = leg
        self.invite = invite
        self.admitted = admitted
        self.slot = slot
        self.phase = Phase.RINGING
        self.node = ""
        self.live: ev.LiveChanged | None = None
        """Live switches and tables as the session knows them; None before it begins."""
        self.since = parts.wall()
        self._parts = parts
        self._session: CallSession | None = None
        self._lines = CallLines(call, parts.writer, lambda: slot.caller_frames)
        self._listening = Listening(parts.config.hearing)
        self._speaking = Speaking(slot, parts.prompts, self._request, parts.config.speak_deadline_s)
        path = f"{self.since:%Y-%m-%d}/{call}.wav"
        self._recorder = Recorder(path, slot, parts.writer, self._lines, self._speaking.sensitive)
        self._messages = Messages(call, slot, parts.writer)
        agents = admitted.published.lines.agents if admitted.published.lines is not None else {}
        self._transfers = Transfers(leg, parts.later, call, parts.services, agents, self._whisper)
        self._t = 0
        """Frames of the caller that were looked at."""
        self._waiting: deque[ev.Event] = deque()
        self._handling = False
        self._acknowledged = self._flows = False
        self._until = parts.clock() + parts.config.ring_ms / 1000
        """End of the phase, where it ends by time."""
        self._profile: dict[str, Any] = {}
        self._hang_up_after = False
        self._said_t = 0
        self._open()

    # --- the life of a call -------------------------------------------------------------------------------------

    def _open(self) -> None:
        config = self._parts.config
        self._parts.writer.put(Begin(self.call, journal_path(self.call, self.since)))
        self._lines.write(first_line(self.invite, self.since, config, self.admitted))
        self.leg.attach(self.slot)
        self.leg.ring()
        asked = ask_profile(self.call, self.invite, self.admitted)
        if asked is not None:
            self._parts.services.ask(asked, self._parts.clock())
        if not config.ring_ms:
            self.leg.answer()
            self._until = float("inf")

    def step(self, now: float) -> None:
        """One tick of the loop."""
        match self.phase:
            case Phase.RINGING:
                if now >= self._until:
                    self._until = float("inf")
                    self.leg.answer()
            case Phase.STARTING:
                if (self._acknowledged and self._flows) or now >= self._until:
                    self._start()
            case Phase.TALKING:
                self._tick()
            case Phase.LEAVING:
                self._recorder.step()
                if now >= self._until:
                    self.told(ev.HungUp(by="network", reason="the leg did not end"))
            case Phase.GONE:
                pass

    def _start(self) -> None:
        """The conversation begins."""
        self._t = self.slot.caller_frames
        if self.invite.connect:
            self._connect(self.invite.connect)
            return
        parts = self._parts
        can_hear = parts.recognition.can_hear(self.admitted.flow.language) and parts.ladder.step < Step.KEYS_ONLY
        started = first_event(self.call, self.invite, self.admitted, self._parts.wall(), can_hear, parts.live)
        started = replace(started, profile=self._profile)
        self.phase = Phase.TALKING
        self.live = ev.LiveChanged(switches=started.switches, tables=started.tables)
        self._session = self._parts.new_session(self.admitted.published, started)
        self._lines.masked = self._session.masked
        self._waiting.appendleft(started)  # keys that were pressed before come after it
        self._run()
        self._speaking.hand_over()

    def _connect(self, to: str) -> None:
        """Hand the caller over, without a session: no flow, no recording."""
        self.phase = Phase.TALKING
        lines = self.admitted.published.lines
        uri = lines.destinations.get(to, "") if lines is not None else ""
        kind: Literal["queue", "attended"] = "queue" if lines is not None and to in lines.agents else "attended"
        self._do(self._lines.write(act.Transfer(id=FROM_OUTSIDE, to=to, uri=uri, kind=kind, deadline_s=CONNECT_S)))

    def _tick(self) -> None:
        """Look at what the caller's side brought, then give the other side its frames."""
        while self._t < self.slot.caller_frames and self.phase is Phase.TALKING:
            t = self._t
            self._t += 1
            for heard in self._listening.frame(t, self.slot.caller(t), self.slot.system(t)):
                if isinstance(heard, ev.VoiceStarted):
                    self._parts.recognition.resumed(self.call)
                self._take(heard)
        for said in self._speaking.news():
            self._take(said)
        self._transfers.tick(self._parts.clock())
        if self._speaking.background is not None and not self._transfers.waits:
            self._speaking.background = None
        deadline = self._session.deadline() if self._session is not None else None
        if deadline is not None and deadline <= self._t and self.phase is Phase.TALKING:
            self._take(ev.DeadlineReached())
        self._speaking.hand_over()
        self._recorder.step()
        self._messages.step(self._t)
        if self._speaking.active:
            self._said_t = self._t
        elif self._hang_up_after and self._t - self._said_t >= LAST_SOUND:
            self._leave()

    def _leave(self) -> None:
        """Hang up; what the leg says then ends the call."""
        if self.phase is Phase.TALKING:
            self.phase = Phase.LEAVING
            self._until = self._parts.clock() + GONE_S
            self._speaking.flush()
            self.leg.hang_up()

    def hang_up(self) -> None:
        """From outside: the control API, or the end of the process. The leg tells when it is done."""
        self.phase = Phase.LEAVING if self.phase is Phase.TALKING else self.phase
        self._until = self._parts.clock() + GONE_S
        self._speaking.flush()
        self.leg.hang_up()

    def failed(self, what: str) -> None:
        """A defect was met: nothing more is asked of the session, the caller is not kept in silence."""
        self._session = None
        self._waiting.clear()
        self.trouble("call", what)
        if self.phase is not Phase.GONE:
            self.hang_up()

    def transfer(self, to: str) -> str:
        """From outside: hand the caller to a declared destination now. Returns what is wrong, empty when it began."""
        lines = self.admitted.published.lines
        uri = lines.destinations.get(to, "") if lines is not None else ""
        if not uri or self.phase is not Phase.TALKING:
            return "no such destination" if not uri else "the call does not talk"
        self._speaking.flush()
        self._do(self._lines.write(act.Transfer(id=FROM_OUTSIDE, to=to, uri=uri)))
        return ""

    def _gone(self, hung_up: ev.HungUp) -> None:
        """The leg is gone: last lines, and the slot is free once they and the sound are written."""
        answered = self.phase is not Phase.RINGING
        if self._session is not None:
            self._take(hung_up)
        else:
            self._lines.write(hung_up)
        self.phase = Phase.GONE
        self._parts.recognition.forget(self.call)
        self._parts.services.forget(self.call)
        self._transfers.leave()
        frames = self.slot.caller_frames
        self._recorder.finish()
        reason = "cancelled" if not answered else "media_lost" if hung_up.by == "network" else "bye"
        self._lines.write(journal.Closed(at=stamp(self._parts.wall()), reason=reason, frames=frames))
        self._parts.writer.put(End(self.call, self.slot, frames))

    # --- what comes in ------------------------------------------------------------------------------------------

    def told(self, what: ev.Event) -> None:  # noqa: PLR0912 - whatever comes in, in one visible place
        """Something of the leg, of a recognizer or of services."""
        match what:
            case _ if self.phase is Phase.GONE:
                pass
            case Acknowledged():
                self._acknowledged = True
            case AudioFlows():
                self._flows = True
            case journal.CallAnswered():
                self._lines.write(replace(what, at=what.at or stamp(self._parts.wall())))
                self.phase = Phase.STARTING
                self._until = self._parts.clock() + self._parts.config.start_wait_ms / 1000
            case journal.MediaReport():
                self._lines.write(replace(what, late_frames=what.late_frames + self.slot.late_frames))
            case journal.SipMessage() | journal.Trouble() | journal.LadderMoved():
                self._lines.write(what)
            case ev.HungUp():
                self._gone(what)
            case ev.KeyPressed() if not self._listening.is_new_key(self.slot.caller_frames, what.key, what.via):
                pass
            case ev.Queried() if what.id == PROFILE:
                self._profile_came(what)
            case AgentAnswered():
                self._agent_answered(what)
            case ev.TransferDone() if not self._transfers.close(what.id, what.ok) or what.id == FROM_OUTSIDE:
                self._lines.write(what)
                if self.invite.connect:
                    self._connected(what)
            case ev.Held() | ev.Unheld():
                self._listening.freeze(isinstance(what, ev.Held))
                self._take(what)
            case _:
                self._take(what)
        if self.phase is Phase.TALKING and (self._acknowledged or self._flows):
            self._speaking.hand_over()

    def _connected(self, done: ev.TransferDone) -> None:
        """Nobody there: the caller is not kept in silence."""
        self._lines.write(act.Finished(outcome="transferred" if done.ok else "failed"))
        if not done.ok:
            self._leave()

    def spoken(self, answer: Synthesized, sound: Sound | None) -> None:
        """Services made the sound of a prompt, or could not."""
        if answer.id == MUSIC:
            if sound is not None and self._transfers.waits:
                self._speaking.background = bytes(sound.pcm)
            return
        if self._transfers.provide(answer.id, bytes(sound.pcm) if sound is not None else None):
            return
        self._speaking.provide(answer.id, sound, answer.reason or "nothing could speak it")
        self._speaking.hand_over()

    def piece(self, piece: SynthesizedPiece) -> None:
        """Services made a piece of a prompt, and makes the next one."""
        if self._transfers.provide(piece.id, piece.pcm):
            return
        self._speaking.piece(piece.id, piece.pcm, piece.sources)
        self._speaking.hand_over()

    def agent_free(self, notice: AgentFree) -> None:
        """It is this caller's turn."""
        self._transfers.agent_free(notice.id, notice.agent)

    def _agent_answered(self, answer: AgentAnswered) -> None:
        done = self._transfers.agent_answered(answer)
        if done is not None:
            self.told(done)
        else:
            self.trouble("agent", f"{answer.sip_status} {answer.reason}".strip())

    def trouble(self, part: str, what: str) -> None:
        """Something failed beside the call; it goes on."""
        if self.phase is not Phase.GONE:
            self._lines.write(journal.Trouble(part=part, what=what))

    def _profile_came(self, answer: ev.Queried) -> None:
        """What is known of the caller; no call waits for it, and one that has begun is told."""
        self._profile = answer.value if answer.status == "ok" and isinstance(answer.value, dict) else {}
        if self._profile and self._session is not None:
            self._take(ev.ProfileLoaded(profile=self._profile))

    def _take(self, event: ev.Event) -> None:
        """An event for the session; those that carrying out an action brings wait for their turn."""
        if self.invite.connect:
            return
        self._waiting.append(event)
        if self._session is not None and not self._handling:
            self._run()

    def _run(self) -> None:
        """Handle what waits."""
        assert self._session is not None
        self._handling = True
        try:
            while self._waiting:
                numbered = self._lines.write(self._waiting.popleft())
                answer = self._session.handle(numbered, numbered.t)
                for action in sorted(answer, key=lambda action: not isinstance(action, AT_ONCE)):
                    self._do(self._lines.write(action))
        finally:
            self._handling = False

    # --- what goes out ------------------------------------------------------------------------------------------

    def _do(self, action: act.Action) -> None:  # noqa: PLR0912 - every command in one visible place
        """Carry one action out; notes ask for nothing."""
        parts = self._parts
        now = parts.clock()
        match action:
            case act.Say() if action.message:
                self._speaking.play(action.id, self._messages.find(action.message))
            case act.RecordMessage():
                if action.tone:
                    self._speaking.play(-action.id, tone())
                self._messages.begin(action, self._t)
            case act.EndMessage():
                self._messages.end(action)
            case act.Say():
                self._speaking.say(action, action.flow or self.admitted.flow.name)
            case act.Prepare():
                if parts.ladder.step < Step.NO_SPECULATION:
                    self._speaking.prepare(action, self.admitted.flow.name)
            case act.Flush():
                self._speaking.flush()
            case act.Pause():
                self._speaking.pause()
            case act.Resume():
                self._speaking.resume()
            case act.Listen():
                parts.recognition.listen(action, self.slot.index, lambda: self.slot.caller_frames, now)
            case act.DecodeNow():
                parts.recognition.decode_now(self.call, action.id, now)
            case act.EndListening():
                parts.recognition.end(self.call, action.id, action.until_t, now)
            case act.Cancel():
                if not (self._transfers.cancel(action.id) or parts.recognition.cancel(self.call, action.id)):
                    parts.services.cancel(self.call, action.id)
                    self._speaking.cancel(action.id)
            case act.Understand() | act.ParseField() | act.Query():
                parts.services.ask(action, now)
            case act.StartRecording():
                self._recorder.start()
            case act.StopRecording():
                self._recorder.stop()
            case act.Transfer():
                if action.kind != "blind":
                    self._play_music(action)
                self._transfers.begin(action, now)
            case act.HangUp():
                if action.now:
                    self._leave()
                self._hang_up_after = True
            case act.NodeEntered():
                self.node = action.node

    def _play_music(self, transfer: act.Transfer) -> None:
        """From now on, wherever nothing is said; the flow's recording as soon as it is there."""
        self._speaking.background = waiting_music()
        if transfer.music:
            flow = self.admitted.flow
            sound = Say(id=MUSIC, text="", language=flow.language, recording=transfer.music)
            self._sound(sound, flow.name)

    def _whisper(self, say: Say) -> None:
        """What an agent hears alone."""
        found = self._parts.prompts.find(say, "")
        if found is not None:
            self._transfers.provide(say.id, bytes(found.pcm))
        else:
            self._sound(say, "")

    def _sound(self, say: Say, flow: str) -> None:
        """Have it made; `spoken` takes it."""
        self._request(
            Synthesize(
                call=self.call, id=say.id, text=say.text, language=say.language, recording=say.recording, flow=flow,
                deadline_s=self._parts.config.speak_deadline_s,
            )
        )  # fmt: skip

    def _request(self, request: Synthesize) -> None:
        self._parts.services.ask(request, self._parts.clock())
