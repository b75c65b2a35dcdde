"""What differs between two sets of a flow's files, line by line, for people to read."""

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

AROUND = 3
"""Unchanged lines shown beside a change."""
SOUNDS = (".wav", ".raw")


@dataclass(frozen=True)
class Row:
    """A line of a comparison."""

    kind: Literal["same", "gone", "new", "gap"]
    text: str = ""
    before: int = 0
    """Line number in the first text; 0: it is not there."""
    after: int = 0


@dataclass(frozen=True)
class Changed:
    """One file."""

    path: str
    kind: Literal["added", "removed", "changed"]
    rows: list[Row] = field(default_factory=list)
    """Empty for recordings."""


def differences(first: Mapping[str, bytes], second: Mapping[str, bytes]) -> list[Changed]:
    """Files that are not the same, by path."""
    found = []
    for path in sorted({*first, *second}):
        before, after = first.get(path), second.get(path)
        if before == after:
            continue
        kind: Literal["added", "removed", "changed"] = (
            "added" if before is None else "removed" if after is None else "changed"
        )
        rows = [] if path.endswith(SOUNDS) else list(_rows(before or b"", after or b""))
        found.append(Changed(path, kind, rows))
    return found


def _rows(first: bytes, second: bytes) -> Iterator[Row]:
    before, after = (data.decode("utf-8", "replace").splitlines() for data in (first, second))
    groups = difflib.SequenceMatcher(None, before, after, autojunk=False).get_grouped_opcodes(AROUND)
    for n, group in enumerate(groups):
        if n:
            yield Row("gap")
        for tag, a, b, c, d in group:
            if tag == "equal":
                yield from (Row("same", before[a + i], a + i + 1, c + i + 1) for i in range(b - a))
            else:
                yield from (Row("gone", before[i], i + 1) for i in range(a, b))
                yield from (Row("new", after[i], 0, i + 1) for i in range(c, d))
