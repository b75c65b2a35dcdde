"""Which nodes and ways of a flow its conversations went through."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ivr.actions import NodeEntered
from ivr.flow.graph import edges
from ivr.flow.models import Flow
from ivr.journal import Entry

Way = tuple[str, str]
"""From a node to a node."""


@dataclass(frozen=True)
class Coverage:
    """One flow."""

    flow: str
    nodes: int
    ways: int
    """Of the good path: escalations, commands and `max_visits` are counted apart."""
    side_ways: int
    missed_nodes: tuple[str, ...]
    missed_ways: tuple[Way, ...]
    missed_side_ways: tuple[Way, ...]

    @property
    def share(self) -> float:
        """Of nodes and good ways, 0 to 1."""
        return 1.0 - (len(self.missed_nodes) + len(self.missed_ways)) / max(self.nodes + self.ways, 1)

    def lines(self) -> list[str]:
        """For people."""
        return [
            f"{self.flow}: {self.nodes - len(self.missed_nodes)} of {self.nodes} nodes, "
            f"{self.ways - len(self.missed_ways)} of {self.ways} ways, "
            f"{self.side_ways - len(self.missed_side_ways)} of {self.side_ways} by escalations and commands "
            f"({self.share:.0%} without these)",
            *(f"  never entered: {node}" for node in self.missed_nodes),
            *(f"  never taken: {start} -> {end}" for start, end in self.missed_ways),
        ]


def coverage(flow: Flow, journals: Iterable[Sequence[Entry]]) -> Coverage:
    """What the calls of `journals` left out of `flow`."""
    entered: set[str] = set()
    taken: set[Way] = set()
    for journal in journals:
        before = ""
        for entry in journal:
            if isinstance(entry, NodeEntered):
                if entry.flow == flow.name:
                    entered.add(entry.node)
                    taken.add((before, entry.node))
                before = entry.node if entry.flow == flow.name else before
    links = list(edges(flow))
    good = dict.fromkeys((edge.start, edge.end) for edge in links if not edge.side)
    side = dict.fromkeys((edge.start, edge.end) for edge in links if edge.side and (edge.start, edge.end) not in good)
    return Coverage(
        flow.name,
        len(flow.nodes),
        len(good),
        len(side),
        tuple(name for name in flow.nodes if name not in entered),
        tuple(way for way in good if way not in taken),
        tuple(way for way in side if way not in taken),
    )
