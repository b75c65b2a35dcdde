"""Background tasks on disk, one small file each, so that none is lost when the process dies."""

import os
from pathlib import Path
from typing import Any, Literal

import msgspec


class TaskRecord(msgspec.Struct):
    """A task from its start until its outcome has reached somebody."""

    id: str
    """The same at every try: whoever runs it knows a second one."""
    task: str
    call: str
    node: str
    values: dict[str, Any]
    started: float
    """Seconds since 1970."""
    tries: int = 0
    state: Literal["waiting", "done", "failed"] = "waiting"
    value: Any = None
    why: str = ""


class TaskFiles:
    """`<state>/tasks`, readable by this user only."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def write(self, record: TaskRecord) -> None:
        """Raises OSError when it cannot be kept."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        fresh = self._folder / f".{record.id}.tmp"
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(msgspec.json.encode(record))
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self._folder / f"{record.id}.json")

    def remove(self, record: TaskRecord) -> None:
        (self._folder / f"{record.id}.json").unlink(missing_ok=True)

    def left(self) -> list[TaskRecord]:
        """What an earlier process did not bring to its end, oldest first; a file that cannot be read stays."""
        found = []
        for path in self._folder.glob("[!.]*.json"):
            try:
                found.append(msgspec.json.decode(path.read_bytes(), type=TaskRecord))
            except (OSError, msgspec.MsgspecError):
                continue
        return sorted(found, key=lambda record: record.started)
