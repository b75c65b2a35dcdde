"""What all node types have in common."""

from collections.abc import Generator, Iterator
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator

from ivr.flow.listening import Overrides
from ivr.flow.nodes.steps import FieldSpec, Goto, Step, Visit
from ivr.flow.option import Except, Option
from ivr.flow.path import Path
from ivr.flow.scalars import Flag, NodeName, one_or_many

VERIFIED = "caller is verified"
"""Stands among the names that are certain where a query has proved who calls."""


def _anywhere(value: Any) -> Any:
    return value == "true" if value in ("true", "false") else value


class Node(Overrides):
    """Keys that every node may have, besides the listening settings that override `defaults`."""

    example: ClassVar[str] = ""
    """YAML of one node, shown in the documentation and loaded by the tests."""
    listens: ClassVar[bool] = False
    """It puts questions."""

    type: str
    outcome: str | None = None
    """What the call came to when it ends after this node: resolved, or a word of your own."""
    tag: str | None = None
    """A word for the records."""
    sensitive: Flag = False
    """Nothing that is said or typed in this node is kept anywhere."""
    requires: Literal["verified"] | None = None
    """verified: entered only after a query with `verifies: true` has answered; `ivr check` proves it."""
    anywhere: Annotated[bool | Except, BeforeValidator(_anywhere)] = True
    """false: nothing of `anywhere` is heard here; {except: [agent]}: all but these."""
    on_caller_hangup: Annotated[tuple[NodeName, ...], BeforeValidator(one_or_many)] = ()
    """Queries that still run when the caller hangs up in this node."""

    def run(self, visit: Visit) -> Generator[Step, Any, Goto]:
        """The node's good path (nodes/steps.py)."""
        raise TypeError(f"{type(self).__name__} has no behaviour")

    def questions(self) -> Iterator["Question"]:
        """Every question that `run` can ask, for grammars and checks."""
        return iter(())

    def fills(self) -> Iterator[str]:
        """Names that this node may give a value."""
        return iter(())

    def certain(self, path: Path) -> set[str]:
        """Names that have a value for sure where the node leaves by the node name at `path` (("next",))."""
        return set()

    def inside(self, path: Path) -> tuple[set[str], set[str]]:
        """For the text or expression at `path` of this node: names it may use besides those known on entry, and names
        that are not known any more."""
        return set(), set()


class Question:
    """One question of a node: its part name and what is listened for."""

    __slots__ = ("alone", "fields", "intent", "mends", "open", "options", "others", "part")

    def __init__(
        self, part: str, options: tuple[Option, ...] = (), fields: tuple[FieldSpec, ...] = (), open: bool = False,
        mends: tuple[FieldSpec, ...] = (), intent: str = "",
        others: tuple[str, ...] = (), alone: bool = False,
    ) -> None:  # fmt: skip
        self.part = part
        self.options = options
        self.fields = fields
        self.open = open
        self.mends = mends
        self.intent = intent
        self.others = others
        """Slots of other nodes that are heard here, too."""
        self.alone = alone
        """Each field by itself: not one and then another one in a sentence."""
