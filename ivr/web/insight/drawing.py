"""Funnel and Sankey diagram as shapes for an SVG: only numbers and texts, the template writes the markup."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from ivr.insight.figures.nodes import Move, Reached

WIDTH = 900.0
ROW = 26.0
LABEL = 260.0
GAP = 10.0
BLOCK = 14.0
TALL = 420.0
MOST_NODES = 7
"""Nodes of a step; the others are drawn as one."""


@dataclass(frozen=True)
class Box:
    x: float
    y: float
    width: float
    height: float
    kind: str
    """Its class: bar, left, node, end, gone."""
    href: str = ""
    tip: str = ""


@dataclass(frozen=True)
class Label:
    x: float
    y: float
    text: str
    anchor: str = "start"
    ours: bool = False
    """A text of ours, translated where it is shown."""


@dataclass(frozen=True)
class Ribbon:
    """A band between two boxes: an SVG path."""

    path: str
    width: float
    kind: str
    tip: str


@dataclass
class Drawing:
    width: float
    height: float
    boxes: list[Box] = field(default_factory=list)
    labels: list[Label] = field(default_factory=list)
    ribbons: list[Ribbon] = field(default_factory=list)


def funnel(found: Sequence[Reached], link: Callable[[str, str], str]) -> Drawing:
    """A bar a node, as long as the calls that came there; the end of it that is marked left."""
    most = max((row.calls for row in found), default=0)
    made = Drawing(WIDTH, ROW * max(len(found), 1))
    for place, row in enumerate(found):
        y = place * ROW
        long = (WIDTH - LABEL - 90) * row.calls / most
        left = long * row.left / row.calls
        href = link(row.flow, row.node)
        tip = f"{row.flow}/{row.node}"
        made.boxes.append(Box(LABEL, y + 3, max(long - left, 0.5), ROW - 6, "bar", href, tip))
        if row.left:
            made.boxes.append(Box(LABEL + long - left, y + 3, max(left, 1.0), ROW - 6, "left", href, tip))
        made.labels.append(Label(LABEL - 8, y + ROW / 2, short(f"{row.flow}/{row.node}"), "end"))
        made.labels.append(
            Label(LABEL + long + 6, y + ROW / 2, f"{row.calls}" + (f" (−{row.left})" if row.left else ""))
        )
    return made


def short(text: str, most: int = 32) -> str:
    """With its middle left out when it is long."""
    return text if len(text) <= most else f"{text[: most // 2 - 1]}…{text[-(most // 2) :]}"


Key = tuple[int, str]
"""Step and node; node empty: the call ended."""


def sankey(found: Sequence[Move], link: Callable[[str, str], str]) -> Drawing:
    """Columns of nodes step by step, bands as wide as the calls that went that way."""
    flows: dict[tuple[Key, Key], int] = defaultdict(int)
    gone: dict[Key, int] = defaultdict(int)
    steps = max((row.step for row in found), default=0)
    kept = _kept(found)
    for row in found:
        start = _key(kept, row.step, row.flow, row.start)
        if row.end:
            flows[start, _key(kept, row.step + 1, row.end_flow, row.end)] += row.calls
        else:
            flows[start, (row.step + 1, "")] += row.calls - row.left
            gone[start] += row.left
    columns = _columns(flows, gone)
    made = Drawing(WIDTH, TALL + 2 * GAP)
    if not columns:
        return made
    scale = min((TALL - GAP * (len(column) - 1)) / max(sum(column.values()), 1) for column in columns.values())
    apart = (WIDTH - 150 - BLOCK) / max(steps, 1)
    tops = _place(made, columns, scale, apart, link)
    _bands(made, flows, gone, tops, scale, apart)
    return made


def _kept(found: Sequence[Move]) -> dict[int, set[str]]:
    """Step -> its most frequent nodes."""
    sizes: dict[int, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for row in found:
        sizes[row.step][f"{row.flow}/{row.start}"] += row.calls
        if row.end:
            sizes[row.step + 1][f"{row.end_flow}/{row.end}"] += 0
    last = max(sizes, default=0)
    for row in found:  # the column after the last step is known by its arrivals alone
        if row.end and row.step + 1 == last and row.step + 1 not in {it.step for it in found}:
            sizes[last][f"{row.end_flow}/{row.end}"] += row.calls
    return {step: set(sorted(size, key=lambda it: -size[it])[:MOST_NODES]) for step, size in sizes.items()}


def _key(kept: dict[int, set[str]], step: int, flow: str, node: str) -> Key:
    name = f"{flow}/{node}"
    return step, name if name in kept.get(step, set()) else "…"


def _columns(flows: dict[tuple[Key, Key], int], gone: dict[Key, int]) -> dict[int, dict[str, int]]:
    """Step -> node -> calls, the largest first, ends last."""
    into: dict[Key, int] = defaultdict(int)
    out: dict[Key, int] = defaultdict(int)
    for (start, end), calls in flows.items():
        out[start] += calls
        into[end] += calls
    for start, calls in gone.items():
        out[start] += calls
    sizes = {key: max(into[key], out[key]) for key in {*into, *out}}
    columns: dict[int, dict[str, int]] = defaultdict(dict)
    for (step, node), calls in sorted(sizes.items(), key=lambda it: (it[0][0], it[0][1] == "", -it[1], it[0][1])):
        if calls:
            columns[step][node] = calls
    return columns


def _place(
    made: Drawing, columns: dict[int, dict[str, int]], scale: float, apart: float, link: Callable[[str, str], str]
) -> dict[Key, float]:
    tops: dict[Key, float] = {}
    for step, nodes in columns.items():
        y, x = GAP, (step - 1) * apart
        for node, calls in nodes.items():
            tall = max(calls * scale, 1.0)
            tops[step, node] = y
            flow, _, name = node.partition("/")
            href = link(flow, name) if name else ""
            made.boxes.append(Box(x, y, BLOCK, tall, "node" if node else "end", href, f"{node or ''} {calls}".strip()))
            if tall >= 9:
                text = short(node.partition("/")[2] or node, 18) if node else "ended"
                made.labels.append(Label(x + BLOCK + 4, y + tall / 2, text, ours=not node))
            y += tall + GAP
    return tops


def _bands(
    made: Drawing, flows: dict[tuple[Key, Key], int], gone: dict[Key, int], tops: dict[Key, float], scale: float,
    apart: float,
) -> None:  # fmt: skip
    out, into = dict(tops), dict(tops)
    for (start, end), calls in sorted(flows.items(), key=lambda it: (tops.get(it[0][1], 0), tops.get(it[0][0], 0))):
        if not calls:
            continue
        wide = calls * scale
        x1, x2 = (start[0] - 1) * apart + BLOCK, (end[0] - 1) * apart
        y1, y2 = out[start] + wide / 2, into[end] + wide / 2
        out[start] += wide
        into[end] += wide
        middle = (x1 + x2) / 2
        path = f"M{x1:.1f} {y1:.1f}C{middle:.1f} {y1:.1f} {middle:.1f} {y2:.1f} {x2:.1f} {y2:.1f}"
        kind = "end" if not end[1] else "way"
        made.ribbons.append(Ribbon(path, max(wide, 0.6), kind, f"{start[1]} → {end[1] or '·'}: {calls}"))
    for start, calls in gone.items():
        if calls:
            wide = max(calls * scale, 1.0)
            x = (start[0] - 1) * apart + BLOCK
            made.boxes.append(Box(x, out[start], 10, wide, "gone", "", f"{start[1]}: −{calls}"))
