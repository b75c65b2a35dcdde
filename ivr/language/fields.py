"""Ready-made fields: what a caller's words, or keys, mean where a value is expected. One line a field in FIELDS."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from ivr.language import choices, digits, yes_no
from ivr.language.candidate import Candidate
from ivr.language.numbers import number
from ivr.language.words import words

__all__ = ["FIELDS", "Candidate", "Field", "KeyShape", "from_keys", "key_shape", "parse"]


class KeyShape(NamedTuple):
    """What may be typed: least and most keys, and which."""

    least: int
    most: int
    allowed: str


Parser = Callable[[list[str], str, Mapping[str, Any]], list[Candidate]]


@dataclass(frozen=True)
class Field:
    """How a field is heard and typed."""

    parse: Parser
    """(words, language, settings) -> candidates, best first."""
    keys: Callable[[Mapping[str, Any]], KeyShape | None]
    from_keys: Callable[[str, Mapping[str, Any]], str | None]


def _free(heard: list[str], _language: str, _settings: Mapping[str, Any]) -> list[Candidate]:
    return [Candidate(" ".join(heard), 0.9)] if heard else []


def _yes_no_keys(keys: str, _settings: Mapping[str, Any]) -> str | None:
    return {"1": "yes", "2": "no"}.get(keys)


def _choice_keys(keys: str, settings: Mapping[str, Any]) -> str | None:
    return choices.by_key(settings).get(keys)


def _digit_keys(keys: str, settings: Mapping[str, Any]) -> str | None:
    least, most = digits.length(settings)
    return keys if re.fullmatch(r"[0-9]+", keys) and least <= len(keys) <= most else None


def _number_keys(keys: str, _settings: Mapping[str, Any]) -> str | None:
    return str(int(keys)) if re.fullmatch(r"[0-9]{1,15}", keys) else None


FIELDS: dict[str, Field] = {
    "digits": Field(digits.parse, lambda s: KeyShape(*digits.length(s), "0123456789"), _digit_keys),
    "number": Field(number, lambda _: KeyShape(1, 15, "0123456789"), _number_keys),
    "yes_no": Field(yes_no.parse, lambda _: KeyShape(1, 1, "12"), _yes_no_keys),
    "choice": Field(choices.parse, lambda s: KeyShape(1, 1, "".join(choices.by_key(s))), _choice_keys),
    "free_text": Field(_free, lambda _: None, lambda _keys, _settings: None),
}


def parse(
    field: str, texts: str | Sequence[str], language: str, settings: Mapping[str, Any] | None = None, at: str = ""
) -> list[Candidate]:
    """Candidates over all readings of what was said, best first, each value once.

    `texts`: one text or an n-best list, best first; `settings` as slot.Slot.settings gives them; `at`: wall time now,
    ISO 8601, for fields that know "tomorrow". Raises KeyError for a field that does not exist.
    """
    found: dict[str, float] = {}
    reader = FIELDS[field].parse
    for place, text in enumerate([texts] if isinstance(texts, str) else texts):
        for candidate in reader(words(text, language), language, settings or {}):
            confidence = candidate.confidence * 0.9**place
            found[candidate.value] = max(found.get(candidate.value, 0.0), confidence)
    return [Candidate(*item) for item in sorted(found.items(), key=lambda item: -item[1])]


def key_shape(field: str, settings: Mapping[str, Any] | None = None) -> KeyShape | None:
    """None for a field that cannot be typed."""
    return FIELDS[field].keys(settings or {})


def from_keys(field: str, keys: str, settings: Mapping[str, Any] | None = None) -> str | None:
    """The value of typed keys (finish key left out); None when they are none."""
    return FIELDS[field].from_keys(keys, settings or {})


def names() -> Iterable[str]:
    return FIELDS
