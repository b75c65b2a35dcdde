"""`set`: saves values, and forgets them."""

from collections.abc import Generator, Iterator
from typing import Any, ClassVar, Literal

from pydantic import Field, model_validator

from ivr.flow.nodes.base import Node
from ivr.flow.nodes.steps import Clear, Fill, Goto, Step, Visit
from ivr.flow.path import Path
from ivr.flow.scalars import Expression, NodeName, Template, ValueName


class Set(Node):
    """Saves values: `values` are texts with `{names}`, `compute` are CEL expressions; `forget` takes away
    what slots and earlier nodes saved, so that a `collect` with `keep: true` asks for it again."""

    example: ClassVar[str] = """\
type: set
values: {reason: "order {order_id}"}
compute: {late: "failures > 2"}
next: lookup
"""

    type: Literal["set"]
    values: dict[ValueName, Template] = Field(default_factory=dict)
    compute: dict[ValueName, Expression] = Field(default_factory=dict)
    forget: tuple[ValueName, ...] = ()
    """Names that hold nothing from here on; after `values` and `compute`, which may still use them."""
    next: NodeName

    @model_validator(mode="after")
    def _not_empty(self) -> "Set":
        if not self.values and not self.compute and not self.forget:
            raise ValueError(
                'write what is saved: values: {name: text}, or compute: {name: "expression"}; or forget: [name]'
            )
        return self

    def run(self, visit: Visit) -> Generator[Step, Any, Goto]:
        for name, template in self.values.items():
            yield Fill(name, visit.plain(template))
        for name, expression in self.compute.items():
            yield Fill(name, visit.compute(expression))
        if self.forget:
            yield Clear(self.forget)
        return Goto(self.next)

    def fills(self) -> Iterator[str]:
        yield from self.values
        yield from self.compute

    def certain(self, path: Path) -> set[str]:
        return set(self.values) - set(self.forget)

    def inside(self, path: Path) -> tuple[set[str], set[str]]:
        return set(), set(self.forget) if path == ("next",) else set()
