"""What must hold in a flow beyond the shape of its parts."""

from ivr.flow.examples import Nlu
from ivr.flow.models import Lines
from ivr.flow.problems import Problem
from ivr.flow.reading import Draft
from ivr.flow.source import Source


def flow(draft: Draft, nlu: dict[str, Nlu], lines: Lines | None) -> list[Problem]:
    """Every problem of one flow."""
    return []


def lines(source: Source, lines: Lines | None, flows: set[str]) -> list[Problem]:
    """Problems of lines.yaml."""
    return []
