"""What a part of the page is made of: every chart is a table first, drawn from what stands in it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar, Literal

from ivr.web.insight.drawing import Drawing


@dataclass(frozen=True)
class Cell:
    """A value of a table."""

    value: float | None
    """What is drawn; None: there is nothing."""
    text: str
    href: str = ""
    """To the calls behind it."""
    share: float = 0.0
    """Length of its bar, 0 to 1."""


@dataclass(frozen=True)
class Row:
    label: str
    cells: tuple[Cell, ...]
    at: datetime | None = None
    """Of a table over time."""
    href: str = ""
    plain: bool = True
    """The label is a name or a word of callers: shown as it is. False: it is a text of ours, translated."""


@dataclass(frozen=True)
class Mark:
    """On the time axis."""

    at: datetime
    flow: str
    number: int
    kind: str


@dataclass(frozen=True)
class Table:
    """A chart. `kind` time: lines over time; bars: bars in its cells."""

    shape: ClassVar[str] = "table"
    name: str
    """Part of ids."""
    title: str
    kind: Literal["time", "bars"]
    first: str
    """Head of the labels."""
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    note: str = ""
    marks: tuple[Mark, ...] = ()
    unit: str = ""


@dataclass(frozen=True)
class Picture:
    """An SVG of the server, beside the table that says the same."""

    shape: ClassVar[str] = "picture"
    title: str
    drawing: Drawing
    note: str = ""


@dataclass(frozen=True)
class Heat:
    """Calls by day of the week and hour. Rows from Monday; levels 0 to 9."""

    shape: ClassVar[str] = "heat"
    title: str
    rows: tuple[tuple[Cell, ...], ...]


@dataclass(frozen=True)
class Said:
    """Alike phrases of callers."""

    flow: str
    node: str
    language: str
    times: int
    phrases: tuple[tuple[str, int], ...]
    href: str
    more: int = 0
    """Phrases that are not shown."""


@dataclass(frozen=True)
class Phrases:
    """Groups of what callers said; `hidden`: the visitor may not see words."""

    shape: ClassVar[str] = "phrases"
    title: str
    note: str
    groups: tuple[Said, ...]
    example: bool = False
    """Each can be made an example of an intent."""
    hidden: bool = False


Block = Table | Picture | Heat | Phrases


@dataclass(frozen=True)
class Part:
    """A section, loaded by itself."""

    name: str
    title: str
    blocks: list[Block] = field(default_factory=list)


def bars(values: Sequence[float | None]) -> list[float]:
    """Lengths of their bars, 0 to 1."""
    most = max((value for value in values if value), default=0.0)
    return [(value or 0.0) / most if most else 0.0 for value in values]


Show = Callable[[float | None], str]
"""A number in the visitor's language."""
