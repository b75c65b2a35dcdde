"""What is known of the caller from earlier calls, and what is kept of this one.

Language, last request, day of the last call and the choice to be remembered are known at once. What `profile` nodes
saved stays out of reach until the caller is verified: a number is no proof of who calls.
"""

from typing import TYPE_CHECKING, Any

from ivr.actions import CallerRemembered
from ivr.flow.models import Flow
from ivr.flow.nodes.profile import KEPT_BY_ITSELF
from ivr.flow.nodes.steps import Remember

if TYPE_CHECKING:
    from ivr.dialogue.machine import Machine

SHORTEST = 5
"""Digits of a number that can be somebody's."""


def number_of(caller: str) -> str:
    """The caller's number when something may be kept under it; empty for withheld and made-up ones."""
    digits = caller.removeprefix("+")
    return caller if digits.isascii() and digits.isdigit() and len(digits) >= SHORTEST else ""


class Memory:
    """The profile of one call."""

    def __init__(self, flow: Flow, caller: str, known: dict[str, Any]) -> None:
        self.rule = flow.profile
        """Of the flow that the call began with."""
        self.number = number_of(caller) if self.rule.remember != "off" else ""
        self.known = dict(known)
        self.choice: bool | None = None
        self.values: dict[str, str] = {}

    def visible(self, verified: bool) -> dict[str, Any]:
        """`profile` as texts and conditions see it."""
        allowed = KEPT_BY_ITSELF | set(map(str, self.rule.unverified))
        return {name: value for name, value in self.known.items() if verified or name in allowed}

    @property
    def language(self) -> str:
        """Of the last call; empty where nothing is kept."""
        return "" if self.rule.remember == "off" else str(self.known.get("language", ""))

    def forgotten(self) -> None:
        self.known.clear()
        self.values.clear()
        self.choice = False


def refresh(machine: "Machine") -> None:
    """The scope `profile` anew."""
    names = machine.state.names
    names["profile"] = machine.memory.visible(bool(names["caller"]["verified"]))


def loaded(machine: "Machine", known: dict[str, Any]) -> None:
    """It came after the call had begun; what was decided meanwhile stands."""
    memory = machine.memory
    if memory.choice is not False:
        memory.known = {**known, **memory.values}
        refresh(machine)


def remember(machine: "Machine", wanted: Remember) -> None:
    """A `profile` node."""
    memory = machine.memory
    if wanted.choice is False:
        forget(machine)
        return
    if wanted.choice:
        memory.choice = True
        memory.known["remember"] = "yes"
    memory.values |= wanted.values
    memory.known |= wanted.values
    refresh(machine)


def forget(machine: "Machine") -> None:
    """The caller wants to be forgotten: written at once."""
    memory = machine.memory
    memory.forgotten()
    refresh(machine)
    if memory.number:
        at = machine.state.now().isoformat()
        machine.host.floor.emit(CallerRemembered, number=memory.number, at=at, remember=False)


def write(machine: "Machine") -> None:
    """The conversation is over: what is kept of it."""
    memory, state = machine.memory, machine.state
    earlier = {"yes": True, "no": False}.get(str(memory.known.get("remember", "")))
    chosen = memory.choice if memory.choice is not None else earlier
    kept = memory.number and chosen is not False and (chosen or memory.rule.remember == "always")
    if not kept or not machine.consent.words_may_be_kept:
        return
    machine.host.floor.emit(
        CallerRemembered,
        number=memory.number,
        at=state.now().isoformat(),
        remember=chosen,
        language=state.language,
        last_request=state.task,
        values=dict(memory.values),
    )
