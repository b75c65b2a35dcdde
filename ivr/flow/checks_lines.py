"""What must hold in lines.yaml."""

import re
from collections.abc import Iterator

from babel.dates import get_timezone

from ivr.flow.lines import claims
from ivr.flow.models import Lines
from ivr.flow.problems import Problem, did_you_mean
from ivr.flow.source import Source

_NUMBER = re.compile(r"\+?[0-9*]{2,20}|sips?:[^\s@]+@\S+|tel:\+?[0-9*]+")
_DESTINATION = re.compile(r"sips?:[^\s@<>]+@[^\s<>]+|sips?:[^\s@<>]+|tel:\+?[0-9]+|\+[0-9]{3,15}")


def check_lines(source: Source, lines: Lines | None, flows: set[str]) -> Iterator[Problem]:
    """`flows`: names of all flows that are written."""
    if lines is None:
        return
    claimed: dict[str, str] = {}
    for name, line in lines.lines.items():
        path = ("lines", name)
        if line.flow not in flows:
            mend = did_you_mean(line.flow, flows, "name a flow's folder")
            yield source.problem((*path, "flow"), "unknown_flow", f"there is no flow {line.flow!r}", mend)
        for n, number in enumerate(line.numbers):
            place = (*path, "numbers", n) if (*path, "numbers", n) in source.places else (*path, "numbers")
            if not _NUMBER.fullmatch(number):
                mend = 'write "+18005550100" or "sip:orders@*", in quotes'
                yield source.problem(place, "number", f"{number!r} is no number and no SIP address", mend)
            plain = number.lower()
            if claimed.get(plain, name) != name or (plain in claimed and claimed[plain] == name):
                message = f"number {number!r} is claimed twice: by lines {claimed[plain]!r} and {name!r}"
                yield source.problem(place, "number_twice", message, "give it to one of them")
            claimed.setdefault(plain, name)
        try:
            get_timezone(line.timezone)
        except LookupError:
            mend = "write a name like America/New_York"
            yield source.problem((*path, "timezone"), "timezone", f"there is no time zone {line.timezone!r}", mend)
        if line.max_calls is not None and line.reserved_calls > line.max_calls:
            message = f"{line.reserved_calls} places are reserved, more than max_calls allows"
            yield source.problem((*path, "reserved_calls"), "reserved", message, "reserve fewer")
    for name, uri in lines.destinations.items():
        if not _DESTINATION.fullmatch(uri):
            mend = 'write "sip:agents@pbx.example" or "+18005550111", in quotes'
            yield source.problem(("destinations", name), "destination", f"{uri!r} is no SIP or telephone address", mend)
    yield from _agents(source, lines)
    yield from _shadowed(source, lines)


def _agents(source: Source, lines: Lines) -> Iterator[Problem]:
    """Who takes the queue of a destination."""
    for name, addresses in lines.agents.items():
        if name not in lines.destinations:
            message = f"agents of {name!r}, which is no destination"
            yield source.problem(("agents", name), "unknown_destination", message, "name it in destinations: too")
        for number, uri in enumerate(addresses):
            if not _DESTINATION.fullmatch(uri):
                mend = 'write "sip:anna@pbx.example" or "+18005550111", in quotes'
                message = f"{uri!r} is no SIP or telephone address"
                yield source.problem(("agents", name, number), "destination", message, mend)


def _shadowed(source: Source, lines: Lines) -> Iterator[Problem]:
    """Patterns of two lines that claim the same address: the first wins, which is rarely meant."""
    rows = [(name, number) for name, line in lines.lines.items() for number in line.numbers]
    for name, number in rows:
        for other, pattern in rows:
            if other != name and "*" in pattern and "*" in number and pattern != number and claims(pattern, number):
                message = f"{number!r} of line {name!r} is also claimed by {pattern!r} of line {other!r}"
                found = source.problem(("lines", name, "numbers"), "number_overlap", message, "the first line wins")
                yield Problem(found.file, found.line, found.column, found.code, found.message, found.mend, "warning")
