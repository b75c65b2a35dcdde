"""Where an answer would lead: tried on copies while the caller pauses, so that it is ready if the pause was the end.

The behaviour of the open node is run again from its beginning on what was known then, is given the same replies, and
then the answer. What it would say and ask is wished for; nothing is said, filled or changed. It stops at the first
thing that it may not do on a guess: a query that does not say `speculate: true`, a transfer, another flow, the end.
"""

from collections.abc import Generator
from dataclasses import dataclass, field
from typing import Any

from ivr.dialogue import replies
from ivr.dialogue.answer import Answer
from ivr.dialogue.position import Frame
from ivr.dialogue.state import State, Value
from ivr.dialogue.visit import NodeVisit
from ivr.flow.listening import Settings
from ivr.flow.models import Flow, Text
from ivr.flow.nodes import steps as step
from ivr.flow.nodes.steps import Goto, Step
from ivr.flow.pronounce import spoken

MOST_NODES = 8
MOST_PROMPTS = 4


@dataclass(frozen=True, slots=True)
class Sentence:
    """What would be said."""

    text: str
    language: str
    voice: str
    rate: float


@dataclass
class Wishes:
    """What would be needed."""

    sentences: list[Sentence] = field(default_factory=list)
    query: tuple[str, step.RunQuery] | None = None
    """Node and query; `Rehearsal.queried` goes on with its answer."""


class Rehearsal:
    """One answer, tried."""

    def __init__(self, flow: Flow, frame: Frame, state: State, answer: Answer, rate: float) -> None:
        """`frame`: its question is open; `state`: the call's, read only. `rate`: of the caller's choice."""
        self._flow = flow
        self._frame = frame
        self._real = state
        self._answer = answer
        self._rate = rate
        self._state = (frame.before or state).copy()
        self._node = frame.node
        self._settings: Settings = frame.settings
        self._steps: Generator[Step, Any, Goto] | None = None
        self._visit = NodeVisit(flow, frame.node, self._state, _unheard_of, frame.visit.serial)

    def begin(self) -> Wishes:
        """Empty when the answer is none that can be tried, or the behaviour goes another way than it went."""
        frame, answer = self._frame, self._answer
        if frame.ask is None or frame.before is None or frame.back is not None:
            return Wishes()
        self._steps = frame.model.run(self._visit)
        for reply, wanted in frame.script:
            try:
                if self._steps.send(reply) != wanted:
                    return Wishes()
            except StopIteration:
                return Wishes()
            self._know(wanted)
        self._state.take(self._real)
        values = answer.values
        if answer.result == "option" and answer.option is not None:
            self._state.set_task(answer.option.wish)
            return self._go_on(replies.reply(frame, answer, values, answer.option))
        if answer.result == "values":
            return self._go_on(replies.reply(frame, answer, values))
        return Wishes()

    def queried(self, status: str, value: Any) -> Wishes:
        """The answer to the query that was wished for."""
        return self._go_on(step.QueryReply(status, value))

    def _go_on(self, reply: Any) -> Wishes:
        wishes = Wishes()
        nodes = 0
        while self._steps is not None and nodes < MOST_NODES:
            try:
                wanted = self._steps.send(reply)
            except StopIteration as stop:
                nodes += 1
                reply = None
                self._enter(stop.value)
                continue
            reply = None
            if not self._do(wanted, wishes):
                self._steps = self._steps if wishes.query else None
                break
        return wishes

    def _enter(self, goto: Goto) -> None:
        """The next node, when it may be entered on a guess."""
        model = self._flow.node(goto.node)
        settings = self._flow.settings[goto.node]
        if model.requires or model.sensitive or settings.max_visits is not None:
            self._steps = None
            return
        self._node, self._settings = goto.node, settings
        self._visit = NodeVisit(self._flow, goto.node, self._state, _unheard_of, self._visit.serial + 1)
        self._steps = model.run(self._visit)

    def _do(self, wanted: Step, wishes: Wishes) -> bool:
        """False: this is as far as it goes."""
        match wanted:
            case step.Speak():
                self._say(wanted.text, wanted.extra, wishes)
            case step.Fill() | step.Clear():
                self._know(wanted)
            case step.Ask():
                if wanted.prompt is not None and wanted.invalid is None and not wanted.denied:
                    self._say(wanted.prompt, wanted.extra, wishes)
                return False
            case step.RunQuery() if wanted.speculate and not wanted.changes:
                wishes.query = (self._node, wanted)
                return False
            case _:
                return False
        return True

    def _know(self, wanted: Step) -> None:
        """What a step makes known, or forgotten."""
        match wanted:
            case step.Fill():
                serial = (self._node, self._visit.serial)
                value = Value(wanted.value, wanted.source, wanted.confidence, self._state.turn, serial)
                self._state.fill(wanted.name, value)
            case step.Clear():
                for name in wanted.names:
                    self._state.clear(name)

    def _say(self, text: Text, extra: dict[str, Any], wishes: Wishes) -> None:
        said = self._visit.render(text, **extra)
        if said and len(wishes.sentences) < MOST_PROMPTS:
            rate = round(self._settings.rate * self._rate, 2)
            aloud = spoken(said, self._flow.pronounce.get(self._state.language, {}))
            wishes.sentences.append(Sentence(aloud, self._state.language, self._settings.voice, rate))


def _unheard_of(expression: str, name: str) -> None:
    """What is missing is recorded when it really happens."""
