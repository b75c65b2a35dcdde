"""Differences as a page shows them: side by side, what went beside what came."""

from dataclasses import dataclass, field
from itertools import zip_longest

from ivr.insight.version_diff import Changed, Row

NOTHING = Row("same")


@dataclass(frozen=True)
class Shown:
    """One file."""

    path: str
    kind: str
    """added, removed, changed."""
    rows: list[Row]
    pairs: list[tuple[Row, Row]] = field(default_factory=list)
    """(before, after); NOTHING where a side has no line."""

    @property
    def new(self) -> int:
        return sum(row.kind == "new" for row in self.rows)

    @property
    def gone(self) -> int:
        return sum(row.kind == "gone" for row in self.rows)


def shown(files: list[Changed]) -> list[Shown]:
    """In the order of their paths."""
    return [Shown(one.path, one.kind, one.rows, _pairs(one.rows)) for one in files]


def _pairs(rows: list[Row]) -> list[tuple[Row, Row]]:
    found: list[tuple[Row, Row]] = []
    gone: list[Row] = []
    new: list[Row] = []

    def close() -> None:
        found.extend(zip_longest(gone, new, fillvalue=NOTHING))
        gone.clear()
        new.clear()

    for row in rows:
        if row.kind == "gone":
            gone.append(row)
        elif row.kind == "new":
            new.append(row)
        else:
            close()
            found.append((row, row))
    close()
    return found
