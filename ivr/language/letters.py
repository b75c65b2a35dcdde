"""Letters and figures one by one: "m as in mike", "double l", "alpha bravo", "a b one two", 에이 비 일 이."""

import itertools
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from string import ascii_lowercase, digits
from typing import Any

from ivr.language.base import Language
from ivr.language.candidate import Candidate
from ivr.language.checksums import holds
from ivr.language.digits import length
from ivr.language.heard import bare, corrected, strange
from ivr.language.patterns import units
from ivr.language.table import language as lookup

_WRITTEN = re.compile(r"\b(?:[A-Z]{2,6}\b|[A-Za-z]+\d[A-Za-z\d]*|\d+[A-Za-z][A-Za-z\d]*|[A-Z]+(?=\d))")
"""What was written together: "ABC-123", "ab12"."""
_TOKEN = re.compile(r"[0-9]|[a-z]+(?:'[a-z]+)*|[^\W\d_]+")
_READINGS = 256
_LONGEST_WORD = 5
"""Units of the longest word for a letter (letters where spaces mean nothing)."""
_TURN_COST = 0.08
"""From letters to digits or back: where a word is both, it is what its neighbours are."""
Reading = tuple[str, float]
"""(what is spelled, cost)."""


@cache
def signs(code: str) -> dict[tuple[str, ...], tuple[tuple[str, float], ...]]:
    """Words (as units) -> letters or digits that they can mean, and what it costs to read them so."""
    data = lookup(code)
    found: dict[tuple[str, ...], list[tuple[str, float]]] = {(c,): [(c, 0.0)] for c in ascii_lowercase + digits}
    for word, letter in data.values.letters.items():
        found.setdefault(tuple(units(word.split(), code)), []).append((letter, 0.02))
    for word, digit in data.digits.items():
        place = found.setdefault(tuple(units(word.split(), code)), [])
        place.append((digit, 0.03 if place else 0.0))
    for word, pair in data.digit_groups.items():
        found.setdefault((word,), []).append((pair, 0.1))
    for word, tens in data.tens.items():
        for digit_word, digit in data.digits.items():
            if digit != "0":
                found.setdefault((word, digit_word), []).append((tens + digit, 0.0))
    return {unit: tuple(values) for unit, values in found.items()}


def fits(text: str, templates: str) -> bool:
    """'AB1234' fits 'AA9999'; A is a letter, 9 a digit, anything else itself; `|` between templates."""
    return any(
        len(text) == len(template)
        and all(
            c.isalpha() if want == "A" else c.isdigit() if want == "9" else c.upper() == want
            for c, want in zip(text, template, strict=True)
        )
        for template in templates.split("|")
    )


def spelling(text: str, language: str, settings: Mapping[str, Any], at: str) -> list[Candidate]:
    """Candidates in capitals, best first. `settings`: length, pattern ("AA9999"), checksum."""
    least, most = length({"length": settings.get("length") or "1..40"})
    pattern, checksum = str(settings.get("pattern") or ""), settings.get("checksum")

    def taken(value: str) -> bool:
        return least <= len(value) <= most and (not pattern or fits(value, pattern)) and holds(value, checksum)

    apart = _WRITTEN.sub(lambda found: " ".join(found[0]), unicodedata.normalize("NFC", text))
    data = lookup(language)
    for part in corrected(bare(_TOKEN.findall(apart.lower()), data), data):
        scored: dict[str, float] = {}
        for value, cost in readings(part, language):
            if taken(value.upper()):
                scored[value.upper()] = max(scored.get(value.upper(), 0.0), 0.95 - cost)
        if scored:
            return [Candidate(*item) for item in sorted(scored.items(), key=lambda item: -item[1])[:8]]
    return []


def readings(heard: Sequence[str], code: str) -> list[Reading]:
    """What the longest spelled stretch may be; words around it that mean something cost."""
    data = lookup(code)
    said = units([word for word in heard if word not in data.fillers], code)
    best: dict[str, float] = {}
    longest = 0
    for start in range(len(said)):
        found = _from(said, start, code)
        end = max((end for end, _, _ in found), default=0)
        if end - start > longest:
            longest = end - start
            rest = strange([*said[:start], *said[end:]], code)
            best = {}
            for stop, text, cost in found:
                if stop == end:
                    turns = sum(a.isdigit() != b.isdigit() for a, b in itertools.pairwise(text))
                    others = len(said) - (end - start) if len(text) == 1 and data.values.spaces else 0
                    lonely = 0.6 if others > 2 else 0.0  # "i would like that" spells nothing
                    whole = cost + min(0.6, 0.2 * rest + lonely) + _TURN_COST * min(turns, 3)
                    best[text] = min(best.get(text, 9.0), whole)
    return sorted(best.items(), key=lambda item: item[1])


def _from(said: Sequence[str], start: int, code: str) -> list[tuple[int, str, float]]:
    """(end, text, cost) of every way to spell on from `start`."""
    done: list[tuple[int, str, float]] = []
    paths = [(start, "", 0.0)]
    data = lookup(code)
    while paths and len(done) < _READINGS:
        at, text, cost = paths.pop()
        ahead = list(_steps(said, at, data)) if len(text) < 64 else []
        paths += [(at + taken, text + more, cost + extra) for taken, more, extra in reversed(ahead)]
        if text and not ahead:
            done.append((at, text, cost))
    return done


def _steps(said: Sequence[str], at: int, data: Language) -> Iterator[tuple[int, str, float]]:
    table = signs(data.code)
    for size in range(min(_LONGEST_WORD, len(said) - at), 0, -1):
        for sign, cost in table.get(tuple(said[at : at + size]), ()):
            example = _example(said, at + size, sign, data)
            if example:
                yield size + example, sign, 0.0
                return
            yield size, sign, cost
    word = said[at] if at < len(said) else ""
    if word in data.repeats:
        for taken, sign, cost in _steps(said, at + 1, data):
            if len(sign) == 1:
                yield 1 + taken, sign * data.repeats[word], cost


def _example(said: Sequence[str], at: int, letter: str, data: Language) -> int:
    """Units of "as in mike" behind a letter; 0 when there is none."""
    if not letter.isalpha():
        return 0
    for cue in data.values.as_in:
        parts = units(cue.split(), data.code)
        word = at + len(parts)
        if list(said[at:word]) == parts and word < len(said) and said[word].startswith(letter):
            return len(parts) + 1
    return 0
