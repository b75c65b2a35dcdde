"""Tables of words that mean a value: numbers, months, weekdays. Made by libraries, added to by the language's data."""

from collections.abc import Iterator
from functools import cache

from ivr.language.spoken import say
from ivr.language.table import language as lookup
from ivr.language.words import spoken_words

Table = dict[tuple[str, ...], str]
"""Words (letters where spaces mean nothing are made of them later) -> value."""


@cache
def table(name: str, code: str) -> Table:
    """Raises KeyError for a class that the language does not have."""
    values = lookup(code).values
    if name not in values.ranges and name not in values.tables:
        raise KeyError(f"{code} has no words for {{{name}}}")
    found: Table = {}
    for recipe in filter(None, values.ranges.get(name, "").split(",")):
        for text, value in _made(recipe.strip(), code):
            found.setdefault(tuple(spoken_words(text, code)), value)
    for text, value in values.tables.get(name, {}).items():
        found[tuple(text.split())] = value
    return found


def _made(recipe: str, code: str) -> Iterator[tuple[str, str]]:
    kind, _, span = recipe.partition(" ")
    if kind in ("months", "weekdays"):
        yield from _calendar(kind, code)
        return
    first, _, last = span.partition("..")
    for n in range(int(first), int(last) + 1):
        for text in _forms(kind, n, code):
            yield text, str(n)


def _forms(kind: str, n: int, code: str) -> Iterator[str]:
    if kind == "native":
        numerals = lookup(code).values.numerals
        assert numerals is not None
        tens = [word for word, value in numerals.native_tens.items() if value == n - n % 10] if n >= 10 else [""]
        ones = [word for word, value in numerals.native_ones.items() if value == n % 10] if n % 10 else [""]
        yield from (ten + one for ten in tens for one in ones)
    elif kind == "year":
        yield say(n, "year", code)
        yield from _forms("cardinal", n, code)
    else:
        text = say(str(n), "number" if kind == "cardinal" else "ordinal", code)
        yield text
        if " and " in text:
            yield text.replace(" and ", " ")


def _calendar(kind: str, code: str) -> Iterator[tuple[str, str]]:
    """January -> 1, Monday -> 0, with their short forms."""
    from babel import Locale

    names = Locale.parse(code).months if kind == "months" else Locale.parse(code).days
    for width in ("wide", "abbreviated"):
        for n, name in names["format"][width].items():
            yield str(name), str(n)
