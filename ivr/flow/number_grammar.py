"""Automata of whole numbers, with their value as marks or, for what is parsed later, their words."""

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any

from ivr.flow.net import Lexicon, Net
from ivr.language.base import Language
from ivr.language.spoken import say
from ivr.language.value_words import Numerals
from ivr.language.words import words

_SAID_IN_FULL = 999
"""Numbers up to here are listed as words; larger ones are two such numbers with "thousand" between them."""
_WITHOUT_AND_COST = 0.2
_LARGE_COST = 0.5


@cache
def _rows(code: str, least: int, most: int) -> tuple[tuple[int, tuple[str, ...], float], ...]:
    """(number, words, cost), with and without "and"."""
    found: list[tuple[int, tuple[str, ...], float]] = []
    for value in range(least, most + 1):
        full = tuple(words(say(value, "number", code), code))
        found.append((value, full, 0.0))
        if "and" in full:
            found.append((value, tuple(word for word in full if word != "and"), _WITHOUT_AND_COST))
    return tuple(found)


def number(net: Net, start: int, end: int, slot: str, data: Language, settings: Mapping[str, Any]) -> None:
    """Numbers of `range: 1..12`; without one up to a million, with a fraction ("three point five")."""
    least, dots, most = str(settings.get("range") or "").partition("..")
    bounds = [part for part in (least, most) if part]
    if dots and len(bounds) == 2 and all(part.isdigit() for part in bounds) and int(most) <= 2000:
        listed(net, start, end, slot, _rows(data.code, int(least), int(most)))
        if data.values.numerals:
            listed(net, start, end, slot, _native(data.values.numerals, int(least), int(most)))
        return
    whole = net.state()
    cardinals(net, start, whole, slot, data, marked=True)
    zero = [word for word, digit in data.digits.items() if digit == "0"]
    for word in zero[:1]:
        net.arc(start, whole, word, 0.0, slot, "0")
    net.arc(whole, end)
    point, after = net.state(), net.state()
    net.arc(whole, point, data.values.point, 1.0, slot, ".")
    for word, digit in data.digits.items():
        net.arc(point, after, word, 0.0, slot, digit)
        net.arc(after, after, word, 0.0, slot, digit)
    net.arc(after, end)


def cardinals(net: Net, start: int, end: int, slot: str, data: Language, marked: bool) -> None:
    """1 to 999,999 (99,999,999 where ten thousands are counted); `marked`: by value, else by words."""
    if data.values.numerals is not None:
        _built(net, start, end, slot, data, data.values.numerals, marked)
        return
    scale, word = data.values.scale
    width = len(str(scale)) - 1
    head, tail = net.state(), net.state()
    _below_thousand(net, start, end, slot, data, marked)
    _below_thousand(net, start, head, slot, data, marked)
    _arc(net, head, tail, word, _LARGE_COST, slot, "", marked)
    net.arc(tail, end, "", 0.0, slot if marked else "", "0" * width if marked else "")
    after = net.state()
    net.arc(tail, after)
    _arc(net, tail, after, data.phrases["and"], 0.1, slot, "", marked)
    _below_thousand(net, after, end, slot, data, marked, width)


def _below_thousand(net: Net, start: int, end: int, slot: str, data: Language, marked: bool, width: int = 0) -> None:
    """1 to 999: hundreds and the rest apart where the language says them one after the other, else a list of all."""
    joint = data.phrases["and"]
    hundreds = {n: tuple(words(say(n * 100, "number", data.code), data.code)) for n in range(1, 10)}
    apart = all(
        tuple(word for word in said if word != joint)
        == tuple(word for word in (*hundreds[value // 100], *_rows(data.code, value % 100, value % 100)[0][1]))
        for value, said, _ in _rows(data.code, 342, 344)
    )
    if not apart:
        listed(net, start, end, slot, _rows(data.code, 1, _SAID_IN_FULL), width, marked)
        return
    small = _rows(data.code, 1, 99)
    listed(net, start, end, slot, small, width, marked)
    many, after = net.state(), net.state()
    listed(net, start, many, slot, [(n, said, 0.0) for n, said in hundreds.items()], max(0, width - 2), marked)
    net.arc(many, end, "", 0.0, slot if marked else "", "00" if marked else "")
    net.arc(many, after, "", _WITHOUT_AND_COST)
    _arc(net, many, after, joint, 0.0, slot, "", marked)
    listed(net, after, end, slot, small, 2, marked)


def listed(
    net: Net,
    start: int,
    end: int,
    slot: str,
    rows: Sequence[tuple[int, tuple[str, ...], float]],
    width: int = 0,
    marked: bool = True,
) -> None:
    """Rows between two states; `width`: zeros before the value."""
    if marked:
        net.phrases(start, end, [(said, cost, slot, str(value).zfill(width)) for value, said, cost in rows])
        return
    spoken(net, start, end, [said for _, said, _ in rows], slot)


def spoken(net: Net, start: int, end: int, rows: Iterable[Sequence[str]], slot: str) -> None:
    """Every row from `start` to `end`, beginnings and ends shared, each arc marked with its word."""
    lexicon = Lexicon()
    for row in rows:
        lexicon.add([*(("word", word) for word in row), ("end", "")])
    for state, following, label in lexicon.place(net, start, end):
        marked = bool(slot and label[1])
        net.arc(state, following, label[1], 0.0, slot if marked else "", label[1] + " " if marked else "")


def _arc(net: Net, start: int, end: int, word: str, cost: float, slot: str, value: str, marked: bool) -> None:
    text = value if marked else (word + " " if word else "")
    net.arc(start, end, word, cost, slot if text else "", text)


def _native(numerals: Numerals, least: int, most: int) -> list[tuple[int, tuple[str, ...], float]]:
    """The other row of numbers: 스물셋."""
    rows: list[tuple[int, tuple[str, ...], float]] = []
    for tens_word, tens in {"": 0, **numerals.native_tens}.items():
        for ones_word, ones in {"": 0, **numerals.native_ones}.items():
            if tens + ones and least <= tens + ones <= most:
                rows.append((tens + ones, (tens_word + ones_word,), 0.1))
    return rows


def _built(net: Net, start: int, end: int, slot: str, data: Language, numerals: Numerals, marked: bool) -> None:
    """Place by place: [2] 천 [3] 백 [4] 십 5, then 만, then four places more. Marks always fill their places."""
    sections = [word for word, size in sorted(numerals.large.items(), key=lambda item: item[1])][:1]
    _section(net, start, end, slot, numerals, marked, False)
    listed(net, start, end, slot, _native(numerals, 1, 99), marked=marked)
    for word in sections:
        head, tail = net.state(), net.state()
        _section(net, start, head, slot, numerals, marked, False)
        _arc(net, head, tail, word, _LARGE_COST, slot, "", marked)
        _arc(net, start, tail, word, _LARGE_COST, slot, "1", marked)  # 만: ten thousand, without a one before it
        _arc(net, tail, end, "", 0.0, slot, "0" * (len(numerals.small) + 1), marked)
        _section(net, tail, end, slot, numerals, marked, True)


def _section(net: Net, start: int, end: int, slot: str, numerals: Numerals, marked: bool, padded: bool) -> None:
    """Below ten thousand; `padded`: all places are marked, zeros where nothing is said, else from the first said on."""
    places = [word for word, _ in sorted(numerals.small.items(), key=lambda item: -item[1])]
    ones = [(word, str(value)) for word, value in numerals.ones.items() if value]
    states = [*(net.state() for _ in range(len(places) + 1)), end]
    for n in range(len(places) + 1):
        begins = [states[n]] if padded else [states[n], start]
        said = net.state() if n < len(places) else end
        for begin in begins:
            for word, value in ones:
                _arc(net, begin, said, word, 0.0, slot, value, marked)
        if n < len(places):
            for begin in begins:
                _arc(net, begin, states[n + 1], places[n], 0.0, slot, "1", marked)
            _arc(net, said, states[n + 1], places[n], 0.0, slot, "", marked)
        _arc(net, states[n], states[n + 1], "", 0.0, slot, "0", marked)
    if padded:
        net.arc(start, states[0])
