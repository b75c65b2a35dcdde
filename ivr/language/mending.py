"""A read-back value that the caller mends: "no, 4568", "the second digit is 7", "seven not five", 마지막 숫자는 팔.

And the other way round: where two readings of what was said are close, which part to ask about ("fifteen or fifty?").
Pure: what is said when is the dialogue's matter.
"""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from ivr.language import digits, heard
from ivr.language.candidate import Candidate
from ivr.language.checksums import holds
from ivr.language.patterns import Match, units
from ivr.language.spoken import grouped, say
from ivr.language.table import language as lookup
from ivr.language.words import words

_SURE = 0.9
_LIKELY = 0.8
"""Of a part that resembles what it replaces, and of one that only fits at the end."""
_GUESSED = 0.5
_STRANGE = 1
"""Words beside the digits that mean something else: with more of them it is no mending."""


def mend(value: str, text: str, language: str, settings: Mapping[str, Any]) -> list[Candidate]:
    """What a string of digits becomes by what the caller said to its read-back; empty: nothing in it mends the value.

    `settings`: those of the field `digits` (length, checksum, grouping).
    """
    least, most = digits.length(settings)
    found: dict[str, float] = {}
    for new, sure in _mended(value, text, language, settings):
        if new != value and least <= len(new) <= most and holds(new, settings.get("checksum")):
            found[new] = max(found.get(new, 0.0), sure)
    return [Candidate(*item) for item in sorted(found.items(), key=lambda item: -item[1])]


def _mended(value: str, text: str, language: str, settings: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    ruled = heard.read("mending", text, language, lambda match: _rule(match, value))
    if ruled:
        yield from ((candidate.value, min(_SURE, candidate.confidence)) for candidate in ruled)
        return
    heard_words = words(text, language)
    others = [unit for unit in units(heard_words, language) if unit not in lookup(language).digits]
    if heard.strange(others, language) > _STRANGE:
        return
    said = digits.parse(heard_words, language, {"length": f"1..{digits.LONGEST}"})
    for candidate in said:
        if len(candidate.value) >= len(value):
            yield candidate.value, candidate.confidence
            continue
        place, distance = _nearest(value, candidate.value, str(settings.get("grouping") or ""))
        part = len(candidate.value)
        if distance and distance <= part / 2:
            yield value[:place] + candidate.value + value[place + part :], _LIKELY * candidate.confidence
        elif distance and digits.length(settings)[0] <= part:
            yield candidate.value, candidate.confidence
        elif distance:
            yield value[:-part] + candidate.value, _GUESSED * candidate.confidence


def _nearest(value: str, part: str, grouping: str) -> tuple[int, int]:
    """(place, how many digits differ) where `part` is most like the value: at groups' ends sooner than elsewhere, and
    sooner at the end, where people begin again."""
    ends = {0, len(value) - len(part)}
    place = 0
    for group in grouped(value, grouping):
        ends |= {place, place + len(group) - len(part)}
        place += len(group)
    ranked = []
    for start in range(len(value) - len(part) + 1):
        distance = sum(a != b for a, b in zip(value[start:], part, strict=False))
        ranked.append((distance + (0.5 if start not in ends else 0.0), -start, distance))
    _, start, distance = min(ranked)
    return -start, distance


def _rule(match: Match, value: str) -> Iterator[tuple[str, float]]:
    said, old = match.get("digits"), match.get("digits", 1)
    match match.meaning:
        case "place" if len(said) == 1:
            place = int(match.get("place"))
            at = place - 1 if place > 0 else len(value) + place
            if 0 <= at < len(value):
                yield value[:at] + said + value[at + 1 :], 1.0
        case "span" if len(said) == int(match.get("few")) < len(value):
            yield (value[: -len(said)] + said if match.get("place") in ("", "-1") else said + value[len(said) :]), 1.0
        case "tail" if len(said) < len(value):
            yield value[: -len(said)] + said, 1.0
        case "head" if len(said) < len(value):
            yield said + value[len(said) :], 1.0
        case "swap" | "swapped":
            new, old = (said, old) if match.meaning == "swap" else (old, said)
            if value.count(old) == 1:
                yield value.replace(old, new), 1.0
            elif old in value:  # which of them, nobody said: the last one, to be confirmed
                at = value.rindex(old)
                yield value[:at] + new + value[at + len(old) :], 0.7


class Doubt(NamedTuple):
    """Two readings of what was said, and where they differ."""

    first: str
    second: str
    start: int
    """The differing part, as places in both values; all of them when they have not the same length."""
    end: int

    @property
    def parts(self) -> tuple[str, str]:
        return self.first[self.start : self.end or None], self.second[self.start : self.end or None]


def doubt(first: str, second: str, field: str) -> Doubt:
    """Where two values differ. Of strings that are said sign by sign and have the same length it is a part."""
    if field not in PIECEWISE or len(first) != len(second) or not (first + second).isalnum():
        return Doubt(first, second, 0, 0)
    apart = [n for n, (a, b) in enumerate(zip(first, second, strict=True)) if a != b]
    return Doubt(first, second, apart[0], apart[-1] + 1) if apart else Doubt(first, second, 0, 0)


DOUBTED = frozenset(("digits", "number", "amount", "date", "time", "duration", "phone", "spelling", "postal_code"))
"""Fields whose values are asked about; two choices have a flow's `ambiguity`, yes or no is asked again."""
PIECEWISE = ("digits", "phone", "spelling", "postal_code")
"""Fields whose values are said sign by sign."""
NEITHER = "neither"
"""What is chosen by "neither" and "no"; `choices_of` has it last."""


def parts_in_words(doubt: Doubt, language: str, form: str = "digits") -> tuple[str, str]:
    """ "fifteen" and "fifty"; "B as in bravo" and "D as in delta": the parts as they are asked about."""
    if _alike(*doubt.parts):
        form = "number"
    first, second = (_named(part, language) or say(part, form, language) for part in doubt.parts)
    return first, second


def _named(part: str, language: str) -> str:
    """A lone letter by a word that begins with it, where the language has such: alone it would be misheard again."""
    data = lookup(language).values
    word = next((word for word, letter in data.letters.items() if letter == part.lower() and len(word) > 3), "")
    return f"{part.upper()} {data.as_in[0]} {word}" if word and data.as_in and len(part) == 1 else ""


def _alike(first: str, second: str) -> bool:
    """15 and 50, 13 and 30: teens and tens, which are heard for each other."""
    pairs = {frozenset((f"1{n}", f"{n}0")) for n in range(3, 10)}
    return frozenset((first, second)) in pairs


def choices_of(doubt: Doubt, language: str, form: str = "digits") -> list[dict[str, Any]]:
    """The two values as choices of a field `choice`, and NEITHER: chosen by the part that differs (in digits, as a
    number), by the whole value, by "the first one", by keys 1 and 2."""
    listed = places(language)
    named = zip((doubt.first, doubt.second), doubt.parts, parts_in_words(doubt, language, form), strict=True)
    for place, (value, part, label) in zip(listed, named, strict=False):
        numbers = [say(part, "number", language)] if part.isdigit() else []
        said = [label, say(part, form, language), say(value, form, language), *numbers]
        place["value"], place["label"] = value, {"": label}
        place["phrases"] = {language: [*said, *place["phrases"][language]]}
    return listed


def places(*languages: str) -> list[dict[str, Any]]:
    """The same choices by their places alone, for grammars that are made before the values are known."""
    numbers = {"1": "1", "2": "2", "0": NEITHER}
    found: list[dict[str, Any]] = [{"value": value, "phrases": {}} for value in numbers.values()]
    for language in languages:
        data = lookup(language)
        table = data.values.tables.get("first_second", {})
        for place, number in zip(found, numbers, strict=True):
            said = [phrase for phrase, at in table.items() if at == number]
            no = [phrase for phrase in data.no if phrase not in data.digits] if number == "0" else []
            place["phrases"][language] = [*said, *no]
    for place in found[:2]:
        place["key"] = place["value"]
    return found
