"""Grammars of fields for evaluation, without a flow: the ready-made fields as flows have them, and spelled ones.

`alphanumeric` is what people say when they spell and read out: letters, then numbers in any of their forms, dates.
"""

from collections.abc import Sequence

from ivr.flow.field_grammar import FIELD_NETS, add_field
from ivr.flow.grammar import Grammar
from ivr.flow.net import Net
from ivr.insight.phrase_grammar import words_of
from ivr.language.base import rows

SLOT = "value"
LETTERS = "abcdefghijklmnopqrstuvwxyz"
_UNITS = rows("one, two, three, four, five, six, seven, eight, nine")
_TEENS = rows("ten, eleven, twelve, thirteen, fourteen, fifteen, sixteen, seventeen, eighteen, nineteen")
_TENS = rows("twenty, thirty, forty, fifty, sixty, seventy, eighty, ninety")
_MONTHS = rows("january, february, march, april, may, june, july, august, september, october, november, december")
_DAYS = rows("""
    first, second, third, fourth, fifth, sixth, seventh, eighth, ninth, tenth, eleventh, twelfth, thirteenth,
    fourteenth,
    fifteenth, sixteenth, seventeenth, eighteenth, nineteenth, twentieth, thirtieth""")

SPELLED = ("letters", "alphanumeric")


def fields() -> list[str]:
    """Names that `field_grammar` takes."""
    return [*FIELD_NETS, *SPELLED]


def field_grammar(names: Sequence[str], length: str = "", phrases: Sequence[str] = (), language: str = "en") -> Grammar:
    """One of the fields is said, alone or after one of the phrases, or a phrase alone. `length`: digits, "6" or "4..8".

    Raises ValueError for a field that is not there.
    """
    net = Net()
    begin, last = net.state(), net.state()
    net.arc(0, begin)
    sentences = [(words_of(phrase), 0.0, "", "") for phrase in phrases]
    if sentences:
        net.phrases(0, begin, sentences)
        net.phrases(0, last, sentences)
    for name in names:
        if name == "letters":
            spelled(net, begin, last, numbers=False)
        elif name == "alphanumeric":
            spelled(net, begin, last, numbers=True)
        elif name in FIELD_NETS:
            add_field(net, begin, last, name, SLOT, language, {"length": length} if length else {})
        else:
            raise ValueError(f"there is no field {name!r}; there are {', '.join(fields())}")
    return net.grammar(language, last, "+".join(names), [])


def spelled(net: Net, start: int, end: int, numbers: bool) -> None:
    """Letters one by one; with `numbers`, numbers after or instead of them, and dates."""
    letters = net.state()
    for letter in LETTERS:
        net.arc(start, letters, letter)
        net.arc(letters, letters, letter)
    net.arc(letters, letters, "apostrophe", 3.0)
    net.arc(letters, letters, "hyphen", 3.0)
    net.arc(letters, end)
    if not numbers:
        return
    figures, done = net.state(), net.state()
    net.arc(start, figures)
    net.arc(letters, figures, "", 1.0)
    _number(net, figures, done)
    net.arc(done, figures)
    net.arc(done, end)
    net.phrase(done, end, ["and", "a", "half"], 2.0)
    _date(net, start, end, figures)


def _number(net: Net, start: int, end: int) -> None:
    """Digits, "sixty one", "fourteen", "forty nine hundred", "two thousand five hundred and fifty two"."""
    for word in ("oh", "zero", *_UNITS, *_TEENS, *_TENS):
        net.arc(start, end, word)
    below, hundreds, thousands = net.state(), net.state(), net.state()
    for word in _TENS:
        tens = net.state()
        net.arc(start, tens, word)
        for unit in _UNITS:
            net.arc(tens, end, unit)
            net.arc(tens, below, unit)
        net.arc(tens, below)
    for word in (*_UNITS, *_TEENS):
        net.arc(start, below, word)
    net.arc(below, hundreds, "hundred", 1.0)
    net.arc(below, thousands, "thousand", 1.0)
    net.arc(hundreds, end)
    net.arc(thousands, end)
    net.arc(hundreds, start, "and", 0.5)
    for unit in _UNITS:
        many = net.state()
        net.arc(thousands, many, unit)
        net.arc(many, hundreds, "hundred")
    net.arc(thousands, start, "and", 0.5)


def _date(net: Net, start: int, end: int, figures: int) -> None:
    """Month and day in either order, then the year as numbers."""
    month_first, day = net.state(), net.state()
    for month in _MONTHS:
        net.arc(start, month_first, month, 1.0)
    for ordinal in _DAYS:
        net.arc(month_first, day, ordinal)
    for tens, last in (("twenty", 9), ("thirty", 1)):
        middle = net.state()
        net.arc(month_first, middle, tens)
        for ordinal in _DAYS[:last]:
            net.arc(middle, day, ordinal)
    _number(net, month_first, day)
    day_first = net.state()
    _number(net, start, day_first)
    for month in _MONTHS:
        net.arc(day_first, day, month, 1.0)
    net.arc(day, figures)
    net.arc(day, end)
