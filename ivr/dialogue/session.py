"""A call's mind: `handle(event, now) -> actions`, `deadline() -> frame | None` (law 3).

Pure: time is an argument (frames since the answer), chance and wall time come in with events, and everything slow is an
action with an id whose answer is an event. The same events give the same actions.
"""

from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from ivr import actions, events
from ivr.actions import Action
from ivr.dialogue.answer import Answer
from ivr.dialogue.ears import Ear, Ears
from ivr.dialogue.floor import Floor
from ivr.dialogue.keypad import Keypad, read
from ivr.dialogue.machine import Machine
from ivr.dialogue.question import Question
from ivr.dialogue.speaking import Speaking
from ivr.dialogue.state import State
from ivr.dialogue.timing import CALL, Clocks, Timing, frames
from ivr.flow.listening import BargeIn
from ivr.flow.models import Flow
from ivr.flow.nodes.steps import HandOver, RunQuery

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
        self.flows = flows
        self.destinations = dict(destinations or {})
        self.timing = timing or Timing()
        self.floor = Floor()
        self.clocks = Clocks()
        self.speaking = Speaking()
        self.keypad = Keypad()
        self.ears = Ears(
            self.floor, self.clocks, self.speaking, self.timing, self._answered, self._silent, self._not_heard
        )
        self.machine: Machine | None = None
        self.over = False
        """The line is closed, or is being closed."""
        self._later: deque[Callable[[], None]] = deque()
        self._query: tuple[int, RunQuery] | None = None
        self._transfer: tuple[HandOver, str] | None = None
        self._transfer_id = 0
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
            self._take(event, self.machine)
        while self._later:
            self._later.popleft()()
        return self.floor.take()

    def deadline(self) -> int | None:
        """The frame at which `DeadlineReached` is wanted; asked after each event."""
        return None if self.over else self.clocks.next()

    @property
    def waits_for_caller(self) -> bool:
        """A question is open and nobody speaks, types or thinks."""
        idle = self.ears.question is not None and self.ears.state is Ear.IDLE
        return idle and not self.speaking and not self.keypad

    @property
    def hears(self) -> bool:
        """An utterance is on its way to an answer, or keys are being typed."""
        return self.ears.state is not Ear.IDLE or bool(self.keypad)

    @property
    def state(self) -> State | None:
        """Task, slots and history; None before CallStarted."""
        return self.machine.state if self.machine else None

    def _take(self, event: events.Event, machine: Machine) -> None:
        match event:
            case events.HungUp():
                self._hung_up(machine)
            case _ if self.over:
                pass
            case events.DeadlineReached():
                while not self.over and (name := self.clocks.expired(self.floor.now)) is not None:
                    self._clock(name, machine)
            case events.VoiceStarted():
                self.ears.voice_started(event.voice_t)
            case events.VoiceStopped():
                self.ears.voice_stopped(event.voice_t)
            case events.KeyPressed():
                self.keypad.press(event.key or "?", event.seq)
                self._read_keys(late=False)
            case events.Partial():
                self.ears.partial(event)
            case events.Heard():
                self._deaf = 0
                self.ears.heard(event)
            case events.HearingFailed():
                self.ears.failed(event)
            case events.Understood() | events.FieldParsed():
                self.ears.understood(event)
            case events.Queried():
                self._queried(event.id, event.status, event.value)
            case events.PromptStarted():
                self.speaking.started(event.id, self.floor.now)
            case events.PromptDone() | events.PromptFailed():
                self._prompt_over(event.id)
            case events.TransferDone():
                self._transferred(event.id, event.ok, event.how, event.sip_status)
            case events.Held():
                self._held()
            case events.Unheld():
                self._unheld()

    def _start(self, event: events.CallStarted) -> None:
        self.floor.call = event.call
        flow = self.flows.get(event.flow) or next(iter(self.flows.values()))
        self.ears.at = event.at
        state = State.begin(event, flow.language)
        self.machine = Machine(flow, state, self, self.destinations, event.can_hear)
        self.clocks.set(CALL, self.floor.now + frames(flow.limits.call))
        self.machine.start()

    def _clock(self, name: str, machine: Machine) -> None:
        match name:
            case "keys":
                self._read_keys(late=True)
            case "prompt":
                self._prompt_late()
            case "protect":
                self.ears.clock(name)
                self._read_keys(late=False)
            case "meanwhile":
                machine.meanwhile()
            case "query" if self._query is not None:
                id, step = self._query
                if not step.changes:
                    self.floor.emit(actions.Cancel, id=id)
                self._queried(id, "timeout", None)
            case "transfer":
                self.floor.emit(actions.Cancel, id=self._transfer_id)
                self._transferred(self._transfer_id, False, "", 408)
            case "call":
                self._drop_everything()
                self.clocks.set(CALL, self.floor.now + frames(60.0))
                machine.limit()
            case _:
                self.ears.clock(name)

    # --- the machine's side (host.py) -----------------------------------------------------------------------------

    def say(
        self, text: str, language: str, *, voice: str = "", rate: float = 1.0, recording: str = "",
        barge_in: BargeIn | None = None, sensitive: bool = False, then_record: bool = False,
    ) -> None:  # fmt: skip
        id = self.floor.request(
            actions.Say, text=text, language=language, voice=voice, rate=rate, recording=recording, sensitive=sensitive
        )
        if not self.speaking:
            self.clocks.set("prompt", self.floor.now + frames(2.0 + 0.15 * len(text)) + self.timing.prompt)
        self.speaking.add(id, barge_in or _ANYTHING, text)
        if then_record:
            self._record_after = id

    def ask(self, question: Question, *, patience: int = 0) -> None:
        self.ears.open(question, patience)
        if self.keypad:
            self._later.append(lambda: self._read_keys(late=False))

    def query(self, node: str, step: RunQuery) -> None:
        id = self.floor.request(
            actions.Query,
            node=node,
            kind=step.kind,
            request=step.request,
            parameters=step.parameters,
            deadline_s=step.deadline_s,
            changes=step.changes,
            cache_s=step.cache_s,
            shared=step.shared,
        )
        self._query = (id, step)
        self.clocks.set("query", self.floor.now + frames(step.deadline_s) + self.timing.grace)
        if step.meanwhile is not None:
            self.clocks.set("meanwhile", self.floor.now + self.timing.meanwhile)

    def hand_over(self, step: HandOver, uri: str) -> None:
        self._transfer = (step, uri)
        if not self.speaking:
            self._later.append(self._send_transfer)

    def hang_up(self) -> None:
        self.ears.close()
        self.floor.emit(actions.HangUp)
        self.over = True

    def drop_keys(self) -> None:
        self.keypad.drop()
        self.clocks.stop("keys")

    # --- prompts --------------------------------------------------------------------------------------------------

    def _prompt_over(self, id: int) -> None:
        if not self.speaking.over(id):
            return
        self.clocks.stop("prompt")
        if 0 < self._record_after <= id and self.machine is not None:
            self._record_after = 0
            self.machine.started_recording()
        head = self.speaking.current
        if head is not None:
            self.clocks.set("prompt", self.floor.now + head.expected + self.timing.prompt)
        elif self._transfer is not None:
            self._send_transfer()
        self.ears.prompt_over()
        self._read_keys(late=False)

    def _prompt_late(self) -> None:
        """Nobody told that the prompt is over."""
        head = self.speaking.current
        if head is None:
            return
        if self.speaking.paused:
            self.clocks.set("prompt", self.floor.now + head.expected + self.timing.prompt)
        else:
            self._prompt_over(head.id)

    def _held(self) -> None:
        self.clocks.freeze(self.floor.now)
        self.ears.abandon()
        if self.speaking and self.speaking.pause(self.floor.now, hold=True):
            self.floor.emit(actions.Pause)

    def _unheld(self) -> None:
        self.clocks.thaw(self.floor.now)
        if self.speaking.resume(self.floor.now, hold=True) and self.speaking:
            self.floor.emit(actions.Resume)

    # --- keys -----------------------------------------------------------------------------------------------------

    def _read_keys(self, late: bool) -> None:
        """What was typed, at the open question. While words are being understood, or under a prompt that keys may not
        interrupt, they wait."""
        question = self.ears.question
        if self.over or not self.keypad or question is None or self.ears.state is Ear.DECIDING:
            return
        if not question.keys:
            self.drop_keys()
            return
        found = read(self.keypad.typed, question.key_map, late)
        if found.meaning == "drop":
            self._take_keys(question, found.count)
            self._read_keys(late)
            return
        if not self._interrupt_by_key(question):
            return
        self.ears.abandon()
        if found.meaning == "wait":
            self.ears.typing()
            self.clocks.set("keys", self.floor.now + frames(question.settings.key_timeout))
            return
        self.clocks.stop("keys")
        self._take_keys(question, found.count)
        self.ears.close()
        match found.meaning:
            case "option":
                answer = Answer("option", "keys", option=question.options[found.index], confidence=1.0)
            case "anywhere":
                answer = Answer("anywhere", "keys", entry=question.anywhere[found.index], confidence=1.0)
            case "value" if (spec := question.key_map.field) is not None:
                answer = Answer("values", "keys", values={spec.slot: found.value}, confidence=1.0)
            case _:
                answer = Answer("no_match", "keys")
        self._answered(answer)

    def _interrupt_by_key(self, question: Question) -> bool:
        prompt = self.speaking.current
        if prompt is None:
            return True
        if not self.speaking.keys_may_interrupt(self.floor.now):
            if prompt.barge_in.keys and (free := self.speaking.protected_until(self.floor.now)) is not None:
                self.clocks.set("protect", free)
            return False
        self.floor.emit(actions.Flush)
        self.floor.emit(actions.BargedIn, id=prompt.id, by="key", played_t=self.speaking.played(self.floor.now))
        self.speaking.clear()
        self.clocks.stop("prompt", "protect")
        return True

    def _take_keys(self, question: Question, count: int) -> None:
        keys, seqs = self.keypad.take(count)
        secret = question.sensitive
        self.floor.emit(
            actions.KeysTaken, node=question.node, keys="***" if secret else keys, seqs=seqs, sensitive=secret
        )

    # --- what comes of it -----------------------------------------------------------------------------------------

    def _answered(self, answer: Answer) -> None:
        if self.machine is not None:
            self.machine.answered(answer)

    def _silent(self) -> None:
        self.ears.close()
        if self.machine is not None:
            self.machine.silent()

    def _not_heard(self) -> None:
        self._deaf += 1
        if self.machine is not None:
            self.machine.not_heard(keypad=self._deaf >= HEARING_FAILURES)

    def _queried(self, id: int, status: str, value: Any) -> None:
        if self._query is None or self._query[0] != id:
            return
        self._query = None
        self.clocks.stop("query", "meanwhile")
        if self.machine is not None:
            self.machine.queried(status, value)

    def _send_transfer(self) -> None:
        if self._transfer is None or self.speaking or self.machine is None:
            return
        (step, uri), self._transfer = self._transfer, None
        if not uri:
            self.machine.handed_over(False, "", 404)
            return
        self._transfer_id = self.floor.request(
            actions.Transfer, to=step.to, uri=uri, headers=step.headers, deadline_s=step.deadline_s, kind=step.kind
        )
        self.clocks.set("transfer", self.floor.now + frames(step.deadline_s) + self.timing.grace)

    def _transferred(self, id: int, ok: bool, how: str, sip_status: int) -> None:
        if id != self._transfer_id or self.machine is None:
            return
        self._transfer_id = 0
        self.clocks.stop("transfer")
        self.machine.handed_over(ok, how, sip_status)
        if ok:
            self.over = True
            if how == "refer":
                self.floor.emit(actions.HangUp, now=True)

    def _hung_up(self, machine: Machine) -> None:
        """Cancel what nobody waits for any more; what changes something is finished."""
        if machine.finished and self.over and self._query is None:
            return
        self.ears.close()
        if self._query is not None and not self._query[1].changes:
            self.floor.emit(actions.Cancel, id=self._query[0])
        if self._transfer_id:
            self.floor.emit(actions.Cancel, id=self._transfer_id)
        self._query, self._transfer, self._transfer_id = None, None, 0
        machine.hung_up()
        self.over = True

    def _drop_everything(self) -> None:
        """The call's time is up: nothing that is open counts any more."""
        self.ears.close()
        self.drop_keys()
        if self.speaking:
            self.floor.emit(actions.Flush)
            self.speaking.clear()
        if self._query is not None and not self._query[1].changes:
            self.floor.emit(actions.Cancel, id=self._query[0])
        if self._transfer_id:
            self.floor.emit(actions.Cancel, id=self._transfer_id)
        self._query, self._transfer, self._transfer_id = None, None, 0
        self.clocks.stop("query", "meanwhile", "transfer", "prompt", "keys", "protect")

    # --- the journal ----------------------------------------------------------------------------------------------

    def masked(self, entry: Any) -> Any:
        """The event or action as it may be written down (law 5): no key before a node took it, nothing sensitive, no
        words before consent."""
        secret = getattr(entry, "id", 0) in self.floor.secret or not self._words_may_be_kept
        match entry:
            case events.KeyPressed():
                return msgspec.structs.replace(entry, key="")
            case events.Partial() if secret:
                return msgspec.structs.replace(entry, text="")
            case events.Heard() if secret:
                return msgspec.structs.replace(entry, hypotheses=[])
            case events.Understood() if secret:
                return msgspec.structs.replace(entry, text="", entities=[])
            case events.FieldParsed() if secret:
                return msgspec.structs.replace(entry, values=[], confidences=[])
            case actions.Understand() if secret:
                return msgspec.structs.replace(entry, hypotheses=[])
            case actions.ParseField() if secret:
                return msgspec.structs.replace(entry, hypotheses=[])
            case actions.Say(sensitive=True):
                return msgspec.structs.replace(entry, text="***")
            case actions.Query() if self.machine is not None:
                flow = self.machine.flow
                if any(flow.is_sensitive(name) for name in entry.parameters):
                    kept = {n: "***" if flow.is_sensitive(n) else v for n, v in entry.parameters.items()}
                    return msgspec.structs.replace(entry, parameters=kept)
        return entry

    @property
    def _words_may_be_kept(self) -> bool:
        return self.machine is None or self.machine.words_may_be_kept
