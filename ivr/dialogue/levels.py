"""Flows that call flows: who waits for whom, and what each of them knows."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ivr.dialogue.position import Frame
from ivr.dialogue.state import Value
from ivr.flow.models import Flow
from ivr.flow.nodes.consent import ConsentNode
from ivr.flow.nodes.steps import CallFlow, Return, Returned

if TYPE_CHECKING:
    from ivr.dialogue.machine import Machine

DEEPEST = 20
"""Flows that may wait for each other; a flow that calls itself for ever reaches it."""


@dataclass(frozen=True, slots=True)
class Level:
    """A flow that waits for one that it called. What it knows waits in State.outer."""

    flow: Flow
    frame: Frame
    trail: list[str]


def cross(machine: "Machine", frame: Frame, wanted: CallFlow | Return) -> tuple[bool, Returned | None]:
    """Into another flow, or back from it. (something is to be run on, what it gets)."""
    if isinstance(wanted, CallFlow):
        return _call(machine, frame, wanted), None
    if frame.back is not None:
        machine.come_back(frame.back)
        return False, None
    if not machine.levels:  # nobody called this flow
        machine.end(machine.state.outcome or "resolved")
        return False, None
    machine.frame = leave(machine)
    return True, Returned(wanted.values, wanted.name)


def _call(machine: "Machine", frame: Frame, wanted: CallFlow) -> bool:
    """Begin another flow; its values are those that it was given."""
    if len(machine.levels) >= DEEPEST:
        machine.limit()
        return False
    try:
        flow = machine.host.flow(wanted.flow)
    except KeyError as error:
        machine.node_failed(frame.node, error)
        return False
    machine.levels.append(Level(machine.flow, frame, machine.asker.trail))
    machine.frame = None
    machine.state.open({name: Value(value) for name, value in wanted.values.items()})
    machine.switch_flow(flow, [])
    start = flow.node(flow.start)
    return machine.begin(str(start.next) if isinstance(start, ConsentNode) else str(flow.start), "call")


def leave(machine: "Machine") -> Frame:
    """Give up the flow that runs, and all it knows; returns where its caller waits."""
    machine.close()
    level = machine.levels.pop()
    machine.state.close()
    machine.switch_flow(level.flow, level.trail)
    machine.consent.guard(level.flow.sensitive or level.frame.model.sensitive)
    return level.frame


def unwind(machine: "Machine") -> None:
    """Give up everything that runs or waits, up to the flow that the call began with."""
    while machine.levels:
        machine.frame = leave(machine)
    machine.close()


def everything(machine: "Machine") -> list[tuple[Flow, Frame | None]]:
    """Every flow that runs or waits, innermost first."""
    return [(machine.flow, machine.frame), *((level.flow, level.frame) for level in reversed(machine.levels))]
