"""Automata of the rules that a language's data give: dates, times, durations, amounts.

Arcs are marked with the words themselves, which language/fields parses afterwards: what "next Friday" is depends on the
day of the call.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ivr.flow.net import Label, Lexicon, Net
from ivr.flow.number_grammar import cardinals, spoken
from ivr.language.base import Language
from ivr.language.classes import table
from ivr.language.patterns import COUNT, DIGITS, expand

_PAUSE_COST = 3.0
_ALONE_COST = 0.5
"""Of a pattern that counts only when nothing else is said."""
_FALSE_START_COST = 4.0


def patterns(kind: str) -> Callable[[Net, int, int, str, Language, Mapping[str, Any]], None]:
    """The field whose rules are `ValueWords.<kind>`."""

    def add(net: Net, start: int, end: int, slot: str, data: Language, _settings: Mapping[str, Any]) -> None:
        lexicon = Lexicon()
        costs: dict[Label, float] = {}
        for pattern, _ in getattr(data.values, kind):
            cost = _ALONE_COST if pattern.startswith("=") else 0.0
            close: Label = ("end", str(cost))
            costs[close] = cost
            for way in expand(pattern):
                lexicon.add([*map(_label, way), close])
        inner: set[int] = set()
        for state, following, label in lexicon.place(net, start, end):
            if label[0] == "end":
                net.arc(state, following, "", costs[label])
            elif label[0] == "word":
                spoken(net, state, following, [label[1].split()], slot)
            else:
                _class(net, state, following, label[1], slot, data)
            inner |= {state, following} - {start, end}
        for state in sorted(inner):
            net.fillers(state, data.fillers[:2], _PAUSE_COST)

    return add


def _label(element: str) -> Label:
    return ("class", element[1:-1]) if element.startswith("{") else ("word", element)


def _class(net: Net, start: int, end: int, name: str, slot: str, data: Language) -> None:
    if name == COUNT:
        cardinals(net, start, end, slot, data, marked=False)
    elif name == DIGITS:
        more = net.state()
        for word in data.digits:
            net.arc(start, more, word, 0.0, slot, word + " ")
            net.arc(more, more, word, 0.0, slot, word + " ")
        net.arc(more, end)
    else:
        spoken(net, start, end, table(name, data.code), slot)


def false_start(net: Net, start: int, end: int, classes: Sequence[str], data: Language) -> None:
    """Words that are begun with and taken back ("four five, no"): they leave no mark."""
    begun, cue = net.state(), net.state()
    for name in classes:
        rows = [(word,) for word in data.digits] if name == "digit" else list(table(name, data.code))
        spoken(net, start, begun, rows, "")
        if name == "digit":
            spoken(net, begun, begun, rows, "")
    net.phrases(begun, cue, [(phrase.split(), 0.0, "", "") for phrase in data.corrections])
    net.arc(cue, end, "", _FALSE_START_COST)
