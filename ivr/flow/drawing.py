"""A flow as a drawing, in Mermaid's text."""

from ivr.flow.graph import edges, endings
from ivr.flow.models import Flow
from ivr.flow.nodes.branch import Branch

_SHAPES = {
    "branch": ("{{", "}}"),
    "menu": ("([", "])"),
    "collect": ("[/", "/]"),
    "confirm": ("([", "])"),
    "query": ("[(", ")]"),
}


def mermaid(flow: Flow, sides: bool = False) -> str:
    """`graph TD` with a box a node; `sides` draws escalations, commands and `max_visits` too, dotted."""
    rows = ["graph TD", f"  start((call)) --> {flow.start}"]
    for name, node in flow.nodes.items():
        left, right = _SHAPES.get(node.type, ("[", "]"))
        rows.append(f'  {name}{left}"{name}<br/><i>{node.type}</i>"{right}')
    seen = set()
    for edge in edges(flow):
        row = f"  {edge.start} {'-.->' if edge.side else '-->'}{_label(flow, edge.start, edge.path)} {edge.end}"
        if (sides or not edge.side) and row not in seen:
            seen.add(row)
            rows.append(row)
    rows += [f"  {name} --> stop((end))" for name in sorted(endings(flow))]
    return "\n".join(rows)


def _label(flow: Flow, start: str, path: tuple[str | int, ...]) -> str:
    if path == ("next",):
        return ""
    if path[0] == "options":
        option = next(q for q in flow.node(start).questions() if q.options).options[int(path[1])]
        words = option.name.removeprefix("option.") + (f" ({option.key})" if option.key else "")
    elif isinstance(node := flow.node(start), Branch) and path[0] == "when":
        words = node.when[int(path[1])].if_.replace('"', "'")
    else:
        words = str(path[1] if path[0] == "on" and len(path) > 1 else path[0])
    return f'|"{words}"|'
