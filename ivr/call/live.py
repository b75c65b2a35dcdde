"""Live switches, tables and bulletins as media knows them: what services told, what ran out since."""

from collections.abc import Mapping
from pathlib import Path

import msgspec
import structlog

from ivr.events import LiveChanged
from ivr.flow.lines import Lines
from ivr.wire.messages import LiveValue, LiveValues

log = structlog.get_logger()

EVERY_LINE = "*"


class LiveStand:
    """One a media process, on the audio loop's thread. `now`: seconds since 1970, for what runs out by itself."""

    def __init__(self, file: Path) -> None:
        """`file` is read at the start, when services may not be there yet."""
        self._file = file
        self._values: tuple[LiveValue, ...] = ()

    def read(self, now: float) -> None:
        """At the start."""
        try:
            found = msgspec.json.decode(self._file.read_bytes(), type=LiveValues)
        except FileNotFoundError:
            return
        except (OSError, msgspec.MsgspecError) as error:
            log.error("live values cannot be read; all are as lines.yaml says", error=type(error).__name__)
            return
        self.take(found, now)

    def take(self, told: LiveValues, now: float) -> bool:
        """Services told them; True when something changed."""
        values = tuple(value for value in told.values if _stands(value, now))
        changed, self._values = values != self._values, values
        return changed

    def expire(self, now: float) -> bool:
        """True when something ran out."""
        if all(_stands(value, now) for value in self._values):
            return False
        self._values = tuple(value for value in self._values if _stands(value, now))
        return True

    def of(self, lines: Lines | None) -> LiveChanged:
        """All switches and tables that these lines name, as they stand."""
        if lines is None:
            return LiveChanged()
        switches = dict.fromkeys(lines.switches, False)
        tables = {name: dict(rows) for name, rows in lines.tables.items()}
        for value in self._values:
            if value.kind == "switch" and value.name in switches:
                switches[value.name] = value.value == "on"
            elif value.kind == "table" and value.name in tables:
                tables[value.name][value.key] = value.value
        return LiveChanged(switches=switches, tables=tables)

    def bulletin(self, line: str) -> Mapping[str, str]:
        """Language (or "" for every one) -> what the line says first; its own before that of every line."""
        said = {name: {v.key: v.value for v in self._values if (v.kind, v.name) == ("bulletin", name)}
                for name in (line, EVERY_LINE)}  # fmt: skip
        return said[line] or said[EVERY_LINE]


def _stands(value: LiveValue, now: float) -> bool:
    return value.until is None or value.until > now
