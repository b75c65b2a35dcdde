"""What lines.yaml of the served folder says, for pages that offer lines or show them."""

from collections.abc import Collection
from pathlib import Path

from pydantic import ValidationError

from ivr.flow.lines import Lines
from ivr.flow.source import parse


def read(flows: Path) -> Lines:
    """Empty when there is no file, or one that cannot be read (`ivr check` tells why)."""
    try:
        return Lines.model_validate(parse("lines.yaml", (flows / "lines.yaml").read_bytes()).value or {})
    except (OSError, ValidationError):
        return Lines()


def line_names(flows: Path) -> list[str]:
    return sorted(read(flows).lines)


def zones(flows: Path, lines: Collection[str] = ()) -> list[str]:
    """Time zones of these lines (none: all), the most frequent first; UTC when there is none."""
    known = read(flows).lines
    found = [line.timezone for name, line in known.items() if not lines or name in lines]
    return sorted(set(found), key=lambda zone: (-found.count(zone), zone)) or ["UTC"]
