"""What was said against a language's rules, and what of it means nothing: for dates, times, durations, amounts."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache

from ivr.language.base import Language
from ivr.language.candidate import Candidate
from ivr.language.patterns import Match, find, units
from ivr.language.table import language as lookup
from ivr.language.words import spoken_words

Resolve = Callable[[Match], Iterable[tuple[str, float]]]
"""(match) -> (value, how sure this reading is); nothing for a match that is no value ("February thirtieth")."""
_STRANGE = 0.06
_MOST = 0.4
"""What a word that means nothing here takes from the confidence, and all of them together."""


def corrected(words: list[str], data: Language) -> Iterator[list[str]]:
    """The words after the last correction ("no", "i said") first, then after earlier ones, then all."""
    cues = sorted((cue.split() for cue in data.corrections), key=len, reverse=True)
    for start in range(len(words) - 1, -1, -1):
        for cue in cues:
            if words[start : start + len(cue)] == cue and start + len(cue) < len(words):
                yield words[start + len(cue) :]
                break
    yield words


@cache
def known(code: str) -> tuple[str, ...]:
    """Phrases that carry no value: fillers, politeness, "my number is"; the longest first."""
    data = lookup(code)
    every = {*data.fillers, *data.lead_ins, *data.before, *data.after, *data.particles, *data.corrections}
    if data.values.spaces:
        return tuple({word for phrase in every for word in phrase.split()} | {data.phrases["and"]})
    return tuple(sorted({phrase.replace(" ", "") for phrase in every}, key=len, reverse=True))


def strange(said: Sequence[str], code: str) -> int:
    """How many words (pairs of letters) of what was said carry a meaning that is not asked for."""
    if lookup(code).values.spaces:
        plain = set(known(code))
        return sum(word not in plain for word in said)
    text = "".join(said)
    for phrase in known(code):
        text = text.replace(phrase, "")
    return (len(text) + 1) // 2


def read(kind: str, text: str, code: str, resolve: Resolve) -> list[Candidate]:
    """Candidates of one kind of rules ("dates", ...), best first. What follows a correction counts alone."""
    for words in corrected(spoken_words(text, code), lookup(code)):
        found = _read(kind, units(words, code), code, resolve)
        if found:
            return found
    return []


def _read(kind: str, said: list[str], code: str, resolve: Resolve) -> list[Candidate]:
    taken: list[tuple[Match, list[tuple[str, float]]]] = []
    for match in find(kind, said, code):
        if any(match.start < other.end and other.start < match.end for other, _ in taken):
            continue
        if match.alone and strange(said[: match.start] + said[match.end :], code):
            continue
        if values := list(resolve(match)):
            taken.append((match, values))
    spans = {n for match, _ in taken for n in range(match.start, match.end)}
    rest = _gaps(said, spans)
    penalty = min(_MOST, _STRANGE * sum(strange(gap, code) for gap in rest))
    doubt = 0.5 if len({values[0][0] for _, values in taken}) > 1 else 1.0
    scores: dict[str, float] = {}
    for _, values in taken:
        for value, sure in values:
            scores[value] = max(scores.get(value, 0.0), (0.95 * sure - penalty) * doubt, 0.05)
    return [Candidate(*item) for item in sorted(scores.items(), key=lambda item: -item[1])]


def _gaps(said: list[str], spans: set[int]) -> Iterator[list[str]]:
    gap: list[str] = []
    for n, unit in enumerate(said):
        if n in spans:
            if gap:
                yield gap
            gap = []
        else:
            gap.append(unit)
    if gap:
        yield gap
