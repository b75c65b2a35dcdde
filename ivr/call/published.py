"""The flows that new calls run on: `<state>/flows/current.json`, read at the start and whenever services publishes."""

import threading
from collections.abc import Callable
from pathlib import Path

import structlog
from pydantic import ValidationError

from ivr.flow.models import Published
from ivr.wire.messages import FlowsPublished

log = structlog.get_logger()


class PublishedFlows:
    """`current` is None until a set could be read. A call keeps the set that it started with."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.current: Published | None = None

    def read(self) -> bool:
        """At the start, without services; False when there is no usable set yet."""
        found = _load(self._path)
        self.current = found or self.current
        return found is not None

    def unserved(self, line: str, destination: str) -> str:
        """Which of them is not there, by name; empty: both are (`destination` may be empty)."""
        now = self.current
        if now is None or now.choose([], 0.0, line) is None:
            return f"there is no line {line!r}"
        destinations = now.lines.destinations if now.lines is not None else {}
        return f"there is no destination {destination!r}" if destination and destination not in destinations else ""

    def announce(self, notice: FlowsPublished, later: Callable[[Callable[[], None]], None]) -> None:
        """Services has a new set: read it beside the audio loop, then let `later` put it in place."""
        if self.current is not None and self.current.version == notice.version:
            return
        path = Path(notice.path) if notice.path else self._path
        path = path if path.is_absolute() else self._path.parent / path

        def load() -> None:
            found = _load(path)
            if found is not None:
                later(lambda: setattr(self, "current", found))

        threading.Thread(target=load, name="flows", daemon=True).start()


def _load(path: Path) -> Published | None:
    try:
        return Published.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValidationError) as error:
        log.error("published flows cannot be read; the ones before go on", path=str(path), error=type(error).__name__)
        return None
