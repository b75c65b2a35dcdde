"""Names that texts, expressions and statements may use: a flow's own values and the scopes."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from ivr.flow.examples import Nlu
from ivr.flow.models import Lines
from ivr.flow.nodes.base import Node
from ivr.flow.problems import did_you_mean

SCOPES: dict[str, frozenset[str] | None] = {
    "caller": frozenset({"number", "verified"}),
    "call": frozenset({"id", "line", "dialled", "at", "language"}),
    "config": None,
    "profile": None,
    "switch": None,
    "table": None,
    "emotion": frozenset({"name", "frustrated", "calm"}),
    "task": frozenset(),
    "failures": frozenset(),
}
"""Scope -> its members; None: any; none: it is a value itself."""

NEVER_EMPTY = frozenset({"failures", "call.id", "call.line", "call.at", "call.language"})


@dataclass
class Known:
    """The names of one flow."""

    values: set[str] = field(default_factory=set)
    sensitive: set[str] = field(default_factory=set)
    config: set[str] = field(default_factory=set)
    """Given by every line that uses the flow."""
    live: dict[str, set[str]] = field(default_factory=dict)
    """`switch` and `table` -> names that lines.yaml declares."""

    def trouble(self, name: str) -> tuple[str, str]:
        """(message, mend) for a dotted name that does not exist; empty when it does."""
        root, _, member = name.partition(".")
        if root in self.values:
            return "", ""
        if root == "item":
            return "'item' is an entry of a list that is read out", "it stands in the label of a menu with options_from"
        if root not in SCOPES:
            return f"there is no value {root!r}", did_you_mean(root, {*self.values, *SCOPES}, "collect, save or set it")
        return self._member_trouble(root, member, SCOPES[root])

    def _member_trouble(self, root: str, member: str, members: frozenset[str] | None) -> tuple[str, str]:
        if root == "config" and member and member.split(".", maxsplit=1)[0] not in self.config:
            return f"no line gives config {member!r}", f"write config: {{{member}: ...}} in lines.yaml"
        name, there = member.partition(".")[0], self.live.get(root, set())
        if root in ("switch", "table") and member and name not in there:
            plural = {"switch": "switches", "table": "tables"}[root]
            return f"there is no live {root} {name!r}", did_you_mean(name, there, f"name it in lines.yaml: {plural}")
        if members is None or member in members:
            return "", ""
        if not members:
            return (f"{root!r} has no parts", f"write {root}") if member else ("", "")
        if not member:
            return f"{root!r} is no value by itself", f"write {root}.{min(members)}"
        return f"{root!r} has no {member!r}", did_you_mean(member, members)

    def can_be_empty(self, name: str, certain: Iterable[str]) -> bool:
        root = name.partition(".")[0]
        return not (root in certain or name in NEVER_EMPTY or root in ("config", "switch"))


def known(flow_name: str, nodes: dict[str, Node], nlu: dict[str, Nlu], lines: Lines | None, sensitive: bool) -> Known:
    """Everything that the flow's nodes fill, and the entities of its examples."""
    found = Known()
    for node in nodes.values():
        found.values.update(node.fills())
        for question in node.questions():
            for spec in question.fields:
                if (spec.sensitive or sensitive) and spec.slot != "confirm":
                    found.sensitive.add(spec.slot)
    for one in nlu.values():
        found.values |= one.entities
    if lines:
        found.live = {"switch": set(lines.switches), "table": set(lines.tables)}
    using = [line for line in lines.lines.values() if line.flow == flow_name] if lines else []
    if using:
        found.config = set.intersection(*(set(line.config) for line in using))
    return found
