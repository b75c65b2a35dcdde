"""E-mail addresses: "john dot smith at g mail dot com", "j o at example dot com", 엠 제이 골뱅이 네이버 점 컴."""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from ivr.language import letters
from ivr.language.base import Language
from ivr.language.candidate import Candidate
from ivr.language.heard import bare, corrected
from ivr.language.patterns import units
from ivr.language.table import language as lookup
from ivr.language.words import words

_ADDRESS = re.compile(r"[a-z0-9](?:[a-z0-9._+-]{0,62}[a-z0-9])?@(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,24}")
_SPOKEN = 0.75
"""Words of an address are heard out of any word there is: it is to be confirmed."""


def parse(text: str, language: str, settings: Mapping[str, Any], at: str) -> list[Candidate]:
    """Candidates, best first, in small letters."""
    if typed := _ADDRESS.search(text.lower()):
        return [Candidate(typed[0], 0.97)]
    for part in corrected(words(text, language), lookup(language)):
        value = _joined(part, language)
        if _ADDRESS.fullmatch(value) and ".." not in value:
            return [Candidate(value, _SPOKEN)]
    return []


def _joined(heard: list[str], code: str) -> str:
    data = lookup(code)
    kept = [word for word in heard if word not in data.fillers]
    while (ahead := _lead_in(kept, data)) and ahead < len(kept):
        kept = kept[ahead:]
    for end in sorted((tuple(p.split()) for p in (*data.after, *data.particles)), key=len, reverse=True):
        if tuple(kept[-len(end) :]) == end:
            kept = kept[: -len(end)]
    return "".join(_parts(units(bare(kept, data), code), data))


def _lead_in(heard: list[str], data: Language) -> int:
    phrases = [p.split() for p in (*data.lead_ins, *data.before)]
    return max((len(p) for p in phrases if heard[: len(p)] == p), default=0)


@cache
def _table(code: str) -> dict[tuple[str, ...], tuple[str, ...]]:
    signs = {tuple(units(word.split(), code)): (sign,) for word, sign in lookup(code).values.signs.items()}
    return {words: tuple(sign for sign, _ in values) for words, values in letters.signs(code).items()} | signs


def _parts(said: list[str], data: Language) -> Iterator[str]:
    table = _table(data.code)
    alphabet = set(data.values.letters) if data.values.spaces else set()  # "mike" in an address is the name
    at, before = 0, ""
    while at < len(said):
        times = data.repeats.get(said[at], 0)
        if times and len(again := table.get((said[at + 1],) if at + 1 < len(said) else (), ("",))[0]) == 1:
            yield again * times
            at, before = at + 2, again
            continue
        taken, before = _sign(table, said, at, alphabet, before)
        yield before
        at += taken


def _sign(
    table: Mapping[tuple[str, ...], tuple[str, ...]], said: list[str], at: int, alphabet: set[str], before: str
) -> tuple[int, str]:
    """(units, what they mean); behind a digit a word that is a letter and a digit (이) is a digit."""
    for size in range(min(5, len(said) - at), 0, -1):
        signs = table.get(tuple(said[at : at + size]), ())
        if signs and not (size == 1 and said[at] in alphabet):
            digit = next((sign for sign in signs if sign.isdigit()), "")
            return size, digit if digit and before.isdigit() else signs[0]
    return 1, said[at]
