"""Automata of what is spelled: letters, figures, "m as in mike", "double l".

Marks are the words said for letters and figures: where a word is both (오: o and 5), the parser decides.
"""

from collections.abc import Mapping
from typing import Any

from ivr.flow.net import Net
from ivr.language.base import Language

_PAUSE_COST = 3.0
_REPEAT_COST = 0.5
_EXAMPLE_COST = 0.3
_LONGEST_COUNTED = 24
"""Up to here a state a place; longer things are spelled in one place that goes round."""


def spelling(net: Net, start: int, end: int, slot: str, data: Language, settings: Mapping[str, Any]) -> None:
    """`pattern` ("AA9999|A99999") or `length` ("6..8") bounds it; else any number of letters and digits."""
    if settings.get("pattern"):
        for template in str(settings["pattern"]).split("|"):
            states = [start, *(net.state() for _ in template[1:]), end]
            for n, sign in enumerate(template):
                _place(net, states[n], [states[n + 1]], slot, data, sign)
        return
    least, _, most = str(settings.get("length") or f"1..{_LONGEST_COUNTED + 1}").partition("..")
    if int(most or least) > _LONGEST_COUNTED:
        round_ = net.state()
        _place(net, start, [round_], slot, data, "")
        _place(net, round_, [round_], slot, data, "")
        net.arc(round_, end)
        return
    states = [start, *(net.state() for _ in range(int(most or least)))]
    for n, state in enumerate(states):
        if n >= int(least):
            net.arc(state, end)
        if n + 1 < len(states):
            _place(net, state, states[n + 1 : n + 3], slot, data, "")


def _place(net: Net, start: int, ahead: list[int], slot: str, data: Language, sign: str) -> None:
    """One letter or digit from `start` to the first state `ahead`, two of them ("double l") to the second.

    `sign`: A a letter, 9 a digit, empty either, else itself.
    """
    net.fillers(start, data.fillers[:2], _PAUSE_COST)
    end = ahead[0]
    letters = {c: c for c in "abcdefghijklmnopqrstuvwxyz"} | data.values.letters if sign != "9" else {}
    figures = data.digits if sign != "A" else {}
    if sign not in ("", "A", "9"):
        letters = {word: letter for word, letter in letters.items() if letter.upper() == sign}
        figures = {word: digit for word, digit in figures.items() if digit == sign}
    signs = [*letters.items(), *figures.items()]
    net.phrases(start, end, [(word.split(), 0.0, slot, word + " ") for word, _ in signs])
    if data.values.as_in and letters:
        _examples(net, start, end, slot, data, set(letters.values()))
    if not sign:
        after = ahead[1] if len(ahead) > 1 else (end if start == end else -1)
        for word, times in data.repeats.items() if after >= 0 else ():
            if times == 2:
                twice = net.state()
                net.arc(start, twice, word, _REPEAT_COST, slot, word + " ")
                net.phrases(twice, after, [(said.split(), 0.0, slot, said + " ") for said, _ in signs])


def _examples(net: Net, start: int, end: int, slot: str, data: Language, letters: set[str]) -> None:
    """m as in mike."""
    for letter in sorted(letters):
        words = [word for word in dict.fromkeys(data.values.examples) if word.startswith(letter)]
        if words:
            said, cue = net.state(), net.state()
            net.arc(start, said, letter, _EXAMPLE_COST, slot, letter + " ")
            net.phrases(said, cue, [(phrase.split(), 0.0, "", "") for phrase in data.values.as_in])
            for word in words:
                net.arc(cue, end, word)
