"""`call`: runs another flow and goes on with what it returns."""

from collections.abc import Generator, Iterator
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from ivr.flow.nodes.base import Node
from ivr.flow.nodes.steps import CallFlow, Fill, Goto, Returned, Step, Visit
from ivr.flow.path import Path
from ivr.flow.scalars import FlowName, NodeName, Template, ValueName


class Call(Node):
    """Runs another flow and comes back when it reaches a `return`. The other flow sees nothing of this one but what
    `with` gives it, under the names that it `takes`; `"{order}"` alone passes the whole value. What it returns is
    saved under `save` (`who.customer_id`). `on` leads by what the return is called (`as: unknown_caller`)."""

    example: ClassVar[str] = """\
type: call
flow: identify
with: {reason: "{task|a question}"}
save: who
on: {unknown_caller: agent}
next: welcome
"""

    type: Literal["call"]
    flow: FlowName
    """Name of the other flow."""
    with_: Annotated[dict[str, Template], Field(alias="with", default_factory=dict)]
    """Values for the names that the other flow `takes`."""
    save: ValueName | None = None
    """Name that its results are saved under."""
    on: dict[str, NodeName] = Field(default_factory=dict)
    """Where to go when it returned `as` something."""
    next: NodeName

    def run(self, visit: Visit) -> Generator[Step, Any, Goto]:
        given = {name: visit.value(template) for name, template in self.with_.items()}
        returned: Returned = yield CallFlow(str(self.flow), given)
        if self.save:
            yield Fill(self.save, returned.values, "flow", sensitive=returned.sensitive)
        return Goto(self.on.get(returned.name, self.next), returned.name or "return")

    def fills(self) -> Iterator[str]:
        if self.save:
            yield self.save

    def certain(self, path: Path) -> set[str]:
        return {self.save} if self.save else set()
