"""Table `nodes`: where each node's control API is, and that it lives."""

import threading
from collections.abc import Callable
from typing import Any

import structlog
from sqlalchemy import Engine, func
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import SQLAlchemyError

from ivr.records.tables import nodes

log = structlog.get_logger("nodes")


class Heartbeat:
    """Work in a thread of its own; a database that is away is no matter."""

    name = "heartbeat"

    def __init__(self, engine: Callable[[], Engine], row: Callable[[], dict[str, Any]], every_s: float = 10.0) -> None:
        """`row` gives this node's columns now."""
        self._engine_of = engine
        self._row = row
        self._every_s = every_s
        self._stop = threading.Event()
        self._beat = False

    def run(self) -> None:
        engine: Engine | None = None
        while not self._stop.is_set():
            try:
                engine = engine or self._engine_of()
                beat(engine, self._row())
                self._beat = True
            except (SQLAlchemyError, OSError):
                self._beat = False
            self._stop.wait(self._every_s if self._beat else min(self._every_s, 2.0))
        if engine is not None:
            engine.dispose()

    def stop(self) -> None:
        self._stop.set()

    def status(self) -> dict[str, Any]:
        return {"told": self._beat}


def beat(engine: Engine, row: dict[str, Any]) -> None:
    """Write this node's row, with the database's own time."""
    statement = insert(nodes).values(**row, heartbeat_at=func.now())
    values = {c: statement.excluded[c] for c in (*row, "heartbeat_at") if c != "name"}
    with engine.begin() as connection:
        connection.execute(statement.on_conflict_do_update(index_elements=["name"], set_=values))
