"""A journal for people: one line an entry, time first, what the caller and the line did in words."""

from collections.abc import Iterable, Iterator

from ivr import actions, events, journal
from ivr.events import FRAME_S


def lines(entries: Iterable[journal.Entry]) -> Iterator[str]:
    """`12.3s caller says "where is my order"`."""
    for entry in entries:
        yield f"{entry.t * FRAME_S:7.2f}s {describe(entry)}"


def describe(entry: journal.Entry) -> str:  # noqa: PLR0911 - one line a kind of entry
    """One entry in words; those without words of their own as name and fields."""
    match entry:
        case actions.Say():
            return f'line says "{entry.text}" ({entry.language})'
        case actions.NodeEntered():
            return f"-> {entry.node} ({entry.node_type}, {entry.why})"
        case actions.Asked():
            return f"asked {entry.node}/{entry.part} #{entry.attempt} by {'+'.join(entry.input)}"
        case events.Heard():
            said = " | ".join(f'"{h.text}" {h.intent} {h.slots or ""}'.rstrip() for h in entry.hypotheses) or "nothing"
            guess = "guess " if entry.speculative else ""
            return f"heard {guess}{said}{'' if entry.in_grammar else ' (outside the grammar)'}"
        case events.Understood():
            best = ", ".join(f"{i.name} {i.confidence:.2f}" for i in entry.intents[:3]) or "nothing"
            return f"understood {best} by {entry.source}"
        case actions.KeysTaken():
            return f"keys {entry.keys}"
        case actions.Answered():
            what = entry.option or entry.intent or entry.slots or ""
            return f"answered {entry.node}: {entry.result} {what} {entry.confidence:.2f}"
        case actions.SlotFilled():
            return f"{entry.name} = {entry.value!r} ({entry.source})"
        case actions.Escalated():
            return f"{entry.kind} {entry.count} at {entry.node} -> {entry.to or 'again'}"
        case actions.Finished():
            return f"finished: {entry.outcome} at {entry.at}"
    return f"{type(entry).__name__} {_fields(entry)}".rstrip()


_CARRIED = {"call", "seq", "t", "leg", "turn"}


def _fields(entry: journal.Entry) -> str:
    shown = []
    for name in entry.__struct_fields__:
        value = getattr(entry, name)
        if name not in _CARRIED and value not in ("", 0, None, False, [], {}):
            shown.append(f"{name}={value!r}"[:200])
    return " ".join(shown)
