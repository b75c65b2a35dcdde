"""The flow as a graph: where each node leads, what can be reached, which values are there for sure."""

from collections.abc import Iterator
from dataclasses import dataclass

from ivr.flow.compiler import AGENT, anywhere
from ivr.flow.models import Flow
from ivr.flow.path import Path
from ivr.flow.scalars import Means
from ivr.flow.walk import walk

SIDE_DOORS = ("no_input", "no_match", "max_visits")
"""Keys of a node whose targets are not its good path."""


@dataclass(frozen=True)
class Edge:
    """From one node to another."""

    start: str
    end: str
    path: Path
    """Of the node name, within the node; for what is inherited or heard anywhere: (key,)."""
    side: bool = False
    """Escalation, `max_visits`, `anywhere`: not the good path."""


def edges(flow: Flow) -> Iterator[Edge]:
    """Every way from a node to a node that exists."""
    entries = anywhere(flow)
    for name, node in flow.nodes.items():
        for leaf in walk(node):
            if leaf.means is Means.NODE and leaf.path[0] != "on_caller_hangup" and leaf.value in flow.nodes:
                yield Edge(name, leaf.value, leaf.path, leaf.path[0] in SIDE_DOORS)
        if not node.listens:
            continue
        for kind in ("no_input", "no_match"):
            if getattr(node, kind) is None:
                inherited = getattr(flow.defaults, kind)
                targets = [step.next for step in inherited or () if step.next] if inherited is not None else [AGENT]
                for target in targets:
                    if target in flow.nodes:
                        yield Edge(name, target, (kind,), True)
        if node.max_visits is None and flow.defaults.max_visits and flow.defaults.max_visits.next in flow.nodes:
            yield Edge(name, flow.defaults.max_visits.next, ("max_visits",), True)
        heard = entries if node.anywhere is True else ()
        if not isinstance(node.anywhere, bool):
            heard = tuple(e for e in entries if not set(node.anywhere.names) & {e.name, e.command, e.intent, e.key})
        for entry in heard:
            if entry.next and entry.next in flow.nodes:
                yield Edge(name, entry.next, ("anywhere",), True)


def reachable(start: str, links: list[Edge]) -> set[str]:
    """Every node that a call can come to."""
    after: dict[str, list[str]] = {}
    for edge in links:
        after.setdefault(edge.start, []).append(edge.end)
    seen, waiting = {start}, [start]
    while waiting:
        for end in after.get(waiting.pop(), ()):
            if end not in seen:
                seen.add(end)
                waiting.append(end)
    return seen


def certain_on_entry(flow: Flow, links: list[Edge]) -> dict[str, set[str]]:
    """Names that have a value for sure when a node is entered, on every way from the start to it."""
    known: dict[str, set[str] | None] = dict.fromkeys(flow.nodes)
    known[flow.start] = set(flow.takes)
    if flow.limits.next in known:
        known[flow.limits.next] = set()
    changed = True
    while changed:
        changed = False
        for edge in links:
            before = known[edge.start]
            if before is None:
                continue
            _, lost = flow.nodes[edge.start].inside(edge.path)
            gained = set() if edge.side else flow.nodes[edge.start].certain(edge.path)
            after = (before - lost) | gained
            there = known[edge.end]
            joined = after if there is None else there & after
            if joined != there:
                known[edge.end] = joined
                changed = True
    return {name: names if names is not None else set() for name, names in known.items()}


def silent_loops(flow: Flow, links: list[Edge]) -> list[list[str]]:
    """Circles of nodes on the good path in which nothing is ever listened for."""
    silent = {name for name, node in flow.nodes.items() if not node.listens}
    after: dict[str, list[str]] = {}
    for edge in links:
        if not edge.side and edge.start in silent and edge.end in silent:
            after.setdefault(edge.start, []).append(edge.end)
    found: list[list[str]] = []
    done: set[str] = set()
    for first in flow.nodes:
        path: list[str] = []
        stack: list[tuple[str, int]] = [(first, 0)]
        while stack:
            node, depth = stack.pop()
            del path[depth:]
            if node in path:
                found.append(path[path.index(node) :])
                continue
            if node in done:
                continue
            path.append(node)
            done.add(node)
            stack += [(end, depth + 1) for end in after.get(node, ())]
    return found


def endings(flow: Flow) -> set[str]:
    """Nodes that end a call, hand it over, or go back to the flow that called this one."""
    return {name for name, node in flow.nodes.items() if node.type in ("hangup", "transfer", "return")}
