"""Digits in every spoken form: "four five six eight", "forty five sixty eight", "double four", 공 일, 사오육칠."""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from ivr.language.base import Language
from ivr.language.candidate import Candidate
from ivr.language.checksums import holds
from ivr.language.heard import corrected
from ivr.language.numbers import cardinal
from ivr.language.table import language as lookup

LONGEST = 64
_READINGS = 64
"""Readings of one utterance that are followed."""


def length(settings: Mapping[str, Any]) -> tuple[int, int]:
    """(least, most) of `length: "4..8"`; without it 1 to 64."""
    least, _, most = str(settings.get("length") or f"1..{LONGEST}").partition("..")
    return int(least), int(most or least)


def parse(words: list[str], language: str, settings: Mapping[str, Any]) -> list[Candidate]:
    """Every reading whose length fits, best first. What follows a correction ("no, I said ...") counts alone."""
    least, most = length(settings)
    data = lookup(language)
    for mended in corrected(words, data):
        found = [c for c in _readings(mended, data, least, most) if holds(c.value, settings.get("checksum"))]
        if found:
            return found
    return []


def _readings(words: list[str], data: Language, least: int, most: int) -> list[Candidate]:
    scored: dict[str, float] = {}
    for run, strange in _runs(words, data):
        for value, cost in spell_out(tuple(run), data.code):
            if least <= len(value) <= most:
                confidence = max(0.05, 0.97 - 0.15 * cost - 0.1 * strange)
                scored[value] = max(scored.get(value, 0.0), confidence)
    return [Candidate(*item) for item in sorted(scored.items(), key=lambda item: -item[1])[:8]]


def _runs(words: list[str], data: Language) -> Iterator[tuple[list[str], int]]:
    """Stretches of words that digits are made of, and how many words beside them mean nothing here."""
    known = {word for phrase in (*data.lead_ins, *data.after, *data.before) for word in phrase.split()}
    known.update(data.fillers)
    units = [unit for word in words for unit in _units(word, data)]
    joints = {*data.fillers, *data.particles, data.phrases["and"]}
    joints |= {word for word, sign in data.values.signs.items() if sign in ("-", ".")}
    runs: list[list[str]] = [[]]
    strange = 0
    for unit in units:
        if _means_digits(unit, data):
            runs[-1].append(unit)
        elif unit in joints:
            continue
        else:
            strange += unit not in known
            if runs[-1]:
                runs.append([])
    runs = [run for run in runs if run]
    for run in sorted(runs, key=len, reverse=True):
        yield run, strange
    if len(runs) > 1:  # "four five um no sorry six": the caller was interrupted by something that means nothing
        yield [unit for run in runs for unit in run], strange + len(runs)


def _units(word: str, data: Language) -> list[str]:
    """Korean digits cling together and to particles: 사오육칠번 -> 사 오 육 칠 번."""
    if data.values.spaces or word in data.particles or _means_digits(word, data):
        return [word]
    for particle in ("", *sorted(data.particles, key=len, reverse=True)):
        stem = word[: len(word) - len(particle)] if particle and word.endswith(particle) else word
        if stem and (not particle or stem != word) and all(_means_digits(c, data) for c in stem):
            return [*stem, *([particle] if particle else [])]
    return [word]


def _means_digits(word: str, data: Language) -> bool:
    return (
        word in data.digits
        or word in data.repeats
        or word in data.digit_groups
        or word in data.homophones
        or word in data.scales
    )


@lru_cache(maxsize=1024)
def spell_out(run: tuple[str, ...], language: str) -> tuple[tuple[str, float], ...]:
    """All readings of a run of number words as digits, with their cost (0: the plain one)."""
    data = lookup(language)
    if any(word in data.scales for word in run):
        value = cardinal(list(run), language)
        if value is not None:
            return ((str(value), 0.0),)
    paths: list[tuple[int, str, float]] = [(0, "", 0.0)]
    done: dict[str, float] = {}
    while paths:
        place, text, cost = paths.pop()
        if place == len(run):
            done[text] = min(done.get(text, 9.0), cost)
            continue
        for taken, digits, extra in _steps(run, place, data):
            if len(paths) + len(done) < _READINGS and len(text) < LONGEST:
                paths.append((place + taken, text + digits, cost + extra))
    return tuple(sorted(done.items(), key=lambda item: item[1]))


def _steps(run: tuple[str, ...], at: int, data: Language) -> Iterator[tuple[int, str, float]]:
    """(words taken, digits, cost) of every way to read on from `at`."""
    word, following = run[at], run[at + 1] if at + 1 < len(run) else ""
    digit = data.digits.get(word)
    if digit and following in data.scales:
        yield 2, str(cardinal([word, following], data.code) or ""), 0.1  # "eight hundred" in a telephone number
    if digit is not None:
        yield 1, digit, 0.0
    elif word in data.homophones:
        yield 1, data.homophones[word], 0.7
    if word in data.repeats and following in data.digits:
        yield 2, data.digits[following] * data.repeats[word], 0.0
    if word in data.digit_groups:
        joined = word in data.tens and data.digits.get(following, "0") != "0"
        yield 1, data.digit_groups[word], 1.0 if joined else 0.0
    if word in data.tens and data.digits.get(following, "0") != "0":
        yield 2, data.tens[word] + data.digits[following], 0.0
