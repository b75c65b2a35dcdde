"""A week against the one before, as text: for the terminal, and for whoever mails or prints it. No caller's words."""

from collections.abc import Callable, Iterable

from sqlalchemy import Connection

from ivr.insight.figures import accuracy, nodes, outcomes, traffic, unanswered, unmatched, waits
from ivr.insight.figures.span import Span

NODES = 8
"""Nodes that are named."""
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_NAMES = ("offered", "answered", "resolved", "transferred", "abandoned", "other", "turned_away")


def report(connection: Connection, span: Span) -> str:
    """Lines of at most 80 letters for names of usual length. Raises SQLAlchemyError."""
    parts: list[Callable[[Connection, Span], list[str]]] = [
        _outcomes,
        _traffic,
        _nodes,
        _left,
        _heard,
        _unanswered,
        _delays,
        _transfers,
        _published,
    ]
    lines = [
        f"Calls from {span.first} until before {span.until}, {span.zone}" + (f", flow {span.flow}" * bool(span.flow))
    ]
    for part in parts:
        if found := part(connection, span):
            lines += ["", *found]
    return "\n".join(lines) + "\n"


def _outcomes(connection: Connection, span: Span) -> list[str]:
    now, before = outcomes.total(connection, span), outcomes.total(connection, span.before)
    rows = []
    for name in _NAMES:
        count, was = getattr(now, name), getattr(before, name)
        share = f"{100 * count / now.answered:.0f} %" if name in _NAMES[2:6] and now.answered else ""
        change = f"{100 * (count - was) / was:+.0f} %" if was else ""
        rows.append((name.replace("_", " "), str(count), share, str(was), change))
    return _table(("calls", "number", "of answered", "before", "change"), rows)


def _traffic(connection: Connection, span: Span) -> list[str]:
    lines, again = [], traffic.repeats(connection, span)
    if top := traffic.peak(connection, span):
        at = top.at.astimezone(span.bounds[0].tzinfo)
        lines.append(f"most calls at once: {top.calls}, {at:%A %H:%M}")
    if again.calls:
        share = 100 * again.again / again.calls
        lines.append(f"called again within {traffic.AGAIN_DAYS} days: {again.again} of {again.calls} ({share:.0f} %)")
    if hours := outcomes.busiest_hours(connection, span):
        (day, hour), calls = max(hours.items(), key=lambda it: (it[1], -it[0][0], -it[0][1]))
        lines.append(f"busiest hour: {DAYS[day - 1]} {hour:02}:00, {calls} calls")
    if spoken := outcomes.languages(connection, span):
        lines.append("languages: " + ", ".join(f"{name or '-'} {count}" for name, count in spoken.items()))
    return lines


def _nodes(connection: Connection, span: Span) -> list[str]:
    rows = []
    for row in nodes.asked(connection, span)[:NODES]:
        keys = f"{100 * row.keypad_share:.0f} %" if row.keypad_share is not None else ""
        rows.append((f"{row.flow}/{row.node}", str(row.turns), str(row.no_match), str(row.no_input), keys))
    return _table(("node", "turns", "no match", "no input", "by keys"), rows)


def _left(connection: Connection, span: Span) -> list[str]:
    """Nodes that ask nothing are here too: callers give up in a queue or while something is looked up."""
    found = sorted((row for row in nodes.reached(connection, span) if row.left), key=lambda row: -row.left)[:NODES]
    return _table(
        ("callers left in", "calls there", "left"),
        [(f"{row.flow}/{row.node}", str(row.calls), str(row.left)) for row in found],
    )


def _heard(connection: Connection, span: Span) -> list[str]:
    rows = [
        (f"{one.language or '-'} {one.flow}/{one.node}", str(one.turns), str(one.words), f"{one.errors:.1f} %")
        for one in accuracy.accuracy(connection, span).scenarios[:NODES]
    ]
    return _table(("corrected turns of", "turns", "words", "word errors"), rows)


def _unanswered(connection: Connection, span: Span) -> list[str]:
    """How many only: no words of callers are in a mail."""
    lines = []
    if asked := unanswered.count(connection, span):
        lines.append(f"questions that the knowledge base could not answer: {asked}")
    if missed := unmatched.count(connection, span):
        lines.append(f"turns with words that matched nothing: {missed}")
    return lines


def _delays(connection: Connection, span: Span) -> list[str]:
    rows = [
        (
            delay.part.removesuffix("_s"),
            str(delay.turns),
            *(f"{s:.2f}" for s in (delay.p50_s, delay.p90_s, delay.p99_s)),
        )
        for delay in waits.delays(connection, span)
    ]
    return _table(("delay in s", "turns", "P50", "P90", "P99"), rows)


def _transfers(connection: Connection, span: Span) -> list[str]:
    rows = []
    for one in waits.transfers(connection, span):
        seconds = ("" if s is None else f"{s:.0f}" for s in (one.p50_wait_s, one.longest_wait_s))
        rows.append((one.destination or "-", one.kind, str(one.tried), str(one.done), *seconds))
    return _table(("transfers to", "kind", "tried", "done", "P50 wait s", "longest"), rows)


def _published(connection: Connection, span: Span) -> list[str]:
    zone = span.bounds[0].tzinfo
    return [
        f"{one.from_at.astimezone(zone):%A %H:%M}: {one.kind} of {one.flow} version {one.number}"
        for one in traffic.publications(connection, span)
    ]


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> list[str]:
    """Columns as wide as their longest value, numbers to the right; empty without rows."""
    found = list(rows)
    if not found:
        return []
    widths = [max(len(row[n]) for row in [head, *found]) for n in range(len(head))]
    return [
        "  ".join(
            [row[0].ljust(widths[0]), *(value.rjust(width) for value, width in zip(row[1:], widths[1:], strict=True))]
        )
        for row in [head, *found]
    ]
