"""How well callers are understood, by what people corrected: words by place, confidence against what was right.

Only turns that somebody listened to and wrote down are here. Who writes down the misheard ones alone makes the share
of errors look higher than it is over all calls: a fair figure needs turns that were heard rightly written down too.
"""

from collections import defaultdict
from dataclasses import dataclass

import jiwer
from sqlalchemy import Connection

from ivr.insight.figures.span import CHOSEN, Span, rows
from ivr.insight.scoring import normal

STEPS = 10
"""Steps of confidence from 0 to 1."""
MOST = 50_000
"""Corrected turns that are looked at, the newest first."""


@dataclass(frozen=True)
class Scenario:
    """Corrected turns of one node in one language."""

    flow: str
    node: str
    language: str
    turns: int
    right: int
    """Turns in which every word was heard."""
    words: int
    errors: float
    """Word errors of 100 words said (substitutions, deletions, insertions); can be more than 100."""


@dataclass(frozen=True)
class Sureness:
    """Corrected turns whose confidence was from `low` to `high`."""

    low: float
    high: float
    turns: int
    right: int


@dataclass(frozen=True)
class _Turn:
    flow: str
    node: str
    language: str
    confidence: float | None
    heard: str
    said: str


@dataclass(frozen=True)
class Accuracy:
    scenarios: list[Scenario]
    sureness: list[Sureness]


def accuracy(connection: Connection, span: Span) -> Accuracy:
    """Scenarios with the most words first. Raises SQLAlchemyError."""
    statement = f"""
      select distinct on (k.call, k.turn) c.flow, t.node, t.language, t.confidence, k.heard, k.said
        from ivr.turn_corrections k join ivr.calls c on c.id = k.call
        join ivr.turns t on t.call = k.call and t.turn = k.turn
       where {CHOSEN} order by k.call desc, k.turn, k.made_at desc, k.id desc limit :most
    """
    turns = [_Turn(**row) for row in rows(connection, span, statement, most=MOST)]
    return Accuracy(_scenarios(turns), _sureness(turns))


def _scenarios(turns: list[_Turn]) -> list[Scenario]:
    places: dict[tuple[str, str, str], list[tuple[str, str]]] = defaultdict(list)
    for turn in turns:
        if said := normal(turn.said):
            places[turn.flow, turn.node, turn.language].append((said, normal(turn.heard)))
    found = []
    for place, pairs in places.items():
        told = jiwer.process_words([said for said, _ in pairs], [heard for _, heard in pairs])
        words = told.hits + told.substitutions + told.deletions
        right = sum(said == heard for said, heard in pairs)
        found.append(Scenario(*place, len(pairs), right, words, 100 * told.wer))
    return sorted(found, key=lambda one: (-one.words, one.flow, one.node, one.language))


def _sureness(turns: list[_Turn]) -> list[Sureness]:
    steps: dict[int, list[bool]] = defaultdict(list)
    for turn in turns:
        if turn.confidence is not None:
            step = min(max(int(turn.confidence * STEPS), 0), STEPS - 1)
            steps[step].append(normal(turn.said) == normal(turn.heard))
    return [Sureness(step / STEPS, (step + 1) / STEPS, len(right), sum(right)) for step, right in sorted(steps.items())]
