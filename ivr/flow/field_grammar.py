"""Automata of the ready-made fields. One line a field in FIELD_NETS.

The marks on a path are the value (digits, numbers, yes and no, choices) or, for fields that language/fields parses, the
words that the value is made of.
"""

import json
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from ivr.flow.net import SLOT, Net
from ivr.flow.number_grammar import number
from ivr.flow.spelled_grammar import spelling
from ivr.flow.spoken_grammar import false_start, patterns
from ivr.language import choices, phone, postal
from ivr.language.base import Language
from ivr.language.digits import length
from ivr.language.table import language as lookup
from ivr.language.words import words

FieldNet = Callable[[Net, int, int, str, Language, Mapping[str, Any]], None]
"""(net, start, end, slot, language, settings): adds every way to say the field between two states."""

_PAUSE_COST = 3.0
_LEAD_COST = 5.0
"""Most say the number alone; each way to begin is one of many."""


def digits(
    net: Net, start: int, end: int, slot: str, data: Language, settings: Mapping[str, Any], by_words: bool = False
) -> None:
    """One state a count of digits; "double four", "forty five", "fifteen" go two states on.

    `by_words`: marks are the words, where "six fifty two" is for the parser to decide.
    """
    least, most = length(settings)
    states = [start, *(net.state() for _ in range(most))]
    for count, state in enumerate(states):
        if count:
            net.fillers(state, data.fillers[:2], _PAUSE_COST)
        if count >= least:
            net.arc(state, end)
        if count == most:
            break
        for word, digit in data.digits.items():
            _arc(net, state, states[count + 1], word, 0.0, slot, digit, by_words)
        _repeated(net, states, count, slot, data, by_words)
        if count + 2 <= most:
            _grouped(net, state, states[count + 2], slot, data, by_words)


def _arc(net: Net, start: int, end: int, word: str, cost: float, slot: str, value: str, by_words: bool) -> None:
    text = (word + " " if word else "") if by_words else value
    net.arc(start, end, word, cost, slot if text else "", text)


def _repeated(net: Net, states: list[int], count: int, slot: str, data: Language, by_words: bool) -> None:
    by_times: dict[int, int] = {}
    for word, times in data.repeats.items():
        if count + times >= len(states):
            continue
        if by_words or times not in by_times:
            by_times[times] = net.state()
            for digit_word, digit in data.digits.items():
                _arc(net, by_times[times], states[count + times], digit_word, 0.0, slot, digit * times, by_words)
        _arc(net, states[count], by_times[times], word, 0.5, slot, "", by_words)


def _grouped(net: Net, state: int, following: int, slot: str, data: Language, by_words: bool) -> None:
    for word, pair in data.digit_groups.items():
        if word not in data.tens:
            _arc(net, state, following, word, 0.3, slot, pair, by_words)
    if data.tens:
        middle = net.state()
        for word, digit in data.tens.items():
            _arc(net, state, middle, word, 0.3, slot, digit, by_words)
        _arc(net, middle, following, "", 0.7, slot, "0", by_words)
        for word, digit in data.digits.items():
            if digit != "0":
                _arc(net, middle, following, word, 0.0, slot, digit, by_words)


def mending(net: Net, begin: int, cue: int, end: int, slot: str, data: Language, settings: Mapping[str, Any]) -> None:
    """What is said to a read-back of digits: some of them behind "no", or by rule ("the second digit is 7")."""
    _, most = length(settings)
    digits(net, cue, end, slot, data, {"length": f"1..{most}"}, by_words=True)
    for start in (begin, cue):
        patterns("mending")(net, start, end, slot, data, settings)


def phone_number(net: Net, start: int, end: int, slot: str, data: Language, settings: Mapping[str, Any]) -> None:
    """Digits, as many as numbers of the country have; after "plus" as many as any number has."""
    least, most = phone.lengths(phone.region(settings, data.code))
    digits(net, start, end, slot, data, {"length": f"{least}..{most}"}, by_words=True)
    abroad = net.state()
    for word in data.values.plus:
        net.arc(start, abroad, word, 1.0, slot, word + " ")
    digits(net, abroad, end, slot, data, {"length": "8..15"}, by_words=True)


def postal_code(net: Net, start: int, end: int, slot: str, data: Language, settings: Mapping[str, Any]) -> None:
    """Digits, or letters and digits where the country has them."""
    templates = postal.form(settings, data.code)[1]
    if "A" in templates:
        spelling(net, start, end, slot, data, {"pattern": templates})
        return
    for size in {len(template) for template in templates.split("|")}:
        digits(net, start, end, slot, data, {"length": f"{size}..{size}"}, by_words=True)


def yes_no(net: Net, start: int, end: int, slot: str, data: Language, _settings: Mapping[str, Any]) -> None:
    """Every form that the language lists."""
    said = [(phrase, "no") for phrase in data.no] + [(phrase, "yes") for phrase in data.yes]
    net.phrases(start, end, [(phrase.split(), 0.0, slot, value) for phrase, value in dict(said).items()])


def choice(net: Net, start: int, end: int, slot: str, data: Language, settings: Mapping[str, Any]) -> None:
    """Phrases, labels, values, and the numbers of the keys."""
    rows: dict[tuple[str, ...], tuple[float, str]] = {}
    for key, value in choices.by_key(settings).items():
        for phrase in data.choose.get(key, ()):
            rows[tuple(phrase.split())] = (0.5, value)
    for entry in settings.get("choices") or []:
        for form in choices.forms(entry, data.code):
            rows[tuple(form)] = (0.0, entry["value"])
    net.phrases(start, end, [(form, weight, slot, value) for form, (weight, value) in rows.items()])


def entity(net: Net, start: int, end: int, slot: str, data: Language, settings: Mapping[str, Any]) -> None:
    """What nlu.yml lists for it."""
    values = (settings.get("values") or {}).get(data.code) or {}
    net.phrases(start, end, [(words(text, data.code), 0.0, slot, value) for text, value in values.items()])


def intent(net: Net, start: int, end: int, slot: str, data: Language, settings: Mapping[str, Any]) -> None:
    """The examples of each wish."""
    examples = (settings.get("intents") or {}).get(data.code) or {}
    rows = ((text, name) for name, texts in examples.items() for text in texts)
    net.phrases(start, end, [(words(text, data.code), 0.0, slot, name) for text, name in rows])


FIELD_NETS: dict[str, FieldNet] = {
    "digits": digits,
    "number": number,
    "amount": patterns("amounts"),
    "date": patterns("dates"),
    "time": patterns("times"),
    "duration": patterns("durations"),
    "phone": phone_number,
    "spelling": spelling,
    "postal_code": postal_code,
    "yes_no": yes_no,
    "choice": choice,
    "entity": entity,
    "intent": intent,
}
"""Fields without a line here (name, email, free_text) make a question open: any words may be theirs."""

_BEGUN = {
    "digits": ("digit",),
    "phone": ("digit",),
    "postal_code": ("digit",),
    "number": ("digit",),
    "date": ("weekday", "month"),
}
"""What a caller may begin with and take back: "four five, no, four six seven eight", "Tuesday, sorry, Wednesday"."""


def add_field(
    net: Net, start: int, end: int, field: str, slot: str, language: str, settings: Mapping[str, Any]
) -> None:
    """The field between two states, with what may come before ("my number is") and, in Korean, cling behind."""
    net.insert(_field(field, language, json.dumps(settings, sort_keys=True)), start, end, slot)


@lru_cache(maxsize=256)
def _field(field: str, language: str, settings: str) -> Net:
    """The field by itself, from state 0 to state 1, its marks named SLOT: it is put wherever it may be said."""
    data, slot = lookup(language), SLOT
    net = Net()
    start, end, inner, last = 0, net.state(), net.state(), net.state()
    net.arc(start, inner)
    if field != "yes_no":
        net.fillers(inner, data.fillers[:2], _PAUSE_COST)
        net.phrases(start, inner, [(phrase.split(), _LEAD_COST, "", "") for phrase in data.lead_ins])
    if field in _BEGUN:
        false_start(net, inner, inner, _BEGUN[field], data)
    FIELD_NETS[field](net, inner, last, slot, data, json.loads(settings))
    net.arc(last, end)
    if field != "yes_no" and data.particles:
        net.phrases(last, end, [(phrase.split(), 0.5, "", "") for phrase in data.particles])
    return net
