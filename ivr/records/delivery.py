"""Journals into Postgres, turn by turn while the calls last, until every line is there.

Nothing is kept beside the journals: how far a call is delivered stands in the database itself, and a journal whose rows
could not be written is read again from its first line. So it does not matter who died when; rows are written by key.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import structlog
from sqlalchemy import Engine
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, SQLAlchemyError

from ivr.records import store
from ivr.records.tail import SUFFIX, Tail, journals

log = structlog.get_logger("delivery")

BATCH = 50
"""Calls in one transaction."""
REFUSED_AGAIN_S = 600.0
ACTIVE_DAYS = 2
"""Days whose folder is looked at in every pass; older ones only at the start and while a journal of theirs is open."""


@dataclass
class Progress:
    """What delivery is doing, for status and metrics."""

    connected: bool = False
    open_journals: int = 0
    delivered_lines: int = 0
    delivered_calls: int = 0
    refused: dict[str, str] = field(default_factory=dict)
    """call -> why the database refused its rows."""
    error: str = ""
    last_pass_at: float = 0.0


class Delivery:
    """`run` in a thread of its own, until `stop`."""

    name = "delivery"

    def __init__(
        self, root: Path, engine: Callable[[], Engine], *, poll_s: float = 1.0, longest_wait_s: float = 15.0
    ) -> None:
        """`root`: <state>/journals. `engine`: gives a migrated database; may raise SQLAlchemyError or OSError."""
        self.root = root
        self.progress = Progress()
        self._engine_of = engine
        self._engine: Engine | None = None
        self._poll_s = poll_s
        self._longest_wait_s = longest_wait_s
        self._tails: dict[str, Tail] = {}
        self._done: dict[str, set[str]] = {}
        """day -> calls that are delivered to their last line."""
        self._refused_until: dict[str, float] = {}
        self._looked_at_all = False
        self._stop = threading.Event()

    def stop(self) -> None:
        self._stop.set()

    def status(self) -> dict[str, Any]:
        return asdict(self.progress)

    def run(self) -> None:
        wait_s = self._poll_s
        while not self._stop.is_set():
            try:
                busy = self.step()
                wait_s = 0.0 if busy else self._poll_s
                self.progress.connected, self.progress.error = True, ""
            except Exception as error:
                wait_s = min(max(wait_s * 2, 0.5), self._longest_wait_s)
                self._failed(error)
            self._stop.wait(wait_s)
        if self._engine is not None:
            self._engine.dispose()

    def _failed(self, error: Exception) -> None:
        """The database is away (or the disk is): all journals are read again when it is back."""
        for tail in self._tails.values():
            tail.rewind()
        if self._engine is not None:
            self._engine.dispose()
            self._engine = None  # the next one is migrated again: what comes back may be another database
        text = _reason(error)
        if self.progress.connected or text != self.progress.error:
            log.warning("records wait in their journals", reason=text)
        self.progress.connected, self.progress.error = False, text

    def step(self) -> bool:
        """One pass over the journals; True when there is more to do at once."""
        if self._engine is None:
            self._engine = self._engine_of()
        self._find(self._engine)
        busy = False
        fresh: list[Tail] = []
        for tail in list(self._tails.values()):
            if self._grew(tail):
                fresh.append(tail)
            if len(fresh) >= BATCH:
                self._write(self._engine, fresh)
                fresh, busy = [], True
        if fresh:
            self._write(self._engine, fresh)
        self.progress.open_journals = len(self._tails)
        self.progress.last_pass_at = time.time()
        return busy

    # --- finding ----------------------------------------------------------------------------------------------

    def _find(self, engine: Engine) -> None:
        found: dict[str, tuple[str, Path]] = {}
        for day, file in journals(self.root, ACTIVE_DAYS if self._looked_at_all else None):
            call = file.name.removesuffix(SUFFIX)
            if call not in self._tails and call not in self._done.setdefault(day, set()):
                found[call] = (day, Path(file.path))
        if not self._looked_at_all:
            with engine.connect() as connection:
                delivered = store.complete(connection, found)
            for call in delivered:
                self._done[found.pop(call)[0]].add(call)
        for call, (_, path) in found.items():
            self._tails[call] = Tail(path)
        self._looked_at_all = True
        for day in sorted(self._done)[:-ACTIVE_DAYS]:
            del self._done[day]

    def _grew(self, tail: Tail) -> bool:
        """Reads on; True when the fold has something new."""
        if self._refused_until.get(tail.fold.id, 0.0) > time.monotonic():
            return False
        try:
            if tail.path.stat().st_size <= tail.offset:
                return False
            return tail.advance() > 0
        except FileNotFoundError:  # erased by retention
            self._forget(tail)
            return False

    def _forget(self, tail: Tail) -> None:
        self._tails.pop(tail.fold.id, None)
        self._done.setdefault(tail.path.parent.name, set()).add(tail.fold.id)

    # --- writing ----------------------------------------------------------------------------------------------

    def _write(self, engine: Engine, tails: list[Tail]) -> None:
        try:
            with engine.begin() as connection:
                store.write(connection, [t.fold.changed() for t in tails])
        except (DataError, IntegrityError) as error:
            if len(tails) == 1:
                self._refuse(tails[0], error)
                return
            for tail in tails:  # one call that the database refuses must not hold up the others
                self._write(engine, [tail])
            return
        for tail in tails:
            self._written(tail)

    def _written(self, tail: Tail) -> None:
        self.progress.delivered_lines += len(tail.fold.changed().get("journal", ()))
        self.progress.refused.pop(tail.fold.id, None)
        tail.fold.settled()
        if tail.fold.closed and tail.path.stat().st_size <= tail.offset:
            self.progress.delivered_calls += 1
            self._forget(tail)

    def _refuse(self, tail: Tail, error: DBAPIError) -> None:
        reason = _reason(error)
        log.error("the database refuses a call's rows; its journal is kept", call=tail.fold.id, reason=reason)
        self.progress.refused[tail.fold.id] = reason
        self._refused_until[tail.fold.id] = time.monotonic() + REFUSED_AGAIN_S
        tail.rewind()


def _reason(error: BaseException) -> str:
    """What went wrong, without the rows that were written (callers' words)."""
    original: Any = getattr(error, "orig", None) or error
    if isinstance(error, SQLAlchemyError):
        state = getattr(original, "sqlstate", None) or ""
        first = str(original).strip().split("\n", 1)[0] if not state.startswith("22") else ""
        return f"{type(original).__name__} {state} {first}".strip()[:300]
    return f"{type(error).__name__}: {error}"[:300]
