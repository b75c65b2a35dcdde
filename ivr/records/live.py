"""Calls that last, and one call as it happens: read from the journals, not from the database."""

import asyncio
import threading
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from ivr.records.tail import SUFFIX, Tail, is_call, journals

POLL_S = 0.1
DAYS = 2


class LiveJournals:
    """`root`: <state>/journals."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._tails: dict[str, Tail] = {}
        self._ended: dict[str, set[str]] = {}
        self._lock = threading.Lock()

    def calls(self) -> list[dict[str, Any]]:
        """Calls without an end, oldest first: the columns of table `calls`, and at which node each is."""
        with self._lock:
            return self._calls()

    def _calls(self) -> list[dict[str, Any]]:
        for day, file in journals(self._root, DAYS):
            call = file.name.removesuffix(SUFFIX)
            if call not in self._tails and call not in self._ended.setdefault(day, set()):
                self._tails[call] = Tail(Path(file.path))
        for call, tail in list(self._tails.items()):
            try:
                while tail.advance():
                    tail.fold.settled()
            except FileNotFoundError:
                tail.fold.closed = True
            if tail.fold.closed:
                del self._tails[call]
                self._ended.setdefault(tail.path.parent.name, set()).add(call)
        for day in sorted(self._ended)[:-DAYS]:
            del self._ended[day]
        return [_shown(tail) for _, tail in sorted(self._tails.items())]

    def find(self, call: str) -> Path | None:
        """Where the journal of a call is."""
        if not is_call(call):
            return None
        return next(iter(sorted(self._root.glob(f"*/{call}{SUFFIX}"))), None)

    async def lines(self, call: str) -> AsyncIterator[str]:
        """Whole lines from the first on, and as they are written, until `Closed`. Raises KeyError."""
        path = await asyncio.to_thread(self.find, call)
        if path is None:
            raise KeyError(call)
        offset = 0
        while True:
            data = await asyncio.to_thread(_read, path, offset)
            offset += len(data)
            for line in data.splitlines():
                yield line.decode("utf-8", "replace")
                if b'"type":"Closed"' in line:
                    return
            if not data:
                await asyncio.sleep(POLL_S)


def _read(path: Path, offset: int) -> bytes:
    with path.open("rb") as file:
        file.seek(offset)
        data = file.read(1 << 20)
    return data[: data.rfind(b"\n") + 1]


def _shown(tail: Tail) -> dict[str, Any]:
    path = tail.fold.rows("path")
    return {**tail.fold.call, "at_node": path[-1]["node"] if path else ""}
