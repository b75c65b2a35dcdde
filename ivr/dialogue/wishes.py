"""Wishes that wait for the one before them to be done.

Said in one sentence, they are taken one after the other: the next one where the flow comes to a menu that offers what
the first one offered ("is there anything else?"), or where it would hang up of its own accord. The caller hears which
one it is about. A caller who says goodbye or begins anew, and a transfer, end them.
"""

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ivr.dialogue import commands, levels, repair, replies
from ivr.dialogue.answer import Answer
from ivr.dialogue.position import Frame
from ivr.dialogue.several import name_of
from ivr.flow.built_in import built_in
from ivr.flow.nodes.confirm import ConfirmNode
from ivr.flow.nodes.steps import Ask

if TYPE_CHECKING:
    from ivr.dialogue.machine import Machine

UNPLANNED = frozenset({"limit", "escalation", "trouble", "max_visits", "command", "anywhere"})
"""Ways to a `hangup` that are no end of a task."""


@dataclass(frozen=True, slots=True)
class Wish:
    """One that waits."""

    flow: str
    node: str
    """The menu where it was said."""
    offered: frozenset[str]
    """Names of that menu's options: a menu with one of them begins a new task, too."""
    answer: Answer


Waiting = deque[Wish]


def note(machine: "Machine", frame: Frame, answer: Answer) -> None:
    """An answer came: keep what it asks for besides, or forget what waited."""
    option, entry = answer.option, answer.entry
    if (option is not None and _is_end(machine, option.next)) or (entry is not None and entry.command == "start_over"):
        machine.wishes.clear()
    if answer.then and frame.ask is not None:
        offered = frozenset(option.name for option in frame.ask.options)
        kept = [Wish(machine.flow.name, frame.node, offered, one) for one in answer.then]
        machine.wishes.extendleft(reversed(kept))


def _is_end(machine: "Machine", node: str) -> bool:
    model = machine.flow.nodes.get(node)
    return model is not None and model.type == "hangup"


def take(machine: "Machine", frame: Frame, ask: Ask) -> bool:
    """A question is about to be put: a wish that waits may stand in its place. True: it does, nothing is asked."""
    wish = machine.wishes[0] if machine.wishes else None
    if wish is None or wish.flow != machine.flow.name or frame.back is not None or ask.invalid or ask.denied:
        return False
    names = {option.name: option for option in ask.options}
    answer = wish.answer
    option = names.get(name_of(answer)) if answer.option is not None and not ask.listed else None
    entry = answer.entry if answer.entry in machine.flow.anywhere_at(frame.node) else None
    if not wish.offered & names.keys() or (option is None and entry is None):
        if not _asks_for_more(machine, frame, ask, wish.node):
            return False
        machine.enter(wish.node, "wish")
        return True
    machine.wishes.popleft()
    frame.ask, frame.clarify = ask, ()
    machine.mouth.said.clear()
    _announce(machine, frame, answer)
    if option is not None:
        machine.advance(replies.choose(machine.host.floor, machine.flow, machine.state, frame, answer, option))
    elif entry is not None:
        for name, value in answer.values.items():
            machine.fill(name, value, answer.how, answer.confidence, machine.flow.is_sensitive(name))
        commands.follow(machine, frame, entry)
    return True


def _asks_for_more(machine: "Machine", frame: Frame, ask: Ask, menu: str) -> bool:
    """ "Is there anything else?": yes leads to the menu where the wish was said."""
    if isinstance(frame.model, ConfirmNode):
        return frame.model.yes == menu and menu != frame.node
    leads = [option.next for option in ask.options]
    return menu != frame.node and menu in leads and any(_is_end(machine, node) for node in leads)


def _announce(machine: "Machine", frame: Frame, answer: Answer) -> None:
    """ "Now to your other question: our opening hours." """
    chosen = answer.option or answer.entry
    label = repair.label(chosen, machine.state.language) if chosen is not None else ""
    if label:
        machine.mouth.say(built_in("wish.next"), frame, {"wish": label})
    else:
        machine.mouth.say_built_in("wish.other", frame)


def instead(machine: "Machine", node: str, why: str) -> str:
    """The node to enter in place of one that would end the call while a wish waits: the menu where it was said."""
    if not machine.wishes or why in UNPLANNED or not _is_end(machine, node):
        return node
    wish = machine.wishes[0]
    if wish.flow not in {flow.name for flow, _ in levels.everything(machine)}:
        machine.wishes.clear()
        return node
    while machine.flow.name != wish.flow:
        machine.frame = levels.leave(machine)
    return wish.node
