"""The journal of a call that lasts, read while it is written: for who runs the server and may look."""

import json
from pathlib import Path

from ivr import journal
from ivr.journal import Entry

LOOKS = 100
"""A server's journal is there when it has answered: after so many looks there is none to be found."""


class JournalTail:
    """Of the call with this SIP Call-ID. Used by one thread; raises nothing when there is no such journal (yet)."""

    def __init__(self, journals: Path, sip_call_id: str) -> None:
        self._journals = journals
        self._call_id = sip_call_id
        self._others: set[Path] = set()
        self._at = 0
        self.path: Path | None = None
        self.entries: list[Entry] = []
        self._looks = LOOKS

    def read(self) -> list[Entry]:
        """Entries since the last time."""
        if self.path is None and self._looks > 0:
            self._looks -= 1
            self._find()
        if self.path is None:
            return []
        try:
            with self.path.open("rb") as file:
                file.seek(self._at)
                data = file.read()
        except OSError:
            return []
        data = data[: data.rfind(b"\n") + 1]
        self._at += len(data)
        new = journal.read(data)
        self.entries += new
        return new

    def _find(self) -> None:
        days = sorted(self._journals.iterdir()) if self._journals.is_dir() else []
        for path in [path for day in days[-2:] for path in day.glob("*.jsonl")]:
            if path in self._others:
                continue
            try:
                with path.open("rb") as file:
                    first = file.readline()
            except OSError:
                continue
            if not first.endswith(b"\n"):
                continue
            try:
                opened = json.loads(first)
            except ValueError:
                opened = {}
            if opened.get("sip_call_id") == self._call_id:
                self.path = path
                return
            self._others.add(path)
