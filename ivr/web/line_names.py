"""What lines.yaml of the served folder says, for pages that offer lines or show them."""

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
