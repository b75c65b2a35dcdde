"""`profile`: what is known of the caller for the next call."""

from collections.abc import Generator
from typing import Any, ClassVar, Literal

from pydantic import Field, model_validator

from ivr.flow.nodes.base import Node
from ivr.flow.nodes.steps import Goto, Remember, Step, Visit
from ivr.flow.scalars import Flag, NodeName, Template, ValueName


class Profile(Node):
    """Keeps the caller's choice to be remembered or not, and values for the next call from this number, where texts and
    conditions find them as `profile.name`. The flow says `profile: {remember: ask}` (or always). `remember: false`
    forgets everything at once. What was saved here is empty in later calls until the caller is verified, unless
    `profile: {unverified: [name]}` allows it.
    """

    example: ClassVar[str] = """\
type: profile
remember: true
save: {name: "{name|}"}
next: bye
"""

    type: Literal["profile"]
    remember: Flag | None = None
    """The caller's choice: true, or false to be forgotten."""
    save: dict[ValueName, Template] = Field(default_factory=dict)
    """Values to keep for the next call; an empty one takes the value out."""
    next: NodeName

    @model_validator(mode="after")
    def _does_something(self) -> "Profile":
        if self.remember is None and not self.save:
            raise ValueError("write what is kept; remember: true or false, or save: {name: text}")
        if self.remember is False and self.save:
            raise ValueError("who is forgotten leaves nothing; take out save:")
        taken = KEPT_BY_ITSELF & set(map(str, self.save))
        if taken:
            raise ValueError(f"{min(taken)!r} is kept by itself; choose another name")
        return self

    def run(self, visit: Visit) -> Generator[Step, Any, Goto]:
        yield Remember(self.remember, {str(name): visit.plain(template) for name, template in self.save.items()})
        return Goto(self.next)


KEPT_BY_ITSELF = frozenset({"language", "last_request", "last_call", "remember"})
"""Names of a profile that every flow fills, and that are no secret to who calls from the number."""
