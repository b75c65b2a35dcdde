"""Asks whether the call may be recorded: the compiler puts it in front of a flow that says `consent: ask`."""

from collections.abc import Generator, Iterator
from typing import Any, ClassVar, Literal

from ivr.flow.nodes.base import Node, Question
from ivr.flow.nodes.steps import Ask, Consent, FieldSpec, Goto, Reply, Step, Visit
from ivr.flow.scalars import NodeName
from ivr.flow.text import Text

NAME = "recording_consent"
"""The node's name in the compiled flow."""
ASKED = FieldSpec("consent", "yes_no")


class ConsentNode(Node):
    """Not written in flows. Only a yes is consent; silence and everything else is none, and the call goes on."""

    listens: ClassVar[bool] = True

    type: Literal["consent"]
    say: Text
    next: NodeName

    def run(self, visit: Visit) -> Generator[Step, Any, Goto]:
        reply: Reply = yield Ask("consent", self.say, fields=(ASKED,))
        if reply.values.get("consent") == "yes":
            yield Consent()
        return Goto(self.next)

    def questions(self) -> Iterator[Question]:
        yield Question("consent", fields=(ASKED,))
