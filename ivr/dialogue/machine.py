"""The position in a flow: runs the nodes' behaviours, carries out their steps, and repairs what goes wrong.

It knows no time: the session calls it when something was answered, and it tells its host what to say and to ask.
"""

from collections import Counter
from typing import Any, Literal

from ivr import actions
from ivr.dialogue import commands, repair
from ivr.dialogue.answer import Answer
from ivr.dialogue.host import Host
from ivr.dialogue.position import Frame, Said
from ivr.dialogue.question import Question
from ivr.dialogue.reference import points_back
from ivr.dialogue.state import Exchange, State, Value
from ivr.dialogue.visit import NodeVisit
from ivr.flow.built_in import built_in
from ivr.flow.listening import BargeIn
from ivr.flow.models import Anywhere, Flow, Option, Text
from ivr.flow.nodes.steps import (
    Ask,
    Clear,
    End,
    FieldSpec,
    Fill,
    Goto,
    HandedOver,
    HandOver,
    QueryReply,
    Reply,
    RunQuery,
    Speak,
    Step,
    SwitchLanguage,
)  # fmt: skip

UNINTERRUPTED = BargeIn(voice=False, keys=False)


class Machine:
    """One call's way through one flow."""

    def __init__(self, flow: Flow, state: State, host: Host, destinations: dict[str, str], can_hear: bool) -> None:
        self.flow = flow
        self.state = state
        self.host = host
        self.destinations = destinations
        self.can_hear = can_hear
        self.frame: Frame | None = None
        self.said: list[Said] = []
        self.trail: list[str] = []
        """Nodes that asked something, for "back"."""
        self.rate = 1.0
        self.finished = False
        self._visits: Counter[str] = Counter()
        self._entered = 0
        self._limited = False
        self._broken = False
        self._recording = False
        self._consented = False
        self._muted = False

    # --- what the session tells -----------------------------------------------------------------------------------

    def start(self) -> None:
        """The call is answered."""
        recording = self.flow.recording
        if recording.consent == "announce" and recording.say is not None:
            text = recording.say.of(self.state.language)
            self.host.say(text, self.state.language, barge_in=UNINTERRUPTED, then_record=True)
        self.enter(self.flow.start, "start")

    def answered(self, answer: Answer) -> None:
        """An answer to the open question."""
        frame = self.frame
        if frame is None or frame.ask is None:
            return
        self._note_answer(frame, answer)
        match answer.result:
            case "option" if answer.option is not None:
                self._chosen(frame, answer, answer.option)
            case "values":
                self._remember(frame, "", answer.values)
                self._advance(self._reply(frame, answer, None))
            case "anywhere" if answer.entry is not None:
                self._heard_anywhere(frame, answer, answer.entry)
            case "ambiguous":
                frame.clarify = answer.between
                self.put(frame)
            case _:
                self.failed(frame, "no_match")

    def silent(self) -> None:
        """Nothing was said in time."""
        frame = self.frame
        if frame is None or frame.ask is None:
            return
        self.host.floor.emit(actions.Answered, node=frame.node, how="none", result="no_input")
        self.failed(frame, "no_input")

    def not_heard(self, keypad: bool) -> None:
        """Recognition failed, which is not the caller's fault; `keypad`: it did too often to be tried again."""
        frame = self.frame
        if frame is None or frame.ask is None:
            return
        if keypad:
            self.can_hear = False
            self.say_built_in("use_keypad")
        else:
            self.say_built_in("hearing_failed", "trouble")
        frame.attempt += 1
        self.put(frame)

    def queried(self, status: str, value: Any) -> None:
        if status != "ok":
            self.host.drop_keys()
        if self.frame is not None and self.frame.query is not None:
            self.frame.query = None
            self._advance(QueryReply(status, value))

    def meanwhile(self) -> None:
        """The query takes longer than a moment."""
        frame = self.frame
        if frame is not None and frame.query is not None and frame.query.meanwhile is not None:
            self.say(frame.query.meanwhile, frame)

    def handed_over(self, ok: bool, how: str, sip_status: int) -> None:
        if not ok:
            self.host.drop_keys()
            self._advance(HandedOver(False, sip_status))
            return
        if self._recording and how == "bridge":
            self.host.floor.emit(actions.StopRecording, why="transfer")
        self._finish("transferred")

    def limit(self) -> None:
        """The call took too long or too many steps."""
        limits = self.flow.limits
        self._close()
        if limits.next is not None and not self._limited:
            self._limited = True
            self.enter(str(limits.next), "limit")
            return
        if self.finished:
            return
        text = limits.say or built_in("limit")
        self.host.say(text.of(self.state.language), self.state.language)
        self.end("limit")

    def hung_up(self) -> None:
        """The caller is gone."""
        if self.finished:
            return
        frame = self.frame
        names = [*(frame.model.on_caller_hangup if frame else ()), *self.flow.on_caller_hangup]
        for name in dict.fromkeys(map(str, names)):
            self._last_query(name)
        self._finish(self.state.outcome or "abandoned")

    # --- moving ---------------------------------------------------------------------------------------------------

    def enter(self, node: str, why: str, back: Frame | None = None) -> None:
        """Go to a node and run it as far as it goes."""
        if self._begin(node, why, back):
            self._advance(None)

    def _begin(self, node: str, why: str, back: Frame | None = None) -> bool:
        """Enter a node without running it; False when a limit ended the way."""
        if back is None:
            self._close()
        self._entered += 1
        if self._entered > self.flow.limits.steps + (100 if self._limited else 0):
            if self._limited:
                self.end("limit")
            else:
                self.limit()
            return False
        settings = self.flow.settings[node]
        self._visits[node] += 1
        most = settings.max_visits
        if most is not None and self._visits[node] >= most.times and node != str(most.next):
            return self._begin(str(most.next), "max_visits", back)
        model = self.flow.node(node)
        self.host.floor.emit(
            actions.NodeEntered, flow=self.flow.name, node=node, node_type=model.type, visit=self._visits[node], why=why
        )
        if model.outcome:
            self.state.outcome = model.outcome
        self._guard(self.flow.sensitive or model.sensitive)
        visit = NodeVisit(self.flow, node, self.state, self._missing)
        self.frame = Frame(node, model, visit, model.run(visit), settings, back=back)
        return True

    def _advance(self, reply: Any) -> None:
        """Run the behaviours on until one waits for something."""
        while self.frame is not None and not self.finished:
            frame = self.frame
            try:
                step = frame.steps.send(reply)
            except StopIteration as stop:
                if not self._leave(frame, stop.value):
                    return
                reply = None
                continue
            except Exception:
                # A mistake in one node's behaviour must not take the call, let alone the process, with it.
                self._trouble()
                return
            if not self._do(frame, step):
                return
            reply = None

    def _leave(self, frame: Frame, goto: Goto) -> bool:
        """Follow a Goto; False when nothing is to be run now."""
        if frame.back is not None:
            self.frame = frame.back
            self.put(frame.back)
            return False
        return self._begin(goto.node, goto.why)

    def _do(self, frame: Frame, step: Step) -> bool:
        """Carry out one step; False when its reply comes later."""
        match step:
            case Speak():
                self.say(step.text, frame, step.extra)
            case Fill():
                self.fill(step.name, step.value, step.source, step.confidence, step.sensitive)
            case Clear():
                for name in step.names:
                    self.state.clear(name)
            case SwitchLanguage():
                self.switch_language(step.language)
            case Ask():
                self._ask(frame, step)
                return False
            case RunQuery():
                frame.query = step
                self.host.query(frame.node, step)
                return False
            case HandOver():
                self.host.hand_over(step, self.destinations.get(step.to, ""))
                return False
            case End():
                self.end(self.state.outcome or step.outcome)
                return False
        return True

    def _close(self) -> None:
        frame = self.frame
        while frame is not None:
            frame.steps.close()
            frame = frame.back
        self.frame = None

    # --- asking ---------------------------------------------------------------------------------------------------

    def _ask(self, frame: Frame, ask: Ask) -> None:
        new = frame.ask is None or frame.ask.part != ask.part
        frame.ask, frame.clarify = ask, ()
        if not self.trail or self.trail[-1] != frame.node:
            self.trail.append(frame.node)
        if ask.invalid is not None or ask.denied:
            self._wrong(frame, ask)
            return
        if new and any(spec.field == "yes_no" for spec in ask.fields):
            self.host.drop_keys()
        self.put(frame)

    def _wrong(self, frame: Frame, ask: Ask) -> None:
        """The answer before was not valid or was denied: that counts as a mismatch, in other words."""
        if ask.invalid is not None:
            self.say(ask.invalid, frame, ask.extra)
        self.failed(frame, "no_match", quiet=True)

    def failed(self, frame: Frame, kind: Literal["no_input", "no_match"], quiet: bool = False) -> None:
        """Take the next step of escalation. `quiet`: the caller was told already why the question comes again."""
        self.state.failed()
        self.host.drop_keys()
        if kind == "no_input":
            frame.silences += 1
        else:
            frame.mismatches += 1
        count = frame.silences if kind == "no_input" else frame.mismatches
        step = repair.retry(frame.settings, kind, count)
        to = "keys" if step.input == ("keys",) else str(step.next or "")
        self.host.floor.emit(actions.Escalated, node=frame.node, kind=kind, count=count, to=to)
        if step.say is not None and (not quiet or step.input or step.next or step.hangup):
            self.say(step.say, frame)
        if step.next is not None:
            self.enter(str(step.next), "escalation")
        elif step.hangup:
            self.end(self.state.outcome or "failed")
        else:
            frame.input = step.input or frame.input
            frame.clarify = ()
            frame.attempt += 1
            self.put(frame, prompt=step.repeat, again=True)

    def put(self, frame: Frame, *, prompt: bool = True, again: bool = False, patience: int = 0) -> None:
        """Put the open question (again), with its prompt or without."""
        ask = frame.ask
        if ask is None:
            return
        self.state.turn += 1
        self.host.floor.turn = self.state.turn
        question = self._question(frame, ask)
        self._guard(question.sensitive)
        before = len(self.said)
        if prompt:
            self._say_question(frame, ask, question, again)
        self.host.floor.emit(
            actions.Asked,
            node=frame.node,
            part="clarify" if frame.clarify else ask.part,
            text=" ".join("***" if said.sensitive else said.text for said in self.said[before:]),
            attempt=frame.attempt,
            input=[name for name, on in (("speech", question.speech), ("keys", question.keys)) if on],
            grammar=question.grammar,
        )
        self.host.ask(question, patience=patience)

    def _question(self, frame: Frame, ask: Ask) -> Question:
        inputs = frame.input or frame.settings.input
        speech = "speech" in inputs and self.can_hear
        return Question(
            flow=self.flow,
            node=frame.node,
            part=ask.part,
            language=self.state.language,
            settings=frame.settings,
            speech=speech,
            keys="keys" in inputs or not self.can_hear,
            options=frame.clarify or ask.options,
            fields=() if frame.clarify else ask.fields,
            anywhere=self.flow.anywhere_at(frame.node),
            grammar=self.flow.grammar(frame.node, ask.part, self.state.language),
            sensitive=self.flow.sensitive or frame.model.sensitive or any(spec.sensitive for spec in ask.fields),
            attempt=frame.attempt,
            clarify=bool(frame.clarify),
        )

    def _say_question(self, frame: Frame, ask: Ask, question: Question, again: bool) -> None:
        if frame.clarify:
            self._speak(repair.did_you_mean(frame.clarify, self.state.language), frame)
            return
        on_keypad = not question.speech and "speech" in frame.settings.input
        sentences = repair.keypad_sentences(question) if on_keypad else []
        if ask.prompt is not None and not (again and sentences and ask.options):
            self.say(ask.prompt, frame, ask.extra)
        for sentence in sentences:
            self._speak(sentence, frame)

    # --- answers --------------------------------------------------------------------------------------------------

    def _chosen(self, frame: Frame, answer: Answer, option: Option) -> None:
        values = dict(answer.values)
        if not values and points_back(answer.text, self.state.language):
            values = self._mentioned()
        self._remember(frame, option.name, values)
        self._set_task(option)
        if option.outcome:
            self.state.outcome = option.outcome
        frame.clarify = ()
        self._advance(self._reply(frame, Answer("option", answer.how, values=values, confidence=answer.confidence,
                                                text=answer.text), option))  # fmt: skip

    def _set_task(self, option: Option) -> None:
        task = option.task or (str(option.intent) if option.intent else "")
        if self.state.set_task(task):
            self.host.floor.emit(actions.TaskSet, task=task)

    def _mentioned(self) -> dict[str, Any]:
        """Slots that were spoken of last."""
        for exchange in reversed(self.state.history):
            found = {name: value.value for name in exchange.slots if (value := self.state.values.get(name))}
            if found:
                return found
        return {}

    def _remember(self, frame: Frame, name: str, values: dict[str, Any]) -> None:
        kept = {slot: value for slot, value in values.items() if self.flow.slot(slot) is not None}
        self.state.history.append(Exchange(self.state.turn, frame.node, name, kept))

    def _reply(self, frame: Frame, answer: Answer, option: Option | None) -> Reply:
        self.said.clear()
        sure = answer.how == "keys" or answer.confidence >= frame.settings.sure
        return Reply(answer.how, option, answer.values, answer.confidence, sure, answer.text)

    def _heard_anywhere(self, frame: Frame, answer: Answer, entry: Anywhere) -> None:
        for name, value in answer.values.items():
            self.fill(name, value, answer.how, answer.confidence, self.flow.is_sensitive(name))
        frame.clarify = ()
        commands.follow(self, frame, entry)

    def _note_answer(self, frame: Frame, answer: Answer) -> None:
        result = {"option": "match", "values": "match", "ambiguous": "unsure", "nothing": "no_match"}.get(
            answer.result, answer.result
        )
        if answer.entry is not None:
            result = "command" if answer.entry.command else "digression"
        secret = self.is_secret(frame)
        self.host.floor.emit(actions.Answered,
            node=frame.node,
            how=answer.how,
            result=result,
            text="***" if secret and answer.text else answer.text,
            intent=answer.intent,
            confidence=answer.confidence,
            slots={name: "***" if secret or self.flow.is_sensitive(name) else str(value)
                   for name, value in answer.values.items()},
            source=answer.source,
            option=answer.option.name if answer.option else answer.entry.name if answer.entry else "",
        )  # fmt: skip

    @property
    def words_may_be_kept(self) -> bool:
        """Before consent no words are stored."""
        return self._consented or self.flow.recording.consent == "off"

    def is_secret(self, frame: Frame) -> bool:
        """What is said here is kept nowhere."""
        if not self.words_may_be_kept:
            return True
        fields: tuple[FieldSpec, ...] = frame.ask.fields if frame.ask else ()
        return self.flow.sensitive or frame.model.sensitive or any(spec.sensitive for spec in fields)

    # --- small things ---------------------------------------------------------------------------------------------

    def say(self, text: Text, frame: Frame, extra: dict[str, Any] | None = None) -> None:
        """Queue a text of the flow with its values."""
        self._speak(frame.visit.render(text, **(extra or {})), frame)

    def say_built_in(self, *names: str) -> None:
        """The first of these phrases that the languages have."""
        for name in names:
            try:
                text = built_in(name)
            except KeyError:
                continue
            if self.frame is not None:
                self.say(text, self.frame)
            return

    def say_again(self, said: Said, frame: Frame) -> None:
        self._out(said, frame)

    def _speak(self, text: str, frame: Frame) -> None:
        if text:
            said = Said(text, self.state.language, sensitive=self.flow.sensitive or frame.model.sensitive)
            self.said.append(said)
            self._out(said, frame)

    def _out(self, said: Said, frame: Frame) -> None:
        settings = frame.settings
        self.host.say(
            said.text, said.language, voice=settings.voice, rate=round(settings.rate * self.rate, 2),
            recording=said.recording, barge_in=settings.barge_in, sensitive=said.sensitive,
        )  # fmt: skip

    def fill(self, name: str, value: Any, source: str, confidence: float, sensitive: bool) -> None:
        self.state.fill(name, Value(value, source, confidence, self.state.turn, sensitive))
        shown = "***" if sensitive else value
        self.host.floor.emit(
            actions.SlotFilled, name=name, value=shown, source=source, confidence=confidence, sensitive=sensitive
        )

    def switch_language(self, language: str) -> None:
        if language != self.state.language and language in self.flow.languages:
            self.state.language = language
            self.host.floor.emit(actions.SetLanguage, language=language)

    def started_recording(self) -> None:
        """Consent stands since now."""
        self._recording = self._consented = True
        if not self._muted:
            self.host.floor.emit(actions.StartRecording)

    def stop_recording(self, why: str) -> None:
        if self._recording:
            self._recording = False
            self.host.floor.emit(actions.StopRecording, why=why)

    def _guard(self, sensitive: bool) -> None:
        """Around what is sensitive nothing is recorded, and what was typed ahead does not count."""
        if sensitive == self._muted:
            return
        self._muted = sensitive
        if sensitive:
            self.host.drop_keys()
        if self._recording:
            kind = actions.StopRecording if sensitive else actions.StartRecording
            self.host.floor.emit(kind, **({"why": "sensitive"} if sensitive else {}))

    def _last_query(self, name: str) -> None:
        """A query that still runs when the caller is gone; nobody waits for its answer."""
        model = self.flow.node(name)
        steps = model.run(NodeVisit(self.flow, name, self.state, self._missing))
        try:
            step = next(steps)
        except StopIteration:
            return
        if isinstance(step, RunQuery):
            self.host.floor.emit(
                actions.NodeEntered, flow=self.flow.name, node=name, node_type=model.type, visit=1, why="hang_up"
            )
            self.host.query(name, step)
        steps.close()

    def _trouble(self) -> None:
        """A behaviour failed: a human takes over once, else the call ends."""
        agent = next((str(e.next) for e in self.flow.anywhere if e.command == "agent" and e.next), "")
        self.say_built_in("trouble")
        if agent and not self._broken:
            self._broken = True
            self.enter(agent, "trouble")
        else:
            self.end("failed")

    def end(self, outcome: str) -> None:
        """Everything queued is said, then the line is closed."""
        if not self.finished:
            self._finish(outcome)
            self.host.hang_up()

    def _finish(self, outcome: str) -> None:
        at = self.frame.node if self.frame is not None else ""
        self.finished = True
        self.host.floor.emit(
            actions.Finished, outcome=outcome, at=at, slots=self.state.slots(), failures=self.state.failures
        )
        self._close()

    def _missing(self, expression: str, name: str) -> None:
        node = self.frame.node if self.frame is not None else ""
        self.host.floor.emit(actions.ConditionMissing, node=node, expression=expression, name=name)
