"""What the routes of calls are given: the tables, the recordings, who may, and who is told."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol
from uuid import UUID

from fastapi import HTTPException
from sqlalchemy import Connection, Engine

from ivr.insight import call_review
from ivr.insight.call_filter import CallFilter, FilterError
from ivr.insight.flow_then import FlowsThen


class Person(Protocol):
    """Who asks."""

    @property
    def name(self) -> str: ...
    @property
    def lines(self) -> frozenset[str] | None:
        """Lines that they are limited to; None: all."""

    @property
    def sees_numbers(self) -> bool: ...
    @property
    def sees_words(self) -> bool: ...


@dataclass(frozen=True)
class Gate:
    """Dependencies that give the person, or refuse the request: for each route what it needs."""

    see: Any
    hear: Any
    """Recordings."""
    review: Any
    """Notes, ratings, tags, corrections."""
    trace: Any
    """SIP messages as they were: with numbers and addresses."""
    export: Any


@dataclass(frozen=True)
class Place:
    """One a web process."""

    engine: Engine
    recordings: Path
    flows: FlowsThen
    gate: Gate
    audit: Callable[[Person, str, str], None]
    """(who, what, call or filter) for the audit trail, before it is shown; when it raises, nothing is shown."""

    def known(self, connection: Connection, person: Person, call: UUID) -> str:
        """The call's id as text. Raises HTTPException 404, for calls of other lines too: that they are is not told."""
        if not call_review.visible(connection, str(call), person.lines):
            raise HTTPException(404, "there is no such call")
        return str(call)

    def recording(self, path: str) -> Path | None:
        """The file of a recording when it is there, and below the folder of recordings."""
        root = self.recordings.resolve()
        try:
            found = (root / path).resolve()
            return found if found.is_relative_to(root) and found.is_file() else None
        except (OSError, ValueError):
            return None


def wanted(person: Person, given: dict[str, list[str]]) -> CallFilter:
    """The filter of an address. Raises HTTPException 422, and 403 when it would tell what the person may not see."""
    try:
        found = CallFilter.read(given)
    except FilterError as error:
        raise HTTPException(422, str(error)) from None
    if found.words and not person.sees_words:
        raise HTTPException(403, "you may not search in what callers said")
    if found.number.endswith("*") and not person.sees_numbers:
        raise HTTPException(403, "you may search for whole numbers only")
    return found
