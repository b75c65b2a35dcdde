"""A flow as a drawing: in Mermaid's text, and in Graphviz' for SVG."""

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


def dot(flow: Flow, sides: bool = False) -> str:
    """The same in the DOT language."""
    rows = ["digraph {", '  node [shape=box, style="rounded", fontname="sans-serif"]; edge [fontname="sans-serif"];']
    rows += ['  "(call)" [shape=circle];', f'  "(call)" -> {_quoted(flow.start)};']
    for name, node in flow.nodes.items():
        rows.append(f"  {_quoted(name)} [label={_quoted(f'{name}|{node.type}')}, shape={_DOT.get(node.type, 'box')}];")
    seen = set()
    for edge in edges(flow):
        words = _label(flow, edge.start, edge.path).strip('|"')
        style = ", style=dashed, color=gray" if edge.side else ""
        row = f"  {_quoted(edge.start)} -> {_quoted(edge.end)} [label={_quoted(words)}{style}];"
        if (sides or not edge.side) and row not in seen:
            seen.add(row)
            rows.append(row)
    return "\n".join([*rows, "}"])


_DOT = {"branch": "diamond", "query": "cylinder", "hangup": "oval", "transfer": "oval", "return": "oval"}


def _quoted(text: str) -> str:
    """A DOT string: only quotes and backslashes mean something in it; a bar begins the second line."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + escaped.replace("|", "\\n", 1) + '"'


def label(flow: Flow, start: str, path: tuple[str | int, ...]) -> str:
    """Words of a way: the option, the condition, or what happened; empty for plain `next`."""
    if path == ("next",):
        return ""
    if path[0] == "options":
        option = next(q for q in flow.node(start).questions() if q.options).options[int(path[1])]
        return option.name.removeprefix("option.") + (f" ({option.key})" if option.key else "")
    if isinstance(node := flow.node(start), Branch) and path[0] == "when":
        return node.when[int(path[1])].if_
    return str(path[1] if path[0] == "on" and len(path) > 1 else path[0])


def _label(flow: Flow, start: str, path: tuple[str | int, ...]) -> str:
    words = label(flow, start, path).replace('"', "'")
    return f'|"{words}"|' if words else ""
