"""Calls that last, and one call as it happens: read from the journals, not from the database."""

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing
from pathlib import Path
from typing import Any

from ivr.records.live_call import LiveCall
from ivr.records.live_sound import chunks
from ivr.records.tail import SUFFIX, Tail, is_call, journals

POLL_S = 0.1
DAYS = 2


class LiveJournals:
    """`root`: <state>/journals."""

    def __init__(self, root: Path, recordings: Path | None = None, markers: Path | None = None) -> None:
        """`recordings`: <state>/recordings. `markers`: <state>/run/calls, where media keeps a file for each call whose
        journal is open; without it the folders of the last DAYS days are looked through."""
        self._root = root
        self._recordings = recordings
        self._markers = markers
        self._tails: dict[str, Tail] = {}
        self._ended: dict[str, set[str]] = {}
        self._lock = threading.Lock()

    def calls(self) -> list[dict[str, Any]]:
        """Calls without an end, oldest first: the columns of table `calls`, at which node each is, what was said last,
        whether its sound is kept now."""
        with self._lock:
            return [_fold(tail).shown() for _, tail in self._read()]

    def _read(self) -> list[tuple[str, Tail]]:
        for day, path in self._open():
            call = path.name.removesuffix(SUFFIX)
            if call not in self._tails and call not in self._ended.setdefault(day, set()):
                self._tails[call] = Tail(path, LiveCall)
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
        return sorted(self._tails.items())

    def _open(self) -> Iterator[tuple[str, Path]]:
        """(day, journal) of every call that may last."""
        if self._markers is None or not self._markers.is_dir():
            yield from ((day, Path(file.path)) for day, file in journals(self._root, DAYS))
            return
        for marker in sorted(self._markers.iterdir()):
            if is_call(marker.name):
                try:
                    path = self._root / marker.read_text()
                except OSError:  # over meanwhile
                    continue
                if path.name == marker.name + SUFFIX:
                    yield path.parent.name, path

    def _sound_of(self, call: str) -> Path | None:
        """The call's recording, once there is one. Raises KeyError when the call does not last."""
        with self._lock:
            tail = dict(self._read()).get(call)
        if tail is None:
            raise KeyError(call)
        path = _fold(tail).recording()
        return self._recordings / path if path and self._recordings is not None else None

    async def sound(self, call: str) -> AsyncIterator[bytes]:
        """Stereo PCM16 of 8 kHz as it is written to the recording, half a second behind the call; nothing while nothing
        is kept; an empty chunk each second, so that the reader notices a listener who left. Raises KeyError."""
        async with aclosing(chunks(lambda: self._sound_of(call))) as found:
            async for chunk in found:
                yield chunk

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


def _fold(tail: Tail) -> LiveCall:
    assert isinstance(tail.fold, LiveCall)
    return tail.fold
