"""`confirm`: a question that is answered by yes or no."""

from collections.abc import Generator, Iterator
from typing import Any, ClassVar, Literal

from ivr.flow.nodes.base import Node, Question
from ivr.flow.nodes.steps import Ask, FieldSpec, Goto, Reply, Step, Visit
from ivr.flow.scalars import NodeName
from ivr.flow.text import Text


class ConfirmNode(Node):
    """Asks a question that is answered by yes or no, and goes to `yes` or `no`. On the keypad 1 is yes and 2 is no.
    Keys typed ahead do not answer it."""

    example: ClassVar[str] = """\
type: confirm
say: "Shall I cancel order {order_id:digits|that order}?"
yes: cancel_it
no: anything_else
"""
    listens: ClassVar[bool] = True

    type: Literal["confirm"]
    say: Text
    yes: NodeName
    no: NodeName

    def run(self, visit: Visit) -> Generator[Step, Any, Goto]:
        reply: Reply = yield Ask("confirm", self.say, fields=(FieldSpec("confirm", "yes_no"),))
        answer = reply.values.get("confirm")
        return Goto(self.yes if answer == "yes" else self.no, str(answer))

    def questions(self) -> Iterator[Question]:
        yield Question("confirm", fields=(FieldSpec("confirm", "yes_no"),))
