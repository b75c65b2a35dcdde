"""`answer`: answers a question from the flow's knowledge base."""

from collections.abc import Generator, Iterator
from typing import Any, ClassVar, Literal

from pydantic import Field

from ivr.flow.nodes.base import Node, Question
from ivr.flow.nodes.steps import Ask, FieldSpec, Fill, Goto, QueryReply, Reply, RunQuery, Speak, Step, Visit
from ivr.flow.path import Path
from ivr.flow.scalars import NodeName, Seconds, Template, ValueName
from ivr.flow.text import Text

ASKED = FieldSpec("question", "free_text")
SPOKEN = Text({"": "{answer}"})


class Answer(Node):
    """Answers from `answers.md`, the flow's knowledge base (one heading a question). Asks `say` and listens to
    anything, or, with `question`, answers what the caller said before. What is found is said, and saved under `save`
    (`{reply.title}`, `{reply.text}`)."""

    example: ClassVar[str] = """\
type: answer
say: What would you like to know?
on: {not_found: agent, error: agent}
next: anything_else
"""
    listens: ClassVar[bool] = True

    type: Literal["answer"]
    say: Text | None = None
    """The question that the caller answers with one of his own."""
    question: Template | None = None
    """What was asked before, `"{question}"`; instead of `say`."""
    save: ValueName | None = None
    """Name that the answer is saved under."""
    deadline: Seconds = 4.0
    meanwhile: Text | None = None
    """Said when it takes longer than a moment."""
    on: dict[Literal["not_found", "error", "timeout"], NodeName] = Field(default_factory=dict)
    """Where to go when nothing fits; `timeout` goes to `error` unless given."""
    next: NodeName

    def run(self, visit: Visit) -> Generator[Step, Any, Goto]:
        if self.question is not None:
            asked = visit.plain(self.question)
        else:
            reply: Reply = yield Ask("question", self.say, fields=(ASKED,))
            asked = str(reply.values.get("question") or reply.text)
        request = {"flow": visit.flow.name, "version": visit.flow.version, "language": visit.language}
        found: QueryReply = yield RunQuery("answer", request, {"question": asked}, self.deadline, self.meanwhile)
        text = found.value.get("text") if isinstance(found.value, dict) else found.value
        if found.status == "ok" and text:
            if self.save:
                yield Fill(self.save, found.value, "query", sensitive=self.sensitive)
            yield Speak(SPOKEN, {"answer": text})
            return Goto(self.next)
        why = "not_found" if found.status == "ok" else found.status
        target = self.on.get(why) or self.on.get("error")  # type: ignore[call-overload]
        return Goto(target or self.next, why)

    def questions(self) -> Iterator[Question]:
        if self.question is None:
            yield Question("question", fields=(ASKED,), open=True)

    def fills(self) -> Iterator[str]:
        if self.save:
            yield self.save

    def certain(self, path: Path) -> set[str]:
        return {self.save} if self.save and path == ("next",) and {"not_found", "error"} <= set(self.on) else set()
