"""Names of people: "this is Anna Smith", "Smith, s m i t h", 제 이름은 김민수입니다."""

import re
from collections.abc import Mapping
from typing import Any

from ivr.language import letters
from ivr.language.base import Language
from ivr.language.candidate import Candidate
from ivr.language.heard import corrected
from ivr.language.table import language as lookup
from ivr.language.words import words

_PLAIN, _SPELLED = 0.75, 0.9
"""Recognizers know few names: one that was not spelled is to be confirmed."""
_MOST_WORDS = 4


def parse(text: str, language: str, settings: Mapping[str, Any], at: str) -> list[Candidate]:
    """Candidates, best first, with capitals."""
    data = lookup(language)
    if re.search(r"\d|@", text):
        return []
    for part in corrected(words(text, language), data):
        found = _spelled(part, data) or _plain(part, data)
        if found:
            return found
    return []


def _spelled(heard: list[str], data: Language) -> list[Candidate]:
    """At least three letters one by one; a word before them is the same name, said."""
    rest = [word for word in heard if word not in data.fillers]
    single = [word for word in rest if len(word) == 1 or word in data.values.letters]
    if len(single) < 3:
        return []
    found = [(value, cost) for value, cost in letters.readings(rest, data.code) if value.isalpha() and len(value) > 2]
    return [Candidate(value.capitalize(), _SPELLED - cost / 3) for value, cost in found[:3]]


def _plain(heard: list[str], data: Language) -> list[Candidate]:
    kept = [word for word in heard if word not in data.fillers]
    if not data.values.spaces:
        return _clinging("".join(kept), data)
    while ahead := _edge(kept, (*data.values.name_starts, *data.before), True):
        kept = kept[ahead:]
    while behind := _edge(kept, (*data.values.name_ends, *data.after), False):
        kept = kept[:-behind]
    strange = {*data.values.no_names, *data.digits, *data.digit_groups}
    if not 0 < len(kept) <= _MOST_WORDS or strange & set(kept) or len("".join(kept)) < 2:
        return []
    return [Candidate(" ".join(_capital(word) for word in kept), _PLAIN - 0.05 * (len(kept) > 2))]


def _capital(word: str) -> str:
    """o'neill -> O'Neill, mcdonald -> McDonald."""
    parts = "'".join(part.capitalize() for part in word.split("'"))
    return re.sub(r"^(Mc)([a-z])", lambda found: found[1] + found[2].upper(), parts)


def _edge(heard: list[str], phrases: tuple[str, ...], begin: bool) -> int:
    """Words of the longest phrase that `heard` begins (ends) with, something being left."""
    sizes = (
        len(parts)
        for parts in map(str.split, phrases)
        if (heard[: len(parts)] if begin else heard[-len(parts) :]) == parts
    )
    return max((size for size in sizes if size < len(heard)), default=0)


def _clinging(text: str, data: Language) -> list[Candidate]:
    """Where endings cling to the name."""
    strange = {word.replace(" ", "") for word in data.values.no_names}
    if text in strange:
        return []
    starts = sorted((p.replace(" ", "") for p in (*data.values.name_starts, *data.before)), key=len, reverse=True)
    while ahead := next((s for s in starts if text.startswith(s) and len(text) > len(s) + 1), ""):
        text = text[len(ahead) :]
    for end in sorted((p.replace(" ", "") for p in (*data.values.name_ends, *data.after)), key=len, reverse=True):
        if text.endswith(end) and len(text) > len(end) + 1:
            text = text[: -len(end)]
            break
    if not 2 <= len(text) <= 5 or text in strange:
        return []
    return [] if all(c in data.digits for c in text) else [Candidate(text, _PLAIN)]
