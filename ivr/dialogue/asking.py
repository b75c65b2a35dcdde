"""Putting questions: with their prompts, by voice or on the keypad, again after a silence or a mismatch."""

from typing import Literal

from ivr.actions import Asked, Escalated
from ivr.dialogue import repair, suggest
from ivr.dialogue.answer import Answer
from ivr.dialogue.consent import Consent
from ivr.dialogue.host import Host
from ivr.dialogue.mouth import Mouth
from ivr.dialogue.position import Frame
from ivr.dialogue.question import Question
from ivr.dialogue.state import State
from ivr.flow.listening import Retry
from ivr.flow.models import Flow
from ivr.flow.nodes.steps import Ask


class Asker:
    """Puts the open question of a frame."""

    def __init__(self, flow: Flow, state: State, host: Host, mouth: Mouth, consent: Consent, can_hear: bool) -> None:
        self.flow = flow
        self.state = state
        self.host = host
        self.mouth = mouth
        self.consent = consent
        self.can_hear = can_hear
        """False: no recognizer works, every question is answered by keys."""
        self.trail: list[str] = []
        """Nodes that asked something, for "back"."""

    def ask(self, frame: Frame, ask: Ask) -> Retry | None:
        """A behaviour asks. Returns the step of escalation when the answer before was wrong."""
        new = frame.ask is None or frame.ask.part != ask.part
        frame.ask, frame.clarify, frame.suggested = ask, (), None
        if not self.trail or self.trail[-1] != frame.node:
            self.trail.append(frame.node)
        if ask.invalid is not None or ask.denied:
            if ask.invalid is not None:
                self.mouth.say(ask.invalid, frame, ask.extra)
            return self.failed(frame, "no_match", told=True)
        if new and any(spec.field == "yes_no" for spec in ask.fields):
            self.host.drop_keys()
        self.put(frame)
        return None

    def failed(
        self, frame: Frame, kind: Literal["no_input", "no_match"], told: bool = False, answer: Answer | None = None
    ) -> Retry | None:
        """Count a silence or mismatch and take its step. `told`: the caller knows already why the question comes
        again. `answer`: the mismatch, with a guess at what was meant.
        Returns the step when it leads away; else the question was put again."""
        self.state.failed()
        self.host.drop_keys()
        if kind == "no_input":
            frame.silences += 1
        else:
            frame.mismatches += 1
        count = frame.silences if kind == "no_input" else frame.mismatches
        step = repair.retry(frame.settings, kind, count)
        if step.suggest and answer is not None and suggest.can(frame, answer):
            self.host.floor.emit(Escalated, node=frame.node, kind=kind, count=count, to="suggest")
            frame.clarify, frame.suggested = (), answer
            self.put(frame)
            return None
        leads_away = step.next is not None or step.hangup
        to = "keys" if step.input == ("keys",) else str(step.next or "")
        self.host.floor.emit(Escalated, node=frame.node, kind=kind, count=count, to=to)
        if step.say is not None and (not told or step.input or leads_away):
            self.mouth.say(step.say, frame)
        if leads_away:
            return step
        frame.input = step.input or frame.input
        frame.clarify, frame.suggested = (), None
        frame.attempt += 1
        self.put(frame, prompt=step.repeat, again=True)
        return None

    def put(self, frame: Frame, *, prompt: bool = True, again: bool = False, patience: int = 0) -> None:
        """Put the open question: with its prompt or without, for the first time or after a failure (`again`)."""
        ask = frame.ask
        if ask is None:
            return
        self.state.turn += 1
        self.host.floor.turn = self.state.turn
        question = self._question(frame, ask)
        self.consent.guard(question.sensitive)
        before = len(self.mouth.said)
        if prompt:
            self._say(frame, ask, question, again)
        self.host.floor.emit(
            Asked,
            node=frame.node,
            part="clarify" if frame.clarify else "suggest" if frame.suggested else ask.part,
            text=" ".join("***" if said.sensitive else said.text for said in self.mouth.said[before:]),
            attempt=frame.attempt,
            input=[name for name, on in (("speech", question.speech), ("keys", question.keys)) if on],
            grammar=question.grammar,
        )
        self.host.ask(question, patience=patience)

    def _question(self, frame: Frame, ask: Ask) -> Question:
        inputs = frame.input or frame.settings.input
        suggests = frame.suggested is not None
        part = suggest.part(ask.part) if suggests else ask.part
        return Question(
            flow=self.flow,
            node=frame.node,
            part=ask.part,
            language=self.state.language,
            settings=frame.settings,
            speech="speech" in inputs and self.can_hear,
            keys="keys" in inputs or not self.can_hear,
            options=frame.clarify or ask.options,
            fields=() if frame.clarify else (suggest.FIELD,) if suggests else ask.fields,
            anywhere=self.flow.anywhere_at(frame.node),
            grammar=self.flow.grammar(frame.node, part, self.state.language),
            sensitive=self.flow.sensitive or frame.model.sensitive or any(spec.sensitive for spec in ask.fields),
            attempt=frame.attempt,
            mends=() if frame.clarify else ask.mends,
            listed=ask.listed,
            suggests=suggests,
            clarify=bool(frame.clarify),
        )

    def _say(self, frame: Frame, ask: Ask, question: Question, again: bool) -> None:
        if frame.clarify:
            self.mouth.speak(repair.did_you_mean(frame.clarify, self.state.language), frame)
            return
        if frame.suggested is not None:
            self.mouth.speak(suggest.sentence(frame.suggested, self.state.language), frame)
            for sentence in [] if question.speech else repair.keypad_sentences(question):
                self.mouth.speak(sentence, frame)
            return
        on_keypad = not question.speech and "speech" in frame.settings.input
        sentences = repair.keypad_sentences(question) if on_keypad or ask.spell else []
        if ask.prompt is not None and not (again and sentences and ask.options):
            self.mouth.say_own(ask.prompt, frame, ask.extra, ask.part)
        for sentence in sentences:
            self.mouth.speak(sentence, frame)
