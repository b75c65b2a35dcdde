"""Sections about nodes: where callers go, what was not understood there, how well words were heard."""

from sqlalchemy import Connection

from ivr.insight.figures import accuracy
from ivr.insight.figures import nodes as figures
from ivr.web.insight import drawing
from ivr.web.insight.charts import Block, Cell, Part, Picture, Row, Show, Table, bars
from ivr.web.insight.choice import Choice

MOST = 30
"""Nodes of a table."""
DRAWN = 15
STEPS = 5
"""Nodes of a call that the Sankey diagram follows."""


def nodes(db: Connection, choice: Choice, show: Show) -> Part:
    """Funnel and Sankey, each with its table; no match, no input and keys by node."""
    reached = figures.reached(db, choice.span)
    moves = figures.moves(db, choice.span, STEPS)
    asked = figures.asked(db, choice.span)

    def link(flow: str, node: str) -> str:
        return choice.calls(flow=flow, node=node)

    found: list[Block] = []
    if reached:
        found.append(Picture("Funnel: calls that came to a node, and those that left there",
                             drawing.funnel(reached[:DRAWN], link)))  # fmt: skip
    found.append(_reached(reached[:MOST], choice, show))
    if moves:
        found.append(Picture("Ways: the first nodes of calls, step by step", drawing.sankey(moves, link),
                             "Bands are as wide as the calls that went there; red: abandoned."))  # fmt: skip
    found += [_moves(moves, choice, show), _asked(asked[:MOST], choice, show)]
    return Part("nodes", "Where callers go and leave", found)


def _reached(found: list[figures.Reached], choice: Choice, show: Show) -> Table:
    rows = []
    for it, share in zip(found, bars([it.calls for it in found]), strict=True):
        left = choice.calls(flow=it.flow, node=it.node, outcome="abandoned") if it.left else ""
        rows.append(Row(f"{it.flow}/{it.node}", (
            Cell(it.calls, show(it.calls), choice.calls(flow=it.flow, node=it.node), share),
            Cell(it.left, show(it.left), left), Cell(None, f"{100 * it.left / it.calls:.0f} %" if it.left else ""),
        )))  # fmt: skip
    return Table("reached", "Callers by node", "bars", "Node", ("calls", "left there", "share"), tuple(rows))


def _moves(found: list[figures.Move], choice: Choice, show: Show) -> Table:
    kept = sorted(found, key=lambda it: (it.step, -it.calls))[: MOST * 2]
    rows = []
    for it in kept:
        end = f"{it.end_flow}/{it.end}" if it.end else "·"
        href = choice.calls(flow=it.flow, node=it.start)
        cells = (Cell(it.calls, show(it.calls), href), Cell(it.left, show(it.left) if it.left else ""))
        rows.append(Row(f"{it.step}. {it.flow}/{it.start} → {end}", cells))
    return Table("moves", "Ways between nodes", "bars", "Way", ("calls", "left there"), tuple(rows))


def _asked(found: list[figures.Asked], choice: Choice, show: Show) -> Table:
    missed = bars([(it.no_match + it.no_input) / it.turns for it in found])
    rows = []
    for it, share in zip(found, missed, strict=True):
        href = choice.calls(flow=it.flow, node=it.node, failures_min=1)
        keys = "" if it.keypad_share is None else f"{100 * it.keypad_share:.0f} %"
        rows.append(Row(f"{it.flow}/{it.node}", (
            Cell(it.turns, show(it.turns), choice.calls(flow=it.flow, node=it.node)),
            Cell(it.no_match, show(it.no_match), href if it.no_match else ""),
            Cell(it.no_input, show(it.no_input), href if it.no_input else ""),
            Cell(it.no_match + it.no_input, f"{100 * (it.no_match + it.no_input) / it.turns:.0f} %", share=share),
            Cell(it.keypad_share, keys),
        )))  # fmt: skip
    columns = ("turns", "no match", "no input", "share of turns", "by keys")
    note = "By keys: of the turns that had an answer. The way leads to calls with a failure that came to the node."
    return Table("asked", "What was not understood, and keys", "bars", "Node", columns, tuple(rows), note)


def hearing(db: Connection, choice: Choice, show: Show) -> Part:
    """From corrected turns."""
    found = accuracy.accuracy(db, choice.span)
    rows = []
    for it, share in zip(found.scenarios, bars([it.errors for it in found.scenarios]), strict=True):
        href = choice.calls(flow=it.flow, node=it.node, language=it.language)
        rows.append(Row(f"{it.flow}/{it.node} {it.language}", (
            Cell(it.turns, show(it.turns), href), Cell(it.words, show(it.words)), Cell(it.right, show(it.right)),
            Cell(it.errors, f"{it.errors:.1f} %", share=share),
        )))  # fmt: skip
    sure = []
    for one in found.sureness:
        right = one.right / one.turns
        sure.append(Row(f"{one.low:.1f} – {one.high:.1f}", (
            Cell(one.turns, show(one.turns), choice.calls(confidence_max=f"{one.high:.1f}")),
            Cell(one.right, show(one.right)), Cell(right, f"{100 * right:.0f} %", share=right),
        )))  # fmt: skip
    note = (
        "Of turns that somebody corrected only. Where misheard turns alone are corrected, errors look more frequent "
        "than they are: correct turns that were heard rightly too."
    )
    columns = ("corrected turns", "words said", "turns all right", "word errors")
    return Part("hearing", "Recognition", [
        Table("accuracy", "Words by node and language", "bars", "Node", columns, tuple(rows[:MOST]), note),
        Table("sureness", "Confidence against what was right", "bars", "Confidence",
              ("corrected turns", "right", "share right"), tuple(sure), note),
    ])  # fmt: skip
