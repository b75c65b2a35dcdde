"""Which lines somebody may call from here."""

from dataclasses import dataclass
from pathlib import Path

from ivr.web.line_names import read
from ivr.web.rights import Right, Visitor


@dataclass(frozen=True)
class Callable:
    """A line as the page offers it."""

    name: str
    flow: str
    version: str


def callable_lines(visitor: Visitor, flows: Path) -> list[Callable]:
    """Those of lines.yaml that the visitor has to do with; lines with unpublished flows only for who edits flows. A
    folder with no lines.yaml has one line a flow."""
    known = read(flows).lines
    found = [Callable(name, it.flow, it.version) for name, it in known.items()]
    if not known:
        names = sorted(path.parent.name for path in flows.glob("*/flow.yaml"))
        found = [Callable(name, name, "published") for name in names]
    mine = [it for it in found if visitor.lines is None or it.name in visitor.lines]
    return [it for it in mine if it.version not in ("draft", "files") or visitor.may(Right.EDIT_FLOWS)]
