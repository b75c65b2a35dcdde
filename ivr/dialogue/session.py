"""A call's mind: `handle(event, now) -> actions`, `deadline() -> frame | None` (law 3).

Pure: time is an argument (frames since the answer), chance and wall time come in with events, and everything slow is an
action with an id whose answer is an event. The same events give the same actions.
"""

from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

from ivr import actions, events
from ivr.actions import Action
from ivr.dialogue import masking, profile
from ivr.dialogue.answer import Answer
from ivr.dialogue.ears import Ear, Ears
from ivr.dialogue.errands import Errands
from ivr.dialogue.fingers import Fingers
from ivr.dialogue.floor import Floor
from ivr.dialogue.guesses import Guesses
from ivr.dialogue.interruption import Interruption
from ivr.dialogue.machine import Machine
from ivr.dialogue.message import Message
from ivr.dialogue.question import Question
from ivr.dialogue.speaking import Speaking
from ivr.dialogue.state import State
from ivr.dialogue.timing import CALL, LAST_WORDS, Clocks, Timing, frames, spoken
from ivr.flow.listening import BargeIn
from ivr.flow.models import Flow
from ivr.flow.nodes.steps import HandOver, RecordMessage, RunQuery
from ivr.flow.pronounce import spoken as pronounced

HEARING_FAILURES = 2
"""So many failures of recognition in a row, and the call goes on by keys."""

_ANYTHING = BargeIn()


class Session:
    """One call. Feed it events; carry out what it returns, `Flush`, `Pause` and `Resume` within the same tick."""

    def __init__(
        self,
        flows: Mapping[str, Flow],
        destinations: Mapping[str, str] | None = None,
        timing: Timing | None = None,
    ) -> None:
        """`flows`: compiled, one at least; `destinations`: name -> address, the only places that a transfer may go."""
        self.flows = flows
        self.destinations = dict(destinations or {})
        self.timing = timing or Timing()
        self.floor = Floor()
        self.clocks = Clocks()
        self.speaking = Speaking()
        interruption = Interruption(self.floor, self.clocks, self.speaking)
        common = (self.floor, self.clocks, self.speaking)
        self.guesses = Guesses(self.floor)
        self.ears = Ears(
            *common, self.timing, interruption, self._answered, self._silent, self._not_heard, self._guessed
        )
        self.fingers = Fingers(*common, interruption, self.ears, self._answered)
        self.message = Message(self.floor, self.clocks, self.speaking)
        self.errands = Errands(self.floor, self.clocks, self.timing)
        self.machine: Machine | None = None
        self.over = False
        """The line is closed, or is being closed."""
        self._later: deque[Callable[[], None]] = deque()
        self._record_after = 0
        self._deaf = 0

    # --- the shell's side -----------------------------------------------------------------------------------------

    def handle(self, event: events.Event, now: int) -> list[Action]:
        """What to do about an event. Events of other legs, late answers and events after the end come to nothing."""
        self.floor.now = now
        if self.machine is None:
            if isinstance(event, events.CallStarted):
                self._start(event)
        elif event.leg == "caller":
            self.machine.state.t = now
            self._take(event, self.machine)
        while self._later and not self.over:
            self._later.popleft()()
        return self.floor.take()

    def deadline(self) -> int | None:
        """The frame at which `DeadlineReached` is wanted; asked after each event."""
        return None if self.over else self.clocks.next()

    def masked(self, entry: Any) -> Any:
        """The event or action as it may be written to the journal."""
        machine = self.machine
        secret = getattr(entry, "id", 0) in self.floor.secret
        hidden = self.floor.hidden.get(getattr(entry, "id", 0), frozenset())
        return masking.masked(entry, secret or not (machine is None or machine.consent.words_may_be_kept), hidden)

    @property
    def waits_for_caller(self) -> bool:
        """A message is being taken, or a question is open and nobody speaks, types or thinks."""
        if self.message.runs:
            return True
        idle = self.ears.question is not None and self.ears.state is Ear.IDLE
        return idle and not self.speaking and not self.fingers.keypad

    @property
    def hears(self) -> bool:
        """An utterance is on its way to an answer, or keys are being typed."""
        return self.ears.state is not Ear.IDLE or bool(self.fingers.keypad)

    @property
    def state(self) -> State | None:
        """Task, slots and history; None before CallStarted."""
        return self.machine.state if self.machine else None

    # --- events ---------------------------------------------------------------------------------------------------

    def _take(self, event: events.Event, machine: Machine) -> None:  # noqa: PLR0912 - every event in one place
        match event:
            case events.HungUp():
                self._hung_up(machine)
            case _ if self.over:
                pass
            case events.DeadlineReached():
                while not self.over and (name := self.clocks.expired(self.floor.now)) is not None:
                    self._clock(name, machine)
            case events.KeyPressed():
                if self.message.key(event.key):
                    self._recorded("key", machine, event)
                elif not (self.message.runs or self._waits_no_more(event, machine)):
                    self.fingers.press(event.key, event.seq)
            case events.PromptStarted():
                self.speaking.started(event.id, self.floor.now)
            case events.PromptDone() | events.PromptFailed():
                self._prompt_over(event.id, machine)
            case (
                events.Queried()
                | events.TransferDone()
                | events.Queued()
                | events.LiveChanged()
                | events.ProfileLoaded()
            ):
                self._done_elsewhere(event, machine)
            case events.EmotionHeard():
                machine.state.names["emotion"] = {
                    "name": event.emotion, "frustrated": event.frustrated, "calm": event.calm,
                }  # fmt: skip
            case events.Held():
                self._held()
            case events.Unheld():
                self._unheld()
            case _:
                self._hear(event)

    def _hear(self, event: events.Event) -> None:
        match event:
            case events.VoiceStarted() | events.VoiceStopped() if self.message.runs:
                self.message.voice(isinstance(event, events.VoiceStarted))
            case events.VoiceStarted():
                self.ears.voice_started(event.voice_t)
            case events.VoiceStopped():
                self.ears.voice_stopped(event.voice_t)
            case events.Partial():
                self.ears.partial(event)
            case events.Heard():
                self._deaf = 0
                self.ears.heard(event)
            case events.HearingFailed():
                self.ears.failed(event)
            case events.Understood() | events.FieldParsed():
                self.ears.understood(event)

    def _start(self, event: events.CallStarted) -> None:
        self.floor.call = event.call
        flow = self.flows.get(event.flow) or next(iter(self.flows.values()))
        self.ears.at = event.at
        state = State.begin(event, flow.language)
        self.machine = Machine(flow, state, self, self.destinations, event.can_hear)
        self.clocks.set(CALL, self.floor.now + frames(flow.limits.call))
        self.machine.start(event.bulletin)

    def _clock(self, name: str, machine: Machine) -> None:  # noqa: PLR0912 - every clock in one place
        """One clock ran out; those that are not named here are the ears'."""
        match name:
            case "keys":
                self.fingers.read(late=True)
            case "protect":
                self.ears.clock(name)
                self.fingers.read()
            case "prompt":
                self._prompt_late(machine)
            case "meanwhile":
                machine.meanwhile()
            case "query":
                if self.errands.query_late():
                    machine.queried("timeout", None)
            case "message" | "message_silence":
                self._recorded("length" if name == "message" else "silence", machine)
            case "announce":
                if self.errands.announce() and not self.speaking and self.errands.in_line:
                    machine.queued(self.errands.in_line)
            case "transfer":
                if self.errands.transfer_late():
                    machine.handed_over(False, "", 408)
            case "call":
                self._drop_everything()
                self.clocks.set(CALL, self.floor.now + LAST_WORDS)
                machine.limit()
            case _:
                self.ears.clock(name)

    # --- what the machine asks (host.py) --------------------------------------------------------------------------

    def flow(self, name: str) -> Flow:
        return self.flows[name]

    def say(
        self, text: str, language: str, *, voice: str = "", rate: float = 1.0, recording: str = "", flow: str = "",
        barge_in: BargeIn | None = None, sensitive: bool = False, then_record: bool = False,
    ) -> None:  # fmt: skip
        fields: dict[str, Any] = {
            "voice": voice,
            "rate": rate,
            "recording": recording,
            "flow": flow,
            "sensitive": sensitive,
        }
        lexicon = self.machine.flow.pronounce.get(language) if self.machine is not None else None
        if lexicon and (aloud := pronounced(text, lexicon)) != text:
            fields["spoken"] = aloud
        id = self.floor.request(actions.Say, text=text, language=language, **fields)
        if not self.speaking:
            self.clocks.set("prompt", self.floor.now + spoken(text) + self.timing.prompt)
        self.speaking.add(id, barge_in or _ANYTHING, text)
        if then_record:
            self._record_after = id

    def ask(self, question: Question, *, patience: int = 0) -> None:
        self.ears.open(question, patience)
        if self.fingers.keypad:
            self._later.append(self.fingers.read)

    def query(self, node: str, step: RunQuery, hidden: frozenset[str]) -> None:
        taken = self.guesses.take(node, step)
        if taken is None:
            self.errands.query(node, step, hidden)
            return
        id, reply = taken
        self.errands.adopt(id, step)
        if reply is not None:
            self._later.append(lambda: self._guess_was_right(id, *reply))

    def hand_over(self, node: str, language: str, step: HandOver, uri: str) -> None:
        self.errands.plan(node, language, step, uri)
        if not self.speaking:
            self._later.append(self._send_transfer)

    def record(self, step: RecordMessage, finish: str) -> None:
        self.message.plan(step, finish)

    def play(self, name: str, seconds: float) -> None:
        text = f"({seconds:.0f} s)"
        id = self.floor.request(actions.Say, text=text, language="", message=name)
        self.speaking.add(id, _ANYTHING, text, frames(seconds))

    def hang_up(self) -> None:
        self.ears.close()
        self.floor.emit(actions.HangUp)
        self.over = True

    def drop_keys(self) -> None:
        self.fingers.drop()

    # --- what the ears and fingers tell ---------------------------------------------------------------------------

    def _answered(self, answer: Answer) -> None:
        if self.machine is not None:
            self.machine.answered(answer)
        self.guesses.settle()

    def _guessed(self, answer: Answer | None) -> None:
        """What the pause may come to; None: it came to nothing, the caller goes on."""
        rehearsal = self.machine.rehearsal(answer) if self.machine is not None and answer is not None else None
        if rehearsal is None or self.machine is None:
            self.guesses.drop()
        else:
            self.guesses.begin(rehearsal, self.machine.hidden)

    def _guess_was_right(self, id: int, status: str, value: Any) -> None:
        if self.machine is not None and self.errands.queried(id):
            self.machine.queried(status, value)

    def _silent(self) -> None:
        self.ears.close()
        if self.machine is not None:
            self.machine.silent()

    def _not_heard(self) -> None:
        self._deaf += 1
        if self.machine is not None:
            self.machine.not_heard(keypad=self._deaf >= HEARING_FAILURES)

    # --- prompts, hold, transfer, the end -------------------------------------------------------------------------

    def _prompt_over(self, id: int, machine: Machine) -> None:
        if not self.speaking.over(id):
            return
        self.clocks.stop("prompt")
        if 0 < self._record_after <= id:
            self._record_after = 0
            machine.consent.given()
        head = self.speaking.current
        if head is not None:
            self.clocks.set("prompt", self.floor.now + head.expected + self.timing.prompt)
        elif self.errands.planned:
            self._send_transfer()
        else:
            self.message.begin()
        self.ears.prompt_over()
        self.fingers.read()

    def _prompt_late(self, machine: Machine) -> None:
        """Nobody told that the prompt is over: it counts as spoken, unless it stands still."""
        head = self.speaking.current
        if head is not None and self.speaking.paused:
            self.clocks.set("prompt", self.floor.now + head.expected + self.timing.prompt)
        elif head is not None:
            self._prompt_over(head.id, machine)

    def _held(self) -> None:
        """Also what is said from now on waits, so Pause is sent when nothing is being said, too."""
        self.clocks.freeze(self.floor.now)
        self.ears.abandon()
        if self.speaking.pause(self.floor.now, hold=True):
            self.floor.emit(actions.Pause)
        self.speaking.resume(self.floor.now)

    def _unheld(self) -> None:
        self.clocks.thaw(self.floor.now)
        if self.speaking.resume(self.floor.now, hold=True):
            self.floor.emit(actions.Resume)

    def _send_transfer(self) -> None:
        if not self.speaking and self.machine is not None and not self.errands.hand_over():
            self.machine.handed_over(False, "", 404)

    def _done_elsewhere(
        self,
        event: events.Queried | events.TransferDone | events.Queued | events.LiveChanged | events.ProfileLoaded,
        machine: Machine,
    ) -> None:
        if isinstance(event, events.ProfileLoaded):
            profile.loaded(machine, event.profile)
        elif isinstance(event, events.LiveChanged):
            machine.state.names |= {"switch": dict(event.switches), "table": dict(event.tables)}
        elif isinstance(event, events.Queued):
            if self.errands.queued(event.id, event.position, event.wait_s) and self.errands.in_line:
                machine.queued(self.errands.in_line)
        elif isinstance(event, events.Queried):
            if self.errands.queried(event.id):
                machine.queried(event.status, event.value)
            else:
                self.guesses.queried(event)
        elif self.errands.handed_over(event.id):
            machine.handed_over(event.ok, event.how, event.sip_status)
            if event.ok:
                self.over = True
                if event.how == "refer":
                    self.floor.emit(actions.HangUp, now=True)

    def _recorded(self, how: str, machine: Machine, key: events.KeyPressed | None = None) -> None:
        """A message is over."""
        if key is not None:
            self.floor.emit(actions.KeysTaken, node=machine.at, keys=key.key, seqs=[key.seq])
        recorded = self.message.end(how)
        if recorded is not None:
            machine.recorded(recorded)

    def _waits_no_more(self, event: events.KeyPressed, machine: Machine) -> bool:
        """The key that asks for a call back, pressed in line: the caller leaves it."""
        line = self.errands.in_line
        if line is None or not event.key or event.key != line.step.call_back_key:
            return False
        self.floor.emit(actions.KeysTaken, node=machine.at, keys=event.key, seqs=[event.seq])
        number = machine.state.names["caller"]["number"]
        self.floor.emit(actions.CallBackWanted, to=line.step.to, number=number, position=line.position)
        self.errands.transfer_late()
        if self.speaking:
            self.floor.emit(actions.Flush)
            self.speaking.clear()
            self.clocks.stop("prompt", "protect")
        machine.handed_over(False, "call_back", 0)
        return True

    def _hung_up(self, machine: Machine) -> None:
        if not self.over:
            self.ears.close()
            self.errands.drop()
            machine.hung_up_in(self.message.end("hang_up"))
            self.over = True
        machine.hung_up()

    def _drop_everything(self) -> None:
        """The call's time is up: nothing that is open counts any more."""
        self.ears.close()
        self.fingers.drop()
        self.message.end("limit")
        self.errands.drop()
        if self.speaking:
            self.floor.emit(actions.Flush)
            self.speaking.clear()
        self.clocks.stop("prompt", "protect")
