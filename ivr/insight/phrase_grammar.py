"""A grammar from training phrases and slot values, without a flow: for evaluating on a domain's own text.

The automaton's state is the last word or slot: what follows it in any phrase may follow it, and every value of a slot
stands wherever one of its values was written. Costs are the negative logarithm of how often a pair was seen.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

from ivr.flow.grammar import Arc, Grammar

_START, _END = "<start>", "<end>"


def words_of(text: str) -> list[str]:
    """Lower case, letters and apostrophes."""
    kept = "".join(c.lower() if c.isalnum() or c == "'" else " " for c in text.replace("’", "'"))
    return kept.split()


def phrase_grammar(
    phrases: Mapping[str, Iterable[str]], slots: Mapping[str, Sequence[str]], language: str = "en"
) -> Grammar:
    """`phrases`: intent -> texts; `slots`: name -> values as they are said."""
    values = {tuple(words_of(value)): slot for slot, texts in slots.items() for value in texts}
    longest = max(map(len, values), default=0)
    kept: dict[str, None] = {}
    arcs: list[list[Arc]] = [[]]
    finals: dict[int, float] = {}
    for intent, texts in phrases.items():
        pairs: dict[str, Counter[str]] = defaultdict(Counter)
        for words in map(words_of, texts):
            if words:
                kept[" ".join(words)] = None
                tokens = _classes(words, values, longest)
                for before, after in zip([_START, *tokens], [*tokens, _END], strict=True):
                    pairs[before][after] += 1
        _place(arcs, finals, intent, pairs, values)
    return Grammar(language, arcs, finals, list(kept), "phrases")


def _place(
    arcs: list[list[Arc]],
    finals: dict[int, float],
    intent: str,
    pairs: Mapping[str, Counter[str]],
    values: Mapping[tuple[str, ...], str],
) -> None:
    """One intent's states and arcs, entered from state 0."""
    states = {name: len(arcs) + n for n, name in enumerate(pairs)}
    arcs.extend([] for _ in states)
    by_slot: dict[str, list[tuple[str, ...]]] = defaultdict(list)
    for value, slot in values.items():
        by_slot[slot].append(value)
    if pairs:
        arcs[0].append(Arc(states[_START], slot="intent" if intent else "", value=intent))
    for before, followers in pairs.items():
        state, total = states[before], followers.total()
        for after, count in followers.items():
            cost = -math.log(count / total)
            if after == _END:
                finals[state] = cost
            elif after.startswith("["):
                slot = after[1:-1]
                share = math.log(len(by_slot[slot]))
                for value in by_slot[slot]:
                    _path(arcs, state, states[after], value, cost + share, slot)
            else:
                arcs[state].append(Arc(states[after], after, cost))


def _classes(words: list[str], values: Mapping[tuple[str, ...], str], longest: int) -> list[str]:
    out, at = [], 0
    while at < len(words):
        for length in range(min(longest, len(words) - at), 0, -1):
            slot = values.get(tuple(words[at : at + length]))
            if slot is not None:
                out.append(f"[{slot}]")
                at += length
                break
        else:
            out.append(words[at])
            at += 1
    return out


def _path(arcs: list[list[Arc]], begin: int, end: int, words: Sequence[str], cost: float, slot: str) -> None:
    state = begin
    for n, word in enumerate(words):
        last = n == len(words) - 1
        if last:
            target = end
        else:
            target = len(arcs)
            arcs.append([])
        arcs[state].append(Arc(target, word, cost if n == 0 else 0.0, slot, " ".join(words) if last else ""))
        state = target
