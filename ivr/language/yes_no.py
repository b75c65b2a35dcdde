"""Yes and no in the forms people use."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from ivr.language.base import Language
from ivr.language.candidate import Candidate
from ivr.language.table import language as lookup


@cache
def _table(language: str) -> dict[tuple[str, ...], str]:
    data = lookup(language)
    return {tuple(p.split()): "no" for p in data.no} | {tuple(p.split()): "yes" for p in data.yes}


def stripped(words: list[str], data: Language) -> list[str]:
    """Without fillers, and without polite words at the end."""
    kept = [word for word in words if word not in data.fillers]
    ends = sorted((tuple(p.split()) for p in data.after), key=len, reverse=True)
    for end in ends:
        if len(kept) > len(end) and tuple(kept[-len(end) :]) == end:
            return kept[: -len(end)]
    return kept


def parse(words: list[str], language: str, settings: Mapping[str, Any]) -> list[Candidate]:
    """A whole phrase of yes or no; else the phrase that the answer begins with, or the one that it ends with."""
    data = lookup(language)
    table = _table(language)
    for form in (words, stripped(words, data)):
        if tuple(form) in table:
            return [Candidate(table[tuple(form)], 0.97)]
    kept = stripped(words, data)
    begin = _edge(kept, table, range(len(kept), 0, -1), True)
    end = _edge(kept, table, range(len(kept)), False, data.negations)
    if begin and end and begin != end:
        return [Candidate(begin, 0.4), Candidate(end, 0.35)]
    if begin:
        return [Candidate(begin, 0.8)]
    return [Candidate(end, 0.6)] if end else []


def _edge(
    words: list[str],
    table: Mapping[tuple[str, ...], str],
    cuts: range,
    begin: bool,
    negations: tuple[str, ...] = (),
) -> str:
    """The first cut that leaves a phrase; one behind a negation ("i am not | sure") counts for nothing."""
    for cut in cuts:
        answer = table.get(tuple(words[:cut] if begin else words[cut:]))
        if answer and not (cut and words[cut - 1] in negations):
            return answer
    return ""
