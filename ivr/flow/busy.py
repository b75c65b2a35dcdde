"""What callers hear when a line is full or the server is overloaded."""

from ivr.flow.built_in import built_in
from ivr.flow.models import Flow, Line, Lines


def announcement(lines: Lines | None, line: Line, flow: Flow) -> tuple[str, str]:
    """Text and language: the line's own, that of all lines, or the built-in one, in the flow's first language."""
    text = line.busy or (lines.busy if lines is not None else None) or built_in("busy")
    return text.of(str(flow.language)), str(flow.language)
