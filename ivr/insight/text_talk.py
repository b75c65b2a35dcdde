"""A conversation held as text: milliseconds, no sound, no network."""

import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ivr.dialogue.session import Session
from ivr.events import CallStarted
from ivr.flow.grammar import Grammar
from ivr.flow.models import Published
from ivr.insight.alignment import Alignment
from ivr.insight.conversation import Conversation, Step
from ivr.insight.text_parts import Mocks, Query, Understand, parts, transferred
from ivr.journal import Entry
from ivr.legs.text import TextCall


@dataclass
class Result:
    """How a conversation went."""

    conversation: Conversation
    failure: str = ""
    """What did not hold; empty when all did."""
    line: int = 0
    """Line of tests.yaml where it failed."""
    seconds: float = 0.0
    journal: list[Entry] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        return not self.failure


class TextTalk:
    """Runs conversations against one set of flows."""

    def __init__(
        self,
        published: Published,
        grammars: Mapping[str, Grammar],
        understand: Understand,
        query: Query | None = None,
    ) -> None:
        """`query` answers nodes without a mock; None: those are a failure."""
        self.published = published
        self.grammars = grammars
        self.understand = understand
        self.query = query

    def run(self, conversation: Conversation) -> Result:
        """Hold it once."""
        begun = time.perf_counter()
        mocks = Mocks(conversation.mocks, self.query)
        call = self.call(mocks, mocks.transfer)
        result = Result(conversation, journal=call.line.journal)
        call.start(started(conversation, self.published))
        talk = _Talk(call, conversation, self.published.flows[conversation.flow].language)
        for n, step in enumerate(conversation.talk):
            if failure := talk.step(step):
                result.failure = failure
                result.line = conversation.lines[n] if n < len(conversation.lines) else conversation.line
                break
        else:
            result.failure = talk.end()
            result.line = conversation.line
        if mocks.missing and result.failure:
            result.failure += f" (no mock for {', '.join(dict.fromkeys(mocks.missing))}: its query failed)"
        call.hangs_up()
        result.seconds = time.perf_counter() - begun
        return result

    def call(self, query: Query, transfer: Any = transferred) -> TextCall:
        """A new call, not yet started."""
        destinations = self.published.lines.destinations if self.published.lines else {}
        session = Session(self.published.flows, destinations)
        return TextCall(session, parts(self.grammars, self.understand, query, transfer))


def started(conversation: Conversation, published: Published) -> CallStarted:
    """The first event of a conversation's call; `config` is that of the flow's line, mended by the test's."""
    caller = conversation.call
    lines = published.lines
    name, config, zone = "", {}, ""
    for line_name, line in (lines.lines if lines else {}).items():
        if line.flow == conversation.flow:
            name, config, zone = line_name, line.config, line.timezone
            break
    flow = published.flows[conversation.flow]
    return CallStarted(
        call=str(uuid.uuid5(uuid.NAMESPACE_URL, conversation.name)),
        caller=caller.from_,
        dialled=caller.to,
        line=name,
        flow=flow.name,
        version=flow.version,
        at=caller.at,
        timezone=zone,
        config={**config, **caller.config},
        profile=dict(caller.profile),
        switches={**dict.fromkeys(lines.switches if lines else (), False), **caller.switch},
        tables={**(lines.tables if lines else {}), **caller.table},
        bulletin={"": caller.bulletin} if caller.bulletin else {},
        can_hear=caller.can_hear,
    )


class _Talk:
    """The caller's side of one conversation."""

    def __init__(self, call: TextCall, conversation: Conversation, language: str) -> None:
        self.call = call
        self.conversation = conversation
        self.heard = Alignment(conversation.language or language)
        self._spoken = 0

    def step(self, step: Step) -> str:  # noqa: PLR0912 - every step of a conversation in one place
        """Do it; returns what did not hold."""
        call = self.call
        if step.hears is not None:
            return self._hears(step.hears)
        if call.ended and not step.hangs_up:
            return f"the call was over before `{step.does}`"
        if step.language is not None:
            self.heard.language = step.language
            return ""
        if not step.over and step.does in ("says", "presses", "plays"):
            call.listen()
            if call.ended:
                return f"the call was over before `{step.does}`"
        self._forget()
        if step.emotion is not None:
            call.sounds(step.emotion)
        match step.does:
            case "says":
                call.says(step.says or "", over=step.over)
            case "plays":
                call.says(step.as_ or "", over=step.over)
            case "presses":
                call.presses((step.presses or "").replace(" ", ""))
            case "silent":
                call.waits(step.silent or 0.0)
            case "holds":
                call.holds(float(step.holds or 0.0) if not isinstance(step.holds, bool) else 1.0)
            case "resumes":
                call.resumes()
            case "hangs_up":
                call.hangs_up()
        return ""

    def _hears(self, wanted: str) -> str:
        while True:
            self._collect()
            if self.heard.take(wanted):
                return ""
            if self.call.waiting or not self.call.advance():
                break
        self._collect()
        if self.heard.take(wanted):
            return ""
        said = " ".join(self.heard.said) or "nothing"
        return f"wanted to hear {wanted!r}, heard: {said}"

    def _collect(self) -> None:
        for spoken in self.call.line.spoken[self._spoken :]:
            self.heard.add(spoken.text)
        self._spoken = len(self.call.line.spoken)

    def _forget(self) -> None:
        self._spoken = len(self.call.line.spoken)
        self.heard.forget()

    def end(self) -> str:
        """The talk is over: hang up where the line waits, and compare."""
        call, ends = self.call, self.conversation.ends
        call.listen()
        call.hangs_up()
        finished, state = call.line.finished, call.session.state
        if finished is None or state is None:
            return "the call did not end"
        if ends.outcome is not None and finished.outcome != ends.outcome:
            return f"ended {finished.outcome!r}, wanted {ends.outcome!r}"
        if ends.at is not None and finished.at != ends.at:
            return f"ended at {finished.at!r}, wanted {ends.at!r}"
        if ends.task is not None and state.task != ends.task:
            return f"the task was {state.task!r}, wanted {ends.task!r}"
        for name, wanted in ends.slots.items():
            value = state.names.get(name)
            if str(value) != wanted:
                return f"slot {name} is {value!r}, wanted {wanted!r}"
        return ""
