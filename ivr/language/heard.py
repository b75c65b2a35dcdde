"""What was said against a language's rules, and what of it means nothing: for dates, times, durations, amounts."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache

from ivr.language.base import Language
from ivr.language.candidate import Candidate
from ivr.language.classes import table
from ivr.language.patterns import Match, find, units
from ivr.language.table import language as lookup
from ivr.language.words import spoken_words

Resolve = Callable[[Match], Iterable[tuple[str, float]]]
"""(match) -> (value, how sure this reading is); nothing for a match that is no value ("February thirtieth")."""
_STRANGE = 0.06
_MOST = 0.4
_DOUBT = 0.45
"""What is left of two values where one is asked for: below `min_confidence`."""
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
        if " ".join(words) in answers(code):
            continue
        for form in (bare(words, lookup(code)), words):
            found = _read(kind, units(form, code), code, resolve)
            if found:
                return found
    return []


def bare(words: list[str], data: Language) -> list[str]:
    """Without the ending that clings to the last word, where the language has such: 팔이요 is 8, not 82."""
    if not words or data.values.spaces:
        return words
    if words[-1] in data.particles:
        return words[:-1]
    for ending in sorted(data.particles, key=len, reverse=True):
        if words[-1].endswith(ending) and len(words[-1]) > len(ending):
            return [*words[:-1], words[-1][: -len(ending)]]
    return words


def _read(kind: str, said: list[str], code: str, resolve: Resolve) -> list[Candidate]:
    taken: list[tuple[Match, list[tuple[str, float]]]] = []
    for match in find(kind, said, code):
        if any(match.start < other.end and other.start < match.end for other, _ in taken):
            continue
        if _torn(said, match.start, code):
            continue
        if match.alone and strange(said[: match.start] + said[match.end :], code):
            continue
        if values := list(resolve(match)):
            taken.append((match, values))
    spans = {n for match, _ in taken for n in range(match.start, match.end)}
    rest = _gaps(said, spans)
    penalty = min(_MOST, _STRANGE * sum(strange(gap, code) for gap in rest))
    doubt = _DOUBT if len({values[0][0] for _, values in taken}) > 1 else 1.0
    scores: dict[str, float] = {}
    for _, values in taken:
        for value, sure in values:
            scores[value] = max(scores.get(value, 0.0), (0.95 * sure - penalty) * doubt, 0.05)
    return [Candidate(*item) for item in sorted(scores.items(), key=lambda item: -item[1])]


@cache
def _numerals(code: str) -> frozenset[str]:
    data = lookup(code)
    numerals = data.values.numerals
    if numerals is not None:
        return frozenset((*numerals.ones, *numerals.small, *numerals.large))
    ordinals = (words[0] for words in table("nth", code) if len(words) == 1) if "nth" in data.values.ranges else ()
    return frozenset((*data.digits, *data.digit_groups, *data.scales, *ordinals))


@cache
def answers(code: str) -> frozenset[str]:
    """Yes and no: 네 is four as well, but not when it is all that was said."""
    return frozenset((*lookup(code).yes, *lookup(code).no))


def _torn(said: Sequence[str], start: int, code: str) -> bool:
    """The match would begin inside a number: "thirty | second of may"."""
    numerals = _numerals(code)
    if not start or said[start] not in numerals or said[start - 1] not in numerals:
        return False
    # 십오일 십오시: the first 일 is no number but the word for day, where a number stands before it
    return not (said[start - 1] in lookup(code).values.ambiguous and start > 1 and said[start - 2] in numerals)


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
