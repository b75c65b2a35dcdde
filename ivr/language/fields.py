"""Ready-made fields: what a caller's words, or keys, mean where a value is expected. One line a field in FIELDS.

Words are parsed in the services process; a media process reads keys only. `at` says when
it is: nothing here looks at a clock.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ivr.language import amounts, choices, dates, digits, durations, email, letters, person, phone, postal, times, typed
from ivr.language import yes_no as answers
from ivr.language.candidate import Candidate
from ivr.language.mending import mend
from ivr.language.numbers import number
from ivr.language.typed import KeyShape
from ivr.language.words import words

__all__ = ["FIELDS", "Candidate", "Field", "KeyShape", "from_keys", "key_shape", "parse"]

Parser = Callable[[str, str, Mapping[str, Any], str], list[Candidate]]
"""(text, language, settings, at) -> candidates, best first."""


@dataclass(frozen=True)
class Field:
    """How a field is heard, typed and read back."""

    parse: Parser
    keys: Callable[[Mapping[str, Any], str], KeyShape | None] = typed.none
    """(settings, language) -> what may be typed."""
    from_keys: Callable[[str, Mapping[str, Any], str], str | None] = typed.nothing
    """(keys, settings, language) -> value."""
    form: str = ""
    """The format that reads it back (spoken.FORMS); groups are added for those that take some."""
    words: bool = True
    """A grammar's path gives the words, which are parsed; False: its marks are the value already."""


def _of_words(parser: Callable[[list[str], str, Mapping[str, Any]], list[Candidate]]) -> Parser:
    """A parser of words alone: numerals are said digit by digit, no time counts."""
    return lambda text, language, settings, at: parser(words(text, language), language, settings)


def _digits(text: str, language: str, settings: Mapping[str, Any], _at: str) -> list[Candidate]:
    """`mends`: the value that was read back; what is said may change a part of it."""
    if settings.get("mends"):
        return mend(str(settings["mends"]), text, language, settings)
    return digits.parse(words(text, language), language, settings)


def _free(heard: list[str], _language: str, _settings: Mapping[str, Any]) -> list[Candidate]:
    return [Candidate(" ".join(heard), 0.9)] if heard else []


FIELDS: dict[str, Field] = {
    "digits": Field(_digits, typed.digits, typed.from_digits, "digits", words=False),
    "number": Field(_of_words(number), typed.number, typed.from_number, "number", words=False),
    "amount": Field(amounts.parse, typed.amount, typed.from_amount, "amount"),
    "date": Field(dates.parse, typed.date, typed.from_date, "date"),
    "time": Field(times.parse, typed.time, typed.from_time, "time"),
    "duration": Field(durations.parse, typed.duration, typed.from_duration, "duration"),
    "phone": Field(phone.parse, typed.phone, typed.from_phone, "phone"),
    "name": Field(person.parse),
    "spelling": Field(letters.spelling, form="spell"),
    "postal_code": Field(_of_words(postal.parse), typed.postal_code, typed.from_postal, "spell"),
    "email": Field(email.parse, form="email"),
    "yes_no": Field(_of_words(answers.parse), typed.yes_no, typed.from_yes_no, "yes_no", words=False),
    "choice": Field(_of_words(choices.parse), typed.choice, typed.from_choice, words=False),
    "intent": Field(_of_words(choices.intent), typed.choice, typed.from_choice, words=False),
    "entity": Field(_of_words(choices.entity), words=False),
    "free_text": Field(_of_words(_free)),
}


def parse(
    field: str, texts: str | Sequence[str], language: str, settings: Mapping[str, Any] | None = None, at: str = ""
) -> list[Candidate]:
    """Candidates over all readings of what was said, best first, each value once.

    `texts`: one text or an n-best list, best first; `settings` as slot.Slot.settings gives them; `at`: wall time now
    with the caller's zone, ISO 8601, for fields that know "tomorrow". Raises KeyError for a field that does not exist.
    """
    found: dict[str, float] = {}
    reader = FIELDS[field].parse
    for place, text in enumerate([texts] if isinstance(texts, str) else texts):
        for candidate in reader(text[:LONGEST], language, settings or {}, at):
            confidence = candidate.confidence * 0.9**place
            found[candidate.value] = max(found.get(candidate.value, 0.0), confidence)
    return [Candidate(*item) for item in sorted(found.items(), key=lambda item: -item[1])]


LONGEST = 500
"""Characters of one utterance that are read."""


def key_shape(field: str, settings: Mapping[str, Any] | None = None, language: str = "en") -> KeyShape | None:
    """None for a field that cannot be typed."""
    return FIELDS[field].keys(settings or {}, language)


def from_keys(field: str, keys: str, settings: Mapping[str, Any] | None = None, language: str = "en") -> str | None:
    """The value of typed keys (finish key left out); None when they are none."""
    return FIELDS[field].from_keys(keys, settings or {}, language)


def read_back(field: str, settings: Mapping[str, Any] | None = None) -> str:
    """The format that reads a value of the field back: `date`, `digits 4 4 4 4`; empty: as it is."""
    form = FIELDS[field].form
    groups = str((settings or {}).get("grouping") or "")
    return f"{form} {groups}" if groups and form in ("digits", "spell") else form


def names() -> Iterable[str]:
    return FIELDS
