"""The position in a flow: runs the nodes' behaviours, carries out their steps, goes elsewhere when something fails.

It knows no time: the session calls it when something was answered, and it tells its host what to say and to ask.
"""

from collections import Counter, deque
from typing import Any

from ivr import actions
from ivr.dialogue import commands, endings, levels, profile, replies, suggest, waiting, wishes
from ivr.dialogue.answer import Answer
from ivr.dialogue.asking import Asker
from ivr.dialogue.consent import Consent
from ivr.dialogue.errands import InLine
from ivr.dialogue.host import Host
from ivr.dialogue.mouth import Mouth
from ivr.dialogue.position import Frame
from ivr.dialogue.rehearsal import Rehearsal
from ivr.dialogue.state import State, Value
from ivr.dialogue.visit import NodeVisit
from ivr.flow.built_in import built_in
from ivr.flow.listening import BargeIn, Retry
from ivr.flow.models import Flow
from ivr.flow.nodes import steps as step
from ivr.flow.nodes.steps import Goto, Step

UNINTERRUPTED = BargeIn(voice=False, keys=False)
LAST_STEPS = 100
"""Nodes that may still be entered after the limit of steps, on the way that `limits.next` begins."""


class Machine:
    """One call's way through one flow."""

    def __init__(self, flow: Flow, state: State, host: Host, destinations: dict[str, str], can_hear: bool) -> None:
        self.flow = flow
        """The flow that runs."""
        self.first = flow
        """The flow that the call began with: its recording and limits count."""
        self.levels: list[levels.Level] = []
        """Flows that wait for the one that runs."""
        self.state = state
        self.host = host
        self.destinations = destinations
        self.mouth = Mouth(flow, state, host)
        self.consent = Consent(flow, host)
        self.asker = Asker(flow, state, host, self.mouth, self.consent, can_hear)
        self.frame: Frame | None = None
        self.memory = profile.Memory(flow, state.names["caller"]["number"], state.names["profile"])
        profile.refresh(self)
        self.wishes: wishes.Waiting = deque()
        self.finished = False
        self._at = ""
        self._visits: Counter[tuple[str, str]] = Counter()
        self._entered = 0
        self._limited = False
        self._broken = False

    # --- what the session tells -----------------------------------------------------------------------------------

    def start(self, bulletin: dict[str, str]) -> None:
        """The call is answered."""
        self.switch_language(self.memory.language)
        recording = self.flow.recording
        if recording.consent == "announce":
            text = (recording.say or built_in("consent")).of(self.state.language)
            self.host.say(text, self.state.language, barge_in=UNINTERRUPTED, then_record=True)
        if bulletin:
            language = self.state.language
            text = bulletin.get(language) or bulletin.get("") or next(iter(bulletin.values()))
            self.host.say(text, language)
        self.enter(str(self.flow.start), "start")

    def answered(self, answer: Answer) -> None:
        """An answer to the open question."""
        frame = self.frame
        if frame is None or frame.ask is None:
            return
        if answer.result in ("no_match", "rejected"):
            answer = replies.pointing_back(self.flow, self.state, frame, answer)
        if frame.suggested is not None:
            answer, frame.suggested = suggest.settled(frame, frame.suggested, answer), None
        replies.note(self.host.floor, self.flow, frame, answer, self.is_secret(frame))
        wishes.note(self, frame, answer)
        match answer.result:
            case "option" if answer.option is not None:
                frame.clarify = ()
                self.mouth.said.clear()
                self.advance(replies.choose(self.host.floor, self.flow, self.state, frame, answer, answer.option))
            case "values":
                self.mouth.said.clear()
                replies.remember(self.flow, self.state, frame, "", answer.values)
                self.advance(replies.reply(frame, answer, answer.values))
            case "anywhere" if answer.entry is not None:
                frame.clarify = ()
                for name, value in answer.values.items():
                    self.fill(name, value, answer.how, answer.confidence, self.flow.is_sensitive(name))
                commands.follow(self, frame, answer.entry)
            case "ambiguous":
                frame.clarify = answer.between
                self.asker.put(frame)
            case _:
                self._lead(self.asker.failed(frame, "no_match", answer=answer))

    def silent(self) -> None:
        """Nothing was said in time."""
        frame = self.frame
        if frame is None or frame.ask is None:
            return
        self.host.floor.emit(actions.Answered, node=frame.node, how="none", result="no_input")
        self._lead(self.asker.failed(frame, "no_input"))

    def not_heard(self, keypad: bool) -> None:
        """Recognition failed, which is not the caller's fault; `keypad`: it did too often to be tried again."""
        frame = self.frame
        if frame is None or frame.ask is None:
            return
        if keypad:
            self.asker.can_hear = False
        self.mouth.say_built_in("use_keypad" if keypad else "hearing_failed", frame)
        frame.attempt += 1
        self.asker.put(frame)

    def queried(self, status: str, value: Any) -> None:
        if status != "ok":
            self.host.drop_keys()
        if self.frame is not None and self.frame.query is not None:
            self.frame.query = None
            self.advance(step.QueryReply(status, value))

    def meanwhile(self) -> None:
        """The query takes longer than a moment."""
        frame = self.frame
        if frame is not None and frame.query is not None and frame.query.meanwhile is not None:
            self.mouth.say(frame.query.meanwhile, frame)

    def handed_over(self, ok: bool, how: str, sip_status: int) -> None:
        if not ok:
            self.host.drop_keys()
            self.advance(step.HandedOver(False, sip_status, how == "call_back"))
            return
        if how == "bridge":
            self.consent.stop("transfer")
        self._finish("transferred")

    def recorded(self, recorded: step.Recorded) -> None:
        """A message was taken."""
        frame = self.frame
        if frame is None or frame.message is None:
            return
        if recorded.seconds < frame.message.min_s:
            self.mouth.say_built_in("record.empty", frame)
        frame.message = None
        self.advance(recorded)

    def hung_up_in(self, recorded: step.Recorded | None) -> None:
        """The caller hung up while a message was taken: it stands when it is long enough."""
        message = self.frame.message if self.frame is not None else None
        if recorded is None or message is None or recorded.seconds < message.min_s:
            return
        self._do_keep(recorded.name, message.mailbox, recorded.seconds)
        self.state.outcome = self.state.outcome or "message"

    def _do_keep(self, name: str, mailbox: str, seconds: float) -> None:
        number = self.state.names["caller"]["number"]
        self.host.floor.emit(actions.MessageLeft, name=name, mailbox=mailbox, seconds=round(seconds, 2), caller=number)

    def queued(self, line: InLine) -> None:
        """Tell the caller the place in line."""
        if self.frame is not None:
            waiting.tell(self.mouth, self.frame, line)

    @property
    def at(self) -> str:
        """The node that was entered last."""
        return self._at

    def limit(self) -> None:
        """The call took too long or too many steps."""
        limits = self.first.limits
        levels.unwind(self)
        if limits.next is not None and not self._limited:
            self._limited = True
            self.enter(str(limits.next), "limit")
        elif not self.finished:
            endings.say(self, limits.say or built_in("limit"))
            self.end("limit")

    def hung_up(self) -> None:
        """The caller is gone: the flow's last queries run, nobody waits for their answers."""
        if self.finished:
            return
        endings.last_queries(self)
        self._finish(self.state.outcome or "abandoned")

    def rehearsal(self, answer: Answer) -> Rehearsal | None:
        """The way that an answer would lead, to be tried; None where words may not be kept, so guesses neither."""
        frame = self.frame
        if frame is None or self.finished or frame.suggested is not None or self.is_secret(frame):
            return None
        return Rehearsal(self.flow, frame, self.state, answer, self.mouth.rate)

    # --- moving ---------------------------------------------------------------------------------------------------

    def enter(self, node: str, why: str, back: Frame | None = None) -> None:
        """Go to a node and run as far as it goes. `back`: a digression from this frame."""
        if self.begin(node, why, back):
            self.advance(None)

    def begin(self, node: str, why: str, back: Frame | None = None) -> bool:
        """Enter a node without running it; False when a limit ended the way."""
        if back is None:
            node = wishes.instead(self, node, why)
            self.close()
        self._entered += 1
        if self._entered > self.first.limits.steps + (LAST_STEPS if self._limited else 0):
            self.limit()
            return False
        if self.flow.node(node).requires and not self.state.names["caller"]["verified"]:
            self.node_failed(node, PermissionError("not verified"))
            return False
        settings = self.flow.settings[node]
        self._visits[self.flow.name, node] += 1
        most = settings.max_visits
        if most is not None and self._visits[self.flow.name, node] >= most.times and node != str(most.next):
            return self.begin(str(most.next), "max_visits", back)
        model = self.flow.node(node)
        self.host.floor.emit(
            actions.NodeEntered,
            flow=self.flow.name,
            node=node,
            node_type=getattr(model, "type", ""),
            visit=self._visits[self.flow.name, node],
            why=why,
        )
        self.state.outcome = model.outcome or self.state.outcome
        self.consent.guard(self.flow.sensitive or model.sensitive)
        self._at = node
        visit = self.visit(node)
        self.frame = Frame(node, model, visit, model.run(visit), settings, back=back, before=self.state.copy())
        return True

    def advance(self, reply: Any) -> None:
        """Run behaviours on until one waits for something."""
        while self.frame is not None and not self.finished:
            frame = self.frame
            try:
                wanted = frame.steps.send(reply)
            except StopIteration as stop:
                if not self._leave(frame, stop.value):
                    return
                reply = None
                continue
            except Exception as error:  # a mistake in one node must not take the call, let alone the process, with it
                self.node_failed(frame.node, error)
                return
            frame.script.append((reply, wanted))
            if isinstance(wanted, step.CallFlow | step.Return):
                moved, reply = levels.cross(self, frame, wanted)
                if not moved:
                    return
                continue
            if not self._do(frame, wanted):
                return
            reply = None

    def node_failed(self, node: str, error: Exception) -> None:
        again, self._broken = self._broken, True
        endings.node_failed(self, node, error, again)

    def _leave(self, frame: Frame, goto: Goto) -> bool:
        """Follow a Goto; False when nothing is to be run now."""
        if frame.back is None:
            return self.begin(goto.node, goto.why)
        following = self.flow.node(goto.node)
        if not following.listens and following.type != "hangup":  # a digression goes on until it would ask something
            return self.begin(goto.node, goto.why, frame.back)
        self.come_back(frame.back)
        return False

    def come_back(self, frame: Frame) -> None:
        """A digression is over: the question that was open is put again."""
        self.frame = frame
        self.consent.guard(self.flow.sensitive or frame.model.sensitive)
        if frame.ask is None or not wishes.take(self, frame, frame.ask):
            self.asker.put(frame)

    def _do(self, frame: Frame, wanted: Step) -> bool:
        """Carry out one step; False when its reply comes later."""
        match wanted:
            case step.Speak():
                self.mouth.say_own(wanted.text, frame, wanted.extra)
            case step.Fill():
                self.fill(wanted.name, wanted.value, wanted.source, wanted.confidence, wanted.sensitive)
            case step.Clear():
                for name in wanted.names:
                    self.state.clear(name)
            case step.PlayMessage():
                self.host.play(wanted.name, wanted.seconds)
            case step.KeepMessage():
                self._do_keep(wanted.name, wanted.mailbox, wanted.seconds)
            case step.Verify():
                self.state.names["caller"]["verified"] = True
                profile.refresh(self)
            case step.Remember():
                profile.remember(self, wanted)
            case step.Consent():
                self.consent.given()
            case step.SwitchLanguage():
                self.switch_language(wanted.language)
            case _:
                self._wait_for(frame, wanted)
                return False
        return True

    def _wait_for(self, frame: Frame, wanted: Step) -> None:
        """A step whose reply comes later, or never."""
        match wanted:
            case step.Ask():
                if not wishes.take(self, frame, wanted):
                    self._lead(self.asker.ask(frame, wanted))
            case step.RunQuery():
                frame.query = wanted
                self.host.query(frame.node, wanted, self.hidden(wanted))
            case step.RecordMessage():
                frame.message = wanted
                if wanted.text is not None:
                    self.mouth.say_own(wanted.text, frame)
                self.host.drop_keys()
                self.host.record(wanted, frame.model.finish_on_key or "")
            case step.HandOver():
                uri = self.destinations.get(wanted.to, "")
                self.host.hand_over(frame.node, self.state.language, wanted, uri)
            case step.End():
                self.end(self.state.outcome or wanted.outcome)

    def switch_flow(self, flow: Flow, trail: list[str]) -> None:
        """Another flow runs from here on; `trail`: its nodes that asked something."""
        self.flow = self.mouth.flow = self.asker.flow = flow
        self.asker.trail = trail

    def _lead(self, retry: Retry | None) -> None:
        """Where escalation leads; None: the question was put again."""
        if retry is None:
            return
        if retry.next is not None:
            self.enter(str(retry.next), "escalation")
        else:
            self.end(self.state.outcome or "failed")

    def close(self) -> None:
        """Leave the node that runs, and those that a digression left open."""
        frame = self.frame
        while frame is not None:
            frame.steps.close()
            frame = frame.back
        self.frame = None

    def visit(self, node: str) -> NodeVisit:
        """What the behaviour of a node sees."""
        return NodeVisit(self.flow, node, self.state, self._missing, self._entered)

    # --- what is known --------------------------------------------------------------------------------------------

    def fill(self, name: str, value: Any, source: str, confidence: float, sensitive: bool) -> None:
        """A slot or saved value gets a value."""
        visit = (self.frame.node, self.frame.visit.serial) if self.frame is not None else ("", 0)
        kept = Value(value, source, confidence, self.state.turn, visit, sensitive)
        self.state.fill(name, kept)
        shown = "***" if kept.hidden(self.consent.words_may_be_kept) else value
        self.host.floor.emit(
            actions.SlotFilled, name=name, value=shown, source=source, confidence=confidence, sensitive=sensitive
        )

    def switch_language(self, language: str) -> None:
        if language != self.state.language and language in self.flow.languages:
            self.state.speak(language)
            self.host.floor.emit(actions.SetLanguage, language=language)

    def is_secret(self, frame: Frame) -> bool:
        """What is said here is kept nowhere."""
        fields = frame.ask.fields if frame.ask else ()
        sensitive = self.flow.sensitive or frame.model.sensitive or any(spec.sensitive for spec in fields)
        return sensitive or not self.consent.words_may_be_kept

    def hidden(self, wanted: step.RunQuery) -> frozenset[str]:
        """Parameters of a query that may not be written down."""
        return frozenset(name for name in wanted.parameters if self.flow.is_sensitive(name))

    def _missing(self, expression: str, name: str) -> None:
        self.host.floor.emit(actions.ConditionMissing, node=self._at, expression=expression, name=name)

    # --- the end --------------------------------------------------------------------------------------------------

    def end(self, outcome: str) -> None:
        """Everything queued is said, then the line is closed."""
        if not self.finished:
            self._finish(outcome)
            self.host.hang_up()

    def _finish(self, outcome: str) -> None:
        self.finished = True
        profile.write(self)
        slots = self.state.slots(self.consent.words_may_be_kept)
        self.host.floor.emit(actions.Finished, outcome=outcome, at=self._at, slots=slots, failures=self.state.failures)
        self.close()
