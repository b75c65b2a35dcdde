"""`return`: goes back to the flow that called this one."""

from collections.abc import Generator
from typing import Any, ClassVar, Literal

from pydantic import Field

from ivr.flow.nodes.base import Node
from ivr.flow.nodes.steps import Goto, Return, Speak, Step, Visit
from ivr.flow.scalars import Expression, Template
from ivr.flow.text import Text


class ReturnNode(Node):
    """Goes back to the `call` node of the flow that called this one, with results. In a flow that nobody called it
    ends the call."""

    example: ClassVar[str] = """\
type: return
values: {customer_id: "{customer_id|}"}
as: known_caller
"""

    type: Literal["return"]
    say: Text | None = None
    values: dict[str, Template] = Field(default_factory=dict)
    """Results: texts with `{names}`; `"{order}"` alone passes the whole value."""
    compute: dict[str, Expression] = Field(default_factory=dict)
    """Results of CEL expressions."""
    as_: str = Field("", alias="as", pattern=r"^([a-z][a-z0-9_]*)?$")
    """A word that the `on` of the calling node may lead by."""

    def run(self, visit: Visit) -> Generator[Step, Any, Goto]:
        if self.say:
            yield Speak(self.say)
        values = {name: visit.value(template) for name, template in self.values.items()}
        values |= {name: visit.compute(expression) for name, expression in self.compute.items()}
        yield Return(values, self.as_)
        return Goto(visit.node)
