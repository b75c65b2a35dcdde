"""`branch`: goes one way or another by what is known."""

from collections.abc import Generator
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from ivr.flow.base import Part
from ivr.flow.nodes.base import Node
from ivr.flow.nodes.steps import Goto, Step, Visit
from ivr.flow.scalars import Expression, NodeName


class When(Part):
    """One condition."""

    if_: Annotated[Expression, Field(alias="if")]
    """A CEL expression; a condition over something that is not there is false."""
    next: NodeName


class Branch(Node):
    """Goes to the first node whose condition holds, else to `else`."""

    example: ClassVar[str] = """\
type: branch
when:
  - {if: "order.status == 'shipped'", next: shipped}
  - {if: "failures > 3", next: agent}
else: other
"""

    type: Literal["branch"]
    when: Annotated[tuple[When, ...], Field(min_length=1)]
    else_: Annotated[NodeName, Field(alias="else")]

    def run(self, visit: Visit) -> Generator[Step, Any, Goto]:
        yield from ()
        for case in self.when:
            if visit.holds(case.if_):
                return Goto(case.next, "if")
        return Goto(self.else_, "else")
