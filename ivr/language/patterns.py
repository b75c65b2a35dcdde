"""Patterns of a language's data against what was said: which value words stand where (value_words.py)."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import NamedTuple

from ivr.language.classes import table
from ivr.language.numbers import cardinal
from ivr.language.table import language as lookup

COUNT = "number"
"""The class of all whole numbers; it has no table."""
DIGITS = "digits"
"""The class of digits one by one; it has no table."""
_TOKEN = re.compile(r"\{\w+\}|[\[\]()|]|[^\s\[\]()|{}]+")


class Match(NamedTuple):
    start: int
    end: int
    meaning: str
    values: tuple[tuple[str, str], ...]
    """(class, value) in the order said."""
    alone: bool
    """It counts only when nothing else of meaning is said."""

    def get(self, name: str, place: int = 0) -> str:
        """The value of a class; empty when it was not said."""
        found = [value for key, value in self.values if key == name]
        return found[place] if place < len(found) else ""


@cache
def expand(pattern: str) -> tuple[tuple[str, ...], ...]:
    """Every way through a pattern, as words and `{classes}`: "[the] {day}" -> (the, {day}), ({day})."""
    ways, rest = _choice(_TOKEN.findall(pattern.removeprefix("=")), 0)
    assert rest < 0, pattern
    return tuple(dict.fromkeys(ways))


def _choice(tokens: Sequence[str], at: int) -> tuple[list[tuple[str, ...]], int]:
    """Alternatives until a closing bracket; -1 at the end of the pattern."""
    done: list[tuple[str, ...]] = []
    ways: list[tuple[str, ...]] = [()]
    while at < len(tokens):
        token = tokens[at]
        if token in "[(":
            inner, at = _choice(tokens, at + 1)
            if token == "[":
                inner = [*inner, ()]
            ways = [(*way, *more) for way in ways for more in inner]
        elif token == "|":
            done, ways, at = done + ways, [()], at + 1
        elif token in "])":
            return done + ways, at + 1
        else:
            ways, at = [(*way, token) for way in ways], at + 1
    return done + ways, -1


@dataclass
class _Node:
    units: dict[str, "_Node"] = field(default_factory=dict)
    classes: dict[str, "_Node"] = field(default_factory=dict)
    ends: list[str] = field(default_factory=list)
    """Meanings of patterns (values of tables) that end here."""

    def add(self, units: Sequence[str]) -> "_Node":
        node = self
        for unit in units:
            node = node.units.setdefault(unit, _Node())
        return node


def units(words: Sequence[str], code: str) -> list[str]:
    """Words, or the letters of a language whose spaces mean nothing."""
    return list(words) if lookup(code).values.spaces else list("".join(words))


@cache
def _trie(kind: str, code: str) -> _Node:
    """All rules of one kind ("dates", "times", ...)."""
    root = _Node()
    for pattern, meaning in getattr(lookup(code).values, kind):
        mark = "=" if pattern.startswith("=") else ""
        for way in expand(pattern):
            node = root
            for element in way:
                if element.startswith("{"):
                    node = node.classes.setdefault(element[1:-1], _Node())
                else:
                    node = node.add(units([element], code))
            node.ends.append(mark + meaning)
    return root


@cache
def _table_trie(name: str, code: str) -> _Node:
    root = _Node()
    for words, value in table(name, code).items():
        root.add(units(words, code)).ends.append(value)
    return root


def find(kind: str, said: Sequence[str], code: str) -> list[Match]:
    """Every match of the rules in `said` (units), the longest first, of equal ones the later first."""
    found: dict[Match, None] = {}
    for start in range(len(said)):
        for end, ends, values in _walk(_trie(kind, code), said, start, code, ()):
            for meaning in ends:
                found[Match(start, end, meaning.removeprefix("="), values, meaning.startswith("="))] = None
    return sorted(found, key=lambda match: (match.start - match.end, -match.start))


def _walk(
    node: _Node, said: Sequence[str], at: int, code: str, values: tuple[tuple[str, str], ...]
) -> Iterator[tuple[int, list[str], tuple[tuple[str, str], ...]]]:
    if node.ends:
        yield at, node.ends, values
    if at < len(said) and said[at] in node.units:
        yield from _walk(node.units[said[at]], said, at + 1, code, values)
    for name, following in node.classes.items():
        for end, value in _class(name, said, at, code):
            yield from _walk(following, said, end, code, (*values, (name, value)))


def _class(name: str, said: Sequence[str], at: int, code: str) -> Iterator[tuple[int, str]]:
    if name == COUNT:
        for end in range(min(len(said), at + 16), at, -1):
            value = cardinal(list(said[at:end]), code)
            if value is not None:
                yield end, str(value)
        return
    if name == DIGITS:
        yield from _digits(said, at, code, "")
        return
    for end, found, _ in _walk(_table_trie(name, code), said, at, code, ()):
        yield from ((end, value) for value in found)


def _digits(said: Sequence[str], at: int, code: str, text: str) -> Iterator[tuple[int, str]]:
    """One by one, in pairs ("forty five", "fifteen") and repeated ("double four")."""
    if at >= len(said):
        return
    data, word = lookup(code), said[at]
    following = data.digits.get(said[at + 1], "") if at + 1 < len(said) else ""
    steps = [(1, data.digits[word])] if word in data.digits else []
    if word in data.repeats and following:
        steps.append((2, following * data.repeats[word]))
    if word in data.tens and following not in ("", "0"):
        steps.append((2, data.tens[word] + following))
    elif word in data.digit_groups:
        steps.append((1, data.digit_groups[word]))
    for taken, more in steps:
        yield at + taken, text + more
        yield from _digits(said, at + taken, code, text + more)
