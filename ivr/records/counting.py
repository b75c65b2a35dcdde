"""Follows the journals for the metrics of calls, whether or not the database is there.

What was counted is noted in one small file, so that a new services process counts on: a call that was counted to its
end is not counted again, one that lasts goes on at its next line, one that came while nobody counted is counted whole.
After kill -9 the last seconds before it may be counted twice.
"""

import os
import threading
import time
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from ivr.records.call_metrics import CallMetrics
from ivr.records.counts import CountedCall
from ivr.records.tail import SUFFIX, Tail, is_call

ACTIVE_DAYS = 2
NOTE_S = 2.0
CLOCK_S = 1.0
"""A file's time may be this much behind the clock."""


class Note(msgspec.Struct):
    """What was counted when: journals that were not touched since `at` (seconds since 1970) are counted."""

    at: float = 0.0
    lines: dict[str, int] = {}
    """call -> lines that were counted, of calls that last and of those that ended after `at`."""


class Counting:
    """`run` in a thread of its own, until `stop`."""

    name = "counting"

    def __init__(self, root: Path, metrics: CallMetrics, note: Path, poll_s: float = 1.0) -> None:
        """`root`: <state>/journals; `note`: the file, in <state>/run."""
        self._root = root
        self._metrics = metrics
        self._path = note
        self._poll_s = poll_s
        self._before = _read(note)
        self._tails: dict[str, Tail] = {}
        self._ended: dict[str, dict[str, int]] = {}
        """day -> call -> its lines; 0 once no note needs them."""
        self._looked: dict[str, float] = {}
        """day -> time of its folder when it was read."""
        self._pass_at = self._last_noted = 0.0
        self._stop = threading.Event()

    def stop(self) -> None:
        self._stop.set()

    def status(self) -> dict[str, Any]:
        return {"open": len(self._tails)}

    def run(self) -> None:
        while not self._stop.is_set():
            busy = self.step()
            if time.monotonic() - self._last_noted >= NOTE_S:
                self._last_noted = time.monotonic()
                self.note()
            self._stop.wait(0.01 if busy else self._poll_s)
        self.note()

    def step(self) -> bool:
        """One pass over the journals; True when something came."""
        self._pass_at = time.time() - CLOCK_S
        self._find()
        grew = False
        for call, tail in list(self._tails.items()):
            grew |= self._follow(call, tail)
        return grew

    def _find(self) -> None:
        """Journals that are new. A day may have 100,000 of them: only a folder that changed is read."""
        try:
            days = sorted(d.name for d in os.scandir(self._root) if d.is_dir())[-ACTIVE_DAYS:]
        except FileNotFoundError:
            return
        for day in days:
            changed = (self._root / day).stat().st_mtime
            if self._looked.get(day) == changed and changed < self._pass_at:
                continue
            self._looked[day] = changed
            ended = self._ended.setdefault(day, {})
            for file in os.scandir(self._root / day):
                call = file.name.removesuffix(SUFFIX)
                if call not in ended and call not in self._tails and is_call(call):
                    self._begin(call, file, ended)
        for day in set(self._ended) - set(days):
            del self._ended[day]

    def _begin(self, call: str, file: os.DirEntry[str], ended: dict[str, int]) -> None:
        counted = self._before.lines.get(call, 0)
        if not counted and file.stat().st_mtime < self._before.at:
            ended[call] = 0
            return
        make = partial(CountedCall, metrics=self._metrics, counted_lines=counted)
        self._tails[call] = Tail(Path(file.path), make)

    def _follow(self, call: str, tail: Tail) -> bool:
        try:
            grew = tail.path.stat().st_size > tail.offset and tail.advance() > 0
        except FileNotFoundError:  # erased by retention
            del self._tails[call]
            return False
        if tail.fold.closed:
            del self._tails[call]
            self._ended.setdefault(tail.path.parent.name, {})[call] = tail.lines
        return grew

    def note(self) -> None:
        """Write down what was counted. A disk that takes nothing costs a count after the next start, no more."""
        lines = {call: tail.lines for call, tail in self._tails.items()}
        for day, ended in self._ended.items():
            for call, count in ended.items():
                if count and self._touched_since(day, call, self._pass_at):
                    lines[call] = count
                else:
                    ended[call] = 0
        fresh = self._path.with_name(f".{self._path.name}.tmp")
        try:
            fresh.write_bytes(msgspec.json.encode(Note(self._pass_at, lines)))
            fresh.replace(self._path)
        except OSError:
            return

    def _touched_since(self, day: str, call: str, at: float) -> bool:
        try:
            return (self._root / day / (call + SUFFIX)).stat().st_mtime >= at
        except FileNotFoundError:
            return False


def _read(path: Path) -> Note:
    try:
        return msgspec.json.decode(path.read_bytes(), type=Note)
    except (OSError, msgspec.MsgspecError):
        return Note()
