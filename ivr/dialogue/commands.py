"""What is heard anywhere: ready-made commands, and entries that say something, change the language or go elsewhere."""

from typing import TYPE_CHECKING

from ivr.dialogue import levels, profile
from ivr.dialogue.timing import frames
from ivr.flow.models import Anywhere

if TYPE_CHECKING:
    from ivr.dialogue.machine import Machine
    from ivr.dialogue.position import Frame

WAIT = frames(60.0)
"""Silence that "wait" grants."""
SLOWER = 0.85
SLOWEST = 0.6


def follow(machine: "Machine", frame: "Frame", entry: Anywhere) -> None:
    """Carry out an entry; unless it leads elsewhere, the question that was open is put again, uncounted."""
    mouth = machine.mouth
    if entry.command not in ("repeat", "slower", "louder", "wait"):
        mouth.said.clear()
    if entry.language is not None:
        machine.switch_language(str(entry.language))
    if entry.say is not None:
        mouth.say(entry.say, frame)
    if entry.next is not None:
        machine.enter(str(entry.next), "command" if entry.command else "anywhere", frame if entry.back else None)
        return
    match entry.command:
        case "repeat" | "slower" | "louder":
            if entry.command == "slower":
                mouth.rate = max(SLOWEST, mouth.rate * SLOWER)
            machine.asker.put(frame, prompt=not mouth.again(frame))
        case "wait":
            mouth.say_built_in("waiting", frame)
            machine.asker.put(frame, prompt=False, patience=WAIT)
        case "back":
            _back(machine, frame)
        case "start_over":
            levels.unwind(machine)
            for name in list(machine.state.values):
                machine.state.clear(name)
            machine.enter(str(machine.flow.start), "command")
        case _:
            _stay(machine, frame, entry)


def _stay(machine: "Machine", frame: "Frame", entry: Anywhere) -> None:
    """Something is said or done, and the question is put again."""
    if entry.command == "forget_me":
        profile.forget(machine)
        machine.mouth.say_built_in("forgotten", frame)
    elif entry.command == "stop_recording":
        machine.consent.stop("caller")
        machine.mouth.say_built_in("recording_stopped", frame)
    elif entry.command == "agent":  # the flow gives no way to a human
        machine.mouth.say_built_in("no_agent", frame)
    machine.asker.put(frame)


def _back(machine: "Machine", frame: "Frame") -> None:
    """To the node that asked before this one."""
    trail = machine.asker.trail
    while trail and trail[-1] == frame.node:
        trail.pop()
    # A called flow is given up only for a question that its callers asked; else the caller stays where it is.
    while not trail and any(level.trail for level in machine.levels):
        machine.frame = levels.leave(machine)
        trail = machine.asker.trail
    if trail:
        machine.enter(trail.pop(), "command")
    else:
        machine.asker.put(frame)
