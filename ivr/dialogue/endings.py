"""Ends that the flow did not plan: the caller hangs up, a node fails, a limit is reached."""

from typing import TYPE_CHECKING

from ivr.actions import NodeEntered, NodeFailed
from ivr.dialogue import levels
from ivr.flow.built_in import built_in
from ivr.flow.models import Text
from ivr.flow.nodes.steps import RunQuery

if TYPE_CHECKING:
    from ivr.dialogue.machine import Machine


def last_queries(machine: "Machine") -> None:
    """`on_caller_hangup`: queries that still run when the caller is gone. Nobody waits for their answers."""
    while True:
        frame, flow = machine.frame, machine.flow
        names = [*(frame.model.on_caller_hangup if frame else ()), *flow.on_caller_hangup]
        for name in dict.fromkeys(map(str, names)):
            behaviour = flow.node(name).run(machine.visit(name))
            wanted = next(behaviour, None)
            if isinstance(wanted, RunQuery):
                node_type = flow.node(name).type
                machine.host.floor.emit(
                    NodeEntered, flow=flow.name, node=name, node_type=node_type, visit=1, why="hang_up"
                )
                machine.host.query(name, wanted, machine.hidden(wanted))
            behaviour.close()
        if not machine.levels:
            return
        machine.frame = levels.leave(machine)


def node_failed(machine: "Machine", node: str, error: Exception, again: bool) -> None:
    """A behaviour raised, which is a mistake of ours: a human takes over, or, when that failed too, the call ends."""
    machine.host.floor.emit(NodeFailed, node=node, error=type(error).__name__)
    say(machine, built_in("trouble"))
    agent = _human(machine)
    while not agent and machine.levels:
        machine.frame = levels.leave(machine)
        agent = _human(machine)
    if agent and not again:
        machine.enter(agent, "trouble")
    else:
        machine.end("failed")


def _human(machine: "Machine") -> str:
    """The node that the flow's command `agent` leads to."""
    return next((str(e.next) for e in machine.flow.anywhere if e.command == "agent" and e.next), "")


def say(machine: "Machine", text: Text) -> None:
    """A text without values, outside any node."""
    machine.host.say(text.of(machine.state.language), machine.state.language)
