"""The sections of the page: figures (ivr/insight/figures) made charts, with the way from each point to its calls."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from ivr.insight.figures import outcomes, traffic, waits
from ivr.insight.figures.outcomes import Outcomes
from ivr.web.insight import node_parts, said_parts
from ivr.web.insight.charts import Cell, Heat, Mark, Part, Row, Show, Table, bars
from ivr.web.insight.choice import Choice
from ivr.web.rights import Visitor

NOT_ANSWERED = ("busy", "rejected")
COUNTS = ("offered", "answered", "resolved", "transferred", "abandoned", "other", "turned away")


@dataclass(frozen=True)
class Asking:
    """What a section is made from."""

    db: Connection
    choice: Choice
    visitor: Visitor
    show: Show
    capacity: int = 0
    """Calls at once that the machines take; 0: not known."""


def _percent(part: float, whole: float) -> str:
    return f"{100 * part / whole:.0f} %" if whole else ""


def _filters(names: list[str]) -> dict[str, dict[str, Any]]:
    """Figure -> the filter of /calls that finds its calls."""
    answered = [name for name in names if name not in NOT_ANSWERED]
    other = [name for name in answered if name not in ("resolved", "transferred", "abandoned")]
    return {
        "offered": {}, "answered": {"outcome": answered}, "resolved": {"outcome": "resolved"},
        "transferred": {"outcome": "transferred"}, "abandoned": {"outcome": "abandoned"}, "other": {"outcome": other},
        "turned away": {"outcome": list(NOT_ANSWERED)},
    }  # fmt: skip


def calls(ask: Asking) -> Part:
    """How many, how they ended, against the range before."""
    span, choice = ask.choice.span, ask.choice
    now, before = outcomes.total(ask.db, span), outcomes.total(ask.db, span.before)
    filters = _filters(outcomes.names(ask.db, span))
    points = outcomes.over_time(ask.db, span, choice.step)
    earlier = [point.outcomes.offered for point in outcomes.over_time(ask.db, span.before, choice.step)]
    marks = tuple(Mark(it.from_at, it.flow, it.number, it.kind) for it in traffic.publications(ask.db, span))

    def row(place: int, names: tuple[str, ...]) -> Row:
        at, found = points[place].at, points[place].outcomes
        until = choice.after(at)
        cells = [
            Cell(n := _count(found, name), ask.show(n), choice.calls(at, until, **filters[name]) if n else "")
            for name in names
        ]
        if names[0] == "offered":
            was = earlier[place] if place < len(earlier) else None
            cells.append(Cell(was, ask.show(was)))
        return Row("", tuple(cells), at)

    coming, ended = ("offered", "answered", "turned away"), ("resolved", "transferred", "abandoned", "other")
    return Part("calls", "Calls", [
        _totals(ask, now, before, filters),
        Table("offered", "Calls over time", "time", "Time", (*coming, "offered, the range before"),
              tuple(row(n, coming) for n in range(len(points))), marks=marks),
        Table("ended", "How calls ended", "time", "Time", ended, tuple(row(n, ended) for n in range(len(points))),
              marks=marks),
    ])  # fmt: skip


def _count(found: Outcomes, name: str) -> int:
    return int(getattr(found, name.replace(" ", "_")))


def _totals(ask: Asking, now: Outcomes, before: Outcomes, filters: dict[str, dict[str, Any]]) -> Table:
    rows = []
    lengths = bars([_count(now, name) for name in COUNTS])
    for name, share in zip(COUNTS, lengths, strict=True):
        count, was = _count(now, name), _count(before, name)
        change = f"{100 * (count - was) / was:+.0f} %" if was else ""
        of = _percent(count, now.answered) if name in ("resolved", "transferred", "abandoned", "other") else ""
        href = ask.choice.calls(**filters[name]) if count else ""
        cells = (
            Cell(count, ask.show(count), href, share), Cell(None, of), Cell(None, ask.show(was)), Cell(None, change),
        )  # fmt: skip
        rows.append(Row(name, cells, plain=False))
    columns = ("number", "of answered", "before", "change")
    note = "Calls that were put through count as transferred, whatever outcome the flow wrote."
    return Table("totals", "In all", "bars", "Calls", columns, tuple(rows), note)


def delays(ask: Asking) -> Part:
    span, choice = ask.choice.span, ask.choice
    found = waits.delays(ask.db, span)
    lengths = bars([it.p90_s for it in found])
    rows = [
        Row(it.part.removesuffix("_s"), (
            Cell(it.turns, ask.show(it.turns)), Cell(it.p50_s, f"{it.p50_s:.2f}"),
            Cell(it.p90_s, f"{it.p90_s:.2f}", share=share), Cell(it.p99_s, f"{it.p99_s:.2f}"),
        ), plain=False)
        for it, share in zip(found, lengths, strict=True)
    ]  # fmt: skip
    points = []
    for point in waits.delays_over_time(ask.db, span, choice.step):
        values = (point.p50_s, point.p90_s, point.p99_s)
        href = choice.calls(point.at, choice.after(point.at))
        cells = tuple(Cell(s, "" if s is None else f"{s:.2f}", "" if s is None else href) for s in values)
        points.append(Row("", cells, point.at))
    percentiles = ("P50", "P90", "P99")
    return Part("delays", "Delays", [
        Table("parts", "From the end of what a caller says to the answer, in seconds", "bars", "Part",
              ("turns", *percentiles), tuple(rows)),
        Table("delay", "The whole delay over time, in seconds", "time", "Time", percentiles, tuple(points), unit="s"),
    ])  # fmt: skip


def when(ask: Asking) -> Part:
    """Languages, busiest hours, who called again, how many at once."""
    span, choice = ask.choice.span, ask.choice
    hours = outcomes.busiest_hours(ask.db, span)
    most = max(hours.values(), default=0)
    heat = tuple(
        tuple(
            Cell(n := hours.get((day, hour), 0), ask.show(n) if n else "", share=round(9 * n / most) if most else 0)
            for hour in range(24)
        )
        for day in range(1, 8)
    )
    spoken = outcomes.languages(ask.db, span)
    languages = tuple(
        Row(name or "-", (Cell(n, ask.show(n), choice.calls(language=name) if name else "", share),))
        for (name, n), share in zip(spoken.items(), bars(list(spoken.values())), strict=True)
    )
    return Part("when", "When callers call, and who", [
        Heat("Busiest hours", heat),
        Table("languages", "Languages", "bars", "Language", ("answered",), languages),
        _at_once(ask),
        _again(ask),
    ])  # fmt: skip


def _at_once(ask: Asking) -> Table:
    rows, top = [], traffic.peak(ask.db, ask.choice.span)
    if top is not None:
        href = ask.choice.calls(top.at - traffic.BESIDE, top.at + traffic.BESIDE)
        rows.append(Row("most calls at once", (Cell(top.calls, ask.show(top.calls), href),), top.at, plain=False))
    if ask.capacity:
        rows.append(Row("what the machines take now", (Cell(ask.capacity, ask.show(ask.capacity)),), plain=False))
        if top is not None:
            rows.append(Row("share of it", (Cell(None, _percent(top.calls, ask.capacity)),), plain=False))
    return Table("peak", "At once", "bars", "Calls", ("number",), tuple(rows))


def _again(ask: Asking) -> Table:
    again = traffic.repeats(ask.db, ask.choice.span)
    of = f" ({_percent(again.again, again.calls)})" if again.calls else ""
    rows = [Row("called again within 7 days", (Cell(again.again, ask.show(again.again) + of),), plain=False)]
    found = traffic.repeaters(ask.db, ask.choice.span)
    for it, share in zip(found, bars([it.calls for it in found]), strict=True):
        href = ask.choice.calls(number=it.number)
        rows.append(Row(ask.visitor.number(it.number), (Cell(it.calls, ask.show(it.calls), href, share),)))
        if not ask.visitor.sees_numbers:  # the address would tell the number
            rows[-1] = Row(ask.visitor.number(it.number), (Cell(it.calls, ask.show(it.calls), share=share),))
    return Table("again", "Callers who call again", "bars", "Caller", ("calls",), tuple(rows))


def transfers(ask: Asking) -> Part:
    found = waits.transfers(ask.db, ask.choice.span)
    rows = []
    for it, share in zip(found, bars([it.tried for it in found]), strict=True):
        waited = [Cell(s, "" if s is None else f"{s:.0f}") for s in (it.p50_wait_s, it.longest_wait_s)]
        href = ask.choice.calls(outcome="transferred")
        cells = (
            Cell(it.tried, ask.show(it.tried), share=share), Cell(it.done, ask.show(it.done), href),
            Cell(None, _percent(it.done, it.tried)), *waited,
        )  # fmt: skip
        rows.append(Row(f"{it.destination or '-'} ({it.kind})", cells))
    columns = ("tried", "put through", "share", "P50 wait, s", "longest wait, s")
    note = "The kind queue waits in line for an agent; its wait is counted from joining the line."
    return Part("transfers", "Transfers and queues", [
        Table("transfers", "Where calls were put through", "bars", "Destination", columns, tuple(rows), note)
    ])  # fmt: skip


def nodes(ask: Asking) -> Part:
    return node_parts.nodes(ask.db, ask.choice, ask.show)


def hearing(ask: Asking) -> Part:
    return node_parts.hearing(ask.db, ask.choice, ask.show)


def questions(ask: Asking) -> Part:
    return said_parts.questions(ask.db, ask.choice, ask.visitor)


PARTS: dict[str, tuple[str, Callable[[Asking], Part]]] = {
    "calls": ("Calls", calls),
    "nodes": ("Where callers go and leave", nodes),
    "hearing": ("Recognition", hearing),
    "delays": ("Delays", delays),
    "when": ("When callers call, and who", when),
    "transfers": ("Transfers and queues", transfers),
    "questions": ("What nothing answered", questions),
}
"""In the order of the page, with their titles."""
