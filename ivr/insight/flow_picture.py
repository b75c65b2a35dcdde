"""A flow's graph for a page: nodes with the lines where they are written, and the ways between them."""

from typing import Any

from ivr.flow.drawing import label
from ivr.flow.graph import edges, endings
from ivr.flow.models import Flow
from ivr.flow.source import parse

WAYS = ("next", "yes", "no", "else")
"""Keys whose text is a node, for flows that do not compile."""
MOST = 2_000
"""Nodes that are drawn."""


def picture(flow: Flow | None, file: str, data: bytes) -> dict[str, Any]:
    """{nodes: [{id, type, line}], edges: [{from, to, label, side}], whole}. `flow` None: it has mistakes, and the graph
    is what can be seen in the text."""
    source = parse(file, data)
    value = source.value if isinstance(source.value, dict) else {}
    nodes_written = value.get("nodes")
    written = nodes_written if isinstance(nodes_written, dict) else {}
    lines = {name: source.place(("nodes", name), key=True)[0] for name in written}
    if flow is None:
        return _seen(written, lines, str(value.get("start", "")))
    ends = endings(flow)
    nodes = [
        {"id": name, "type": node.type, "line": lines.get(name, 0), "start": name == flow.start, "end": name in ends}
        for name, node in list(flow.nodes.items())[:MOST]
    ]
    drawn: dict[tuple[str, str, str, bool], None] = {}
    for edge in edges(flow):
        drawn[(edge.start, edge.end, label(flow, edge.start, edge.path), edge.side)] = None
    ways = [{"from": start, "to": end, "label": words, "side": side} for start, end, words, side in drawn]
    return {"nodes": nodes, "edges": ways, "whole": True}


def _seen(written: dict[str, Any], lines: dict[str, int], start: str) -> dict[str, Any]:
    nodes, ways = [], []
    for name, node in list(written.items())[:MOST]:
        kind = str(node.get("type", "")) if isinstance(node, dict) else ""
        nodes.append({"id": name, "type": kind, "line": lines[name], "start": name == start, "end": False})
        targets = dict.fromkeys(target for target in _targets(node) if target in written)
        ways += [{"from": name, "to": target, "label": "", "side": False} for target in targets]
    return {"nodes": nodes, "edges": ways, "whole": False}


def _targets(value: Any) -> list[str]:
    if isinstance(value, list):
        return [found for entry in value for found in _targets(entry)]
    if not isinstance(value, dict):
        return []
    found = []
    for key, entry in value.items():
        if key in WAYS and isinstance(entry, str):
            found.append(entry)
        elif key == "on" and isinstance(entry, dict):
            found += [target for target in entry.values() if isinstance(target, str)]
        elif key not in ("no_input", "no_match"):
            found += _targets(entry)
    return found
