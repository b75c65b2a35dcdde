"""What is heard anywhere: ready-made commands, and entries that say something, change the language or go elsewhere."""

from typing import TYPE_CHECKING

from ivr.dialogue.timing import frames
from ivr.flow.models import Anywhere

if TYPE_CHECKING:
    from ivr.dialogue.machine import Machine
    from ivr.dialogue.position import Frame

WAIT = frames(60.0)
"""Silence that "wait" grants."""


def follow(machine: "Machine", frame: "Frame", entry: Anywhere) -> None:
    """Carry out an entry; unless it leads elsewhere, the question that was open is put again, uncounted."""
    if entry.language is not None:
        machine.switch_language(str(entry.language))
    if entry.say is not None:
        machine.say(entry.say, frame)
    if entry.next is not None:
        back = frame if getattr(entry, "back", False) else None
        machine.said.clear()
        machine.enter(str(entry.next), "command" if entry.command else "anywhere", back)
        return
    match entry.command:
        case "repeat" | "slower" | "louder":
            if entry.command == "slower":
                machine.rate = max(0.6, machine.rate * 0.85)
            _repeat(machine, frame)
        case "wait":
            machine.say_built_in("waiting")
            machine.put(frame, prompt=False, patience=WAIT)
        case "back":
            _back(machine, frame)
        case "start_over":
            for name in list(machine.state.values):
                machine.state.clear(name)
            machine.said.clear()
            machine.enter(str(machine.flow.start), "command")
        case "stop_recording":
            machine.stop_recording("caller")
            machine.say_built_in("recording_stopped")
            machine.put(frame)
        case "agent":
            machine.say_built_in("no_agent")
            machine.put(frame)
        case _:
            machine.said.clear()
            machine.put(frame)


def _repeat(machine: "Machine", frame: "Frame") -> None:
    """Everything said since the last answer, as it was said."""
    said = list(machine.said)
    if not said or any(part.language != machine.state.language for part in said):
        machine.said.clear()
        machine.put(frame)
        return
    for part in said:
        machine.say_again(part, frame)
    machine.put(frame, prompt=False)


def _back(machine: "Machine", frame: "Frame") -> None:
    """To the node that asked before this one."""
    trail = machine.trail
    while trail and trail[-1] == frame.node:
        trail.pop()
    machine.said.clear()
    if trail:
        machine.enter(trail.pop(), "command")
    else:
        machine.put(frame)
