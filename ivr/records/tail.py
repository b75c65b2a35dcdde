"""Reading journals while they are written: `<state>/journals/<day>/<call>.jsonl`, whole lines only."""

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

import msgspec

from ivr import journal
from ivr.records.fold import CallFold

SUFFIX = ".jsonl"
MAX_STEP = 4 * 1024 * 1024
"""Bytes of one journal that are taken at once."""


def is_call(name: str) -> bool:
    """A journal's name is the UUID of its call."""
    try:
        return str(UUID(name)) == name.lower()
    except ValueError:
        return False


@dataclass
class Tail:
    """One journal: how far it was read, and the fold up to there."""

    path: Path
    make: Callable[[str], CallFold] = CallFold
    """Gives the fold of a call by its id."""
    fold: CallFold = field(init=False)
    offset: int = 0
    lines: int = 0
    inode: int = 0

    def __post_init__(self) -> None:
        self.fold = self.make(self.path.name.removesuffix(SUFFIX))

    def rewind(self) -> None:
        """Forget what was read: the next `advance` begins at the first line."""
        self.fold = self.make(self.fold.id)
        self.offset = self.lines = 0

    def advance(self, limit: int = MAX_STEP) -> int:
        """Fold the whole lines that were added, at most `limit` bytes of them; returns how many lines.

        A file that became shorter (a torn end that was mended) keeps what was read: only whole lines ever were.
        """
        with self.path.open("rb") as file:
            file.seek(self.offset)
            data = file.read(limit)
        end = data.rfind(b"\n")
        if end < 0:
            if len(data) < limit:
                return 0
            end = len(data) - 1  # a line longer than the limit is no line of ours: told as broken, and passed
        lines = data[: end + 1].splitlines()
        self.offset += end + 1
        for line in lines:
            self.lines += 1
            if line.strip():
                self._take(line)
        return len(lines)

    def _take(self, line: bytes) -> None:
        for part in _parts(line):
            try:
                self.fold.add(journal.decode(part), self.lines)
                return
            except (msgspec.DecodeError, UnicodeDecodeError) as error:
                why = str(error)
            if self._unknown(part):
                return
        self.fold.broken(self.lines, why)

    def _unknown(self, line: bytes) -> bool:
        """A whole line of a type that this version does not know (a newer one wrote it) is passed over, and told."""
        try:
            value = json.loads(line)
        except ValueError:
            return False
        known = isinstance(value, dict) and isinstance(value.get("type"), str)
        if known:
            self.fold.broken(self.lines, f"unknown entry {value['type'][:40]!r}")
        return known


def _parts(line: bytes) -> Iterator[bytes]:
    """The line; then what follows a half line that a crash left without its end."""
    yield line
    start = line.rfind(b'{"type":')
    if start > 0:
        yield line[start:]


def journals(root: Path, newest: int | None = None) -> Iterator[tuple[str, os.DirEntry[str]]]:
    """(day, file) of every journal, oldest day first; `newest`: only that many days."""
    try:
        days = sorted(d.name for d in os.scandir(root) if d.is_dir())
    except FileNotFoundError:
        return
    for day in days[-newest:] if newest else days:
        try:
            entries = sorted(os.scandir(root / day), key=lambda f: f.name)
        except FileNotFoundError:
            continue
        for file in entries:
            if file.name.endswith(SUFFIX) and is_call(file.name.removesuffix(SUFFIX)):
                yield day, file
