"""A long text in pieces, so that the first is heard while the next is made.

Cut at the ends of sentences, then at commas; a first clause that is still long is cut before a small word that begins a
phrase ("... is with our colleagues | in the warehouse"). What stands before a flow's first value ("Your number is ...")
is a beginning: it is rendered ahead, so that a prompt that is new begins at once.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

FIRST, OTHERS = 42, 90
"""Letters of a piece, about: the first is waited for, the others are made while something is heard."""
LEAST = 12
"""Nothing shorter is cut off."""
SENTENCE_S, COMMA_S, INSIDE_S = 0.25, 0.14, 0.03
"""Silence after a piece."""
_SENTENCE = re.compile(r"(?<=[.!?])\s+")
_CLAUSE = re.compile(r"(?<=[,;:])\s+")
_PHRASE = re.compile(
    r"\s+(?=(?:and|or|but|with|for|to|in|on|at|is|are|was|will|that|which|from|until|because)\s)", re.I
)


@dataclass(frozen=True)
class Piece:
    """Words that are made in one go."""

    text: str
    pause_s: float
    """Silence that follows."""


def pieces(text: str) -> list[Piece]:
    """In order; one when the text is short."""
    text = " ".join(text.split())
    found: list[Piece] = []
    for sentence in _SENTENCE.split(text):
        clauses = _CLAUSE.split(sentence)
        for number, clause in enumerate(clauses):
            pause = SENTENCE_S if number == len(clauses) - 1 else COMMA_S
            most = OTHERS if found else FIRST
            *inside, last = _cut(clause, most)
            found += [*(Piece(part, INSIDE_S) for part in inside), Piece(last, pause)]
    return _joined(found)


def _cut(clause: str, most: int) -> list[str]:
    """The clause, or its first phrase and the rest of it."""
    if len(clause) <= most * 1.4:
        return [clause]
    places = [m for m in _PHRASE.finditer(clause) if m.start() >= LEAST and len(clause) - m.end() >= LEAST]
    if not places:
        return [clause]
    best = min(places, key=lambda m: abs(m.start() - most))
    return [clause[: best.start()], clause[best.end() :]]


def _joined(found: list[Piece]) -> list[Piece]:
    """Short ones go together: the first piece up to FIRST letters, the others up to OTHERS."""
    out: list[Piece] = []
    for piece in found:
        most = FIRST if len(out) == 1 else OTHERS
        if out and len(out[-1].text) + len(piece.text) < most:
            out[-1] = Piece(f"{out[-1].text} {piece.text}", piece.pause_s)
        else:
            out.append(piece)
    return out


def beginning(text: str, known: Iterable[str]) -> str:
    """The longest known beginning of a text, with more behind it; empty when there is none."""
    fitting = [it for it in known if text.startswith(f"{it} ") and len(it) >= LEAST - 4]
    return max(fitting, key=len, default="")
