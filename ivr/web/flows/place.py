"""What the routes of flows are given: the desk, who may, and how things are spoken and told."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from fastapi import HTTPException, Request

from ivr.flow.source import parse
from ivr.insight.editing import Desk
from ivr.insight.text_try import Tries
from ivr.records.flow_drafts import Draft, NoDraft

LARGEST_BODY = 3_000_000
"""Bytes of a request with texts."""


class Person(Protocol):
    """Who asks (rights.Visitor)."""

    @property
    def name(self) -> str: ...
    @property
    def lines(self) -> frozenset[str] | None:
        """Lines that they are limited to; None: all."""


@dataclass(frozen=True)
class Gate:
    """Dependencies that give the person, or refuse the request: for each route what it needs."""

    see: Any
    edit: Any
    publish: Any


def _untold(person: Person, what: str, flow: str) -> None:
    """Where no audit trail is kept."""


@dataclass
class Place:
    """One a web process."""

    desk: Desk
    gate: Gate
    cache: Path
    """Where models lie."""
    second_approver: bool = False
    audit: Callable[[Person, str, str], None] = _untold
    """(who, what, flow) for the audit trail."""
    speak: Callable[[str, str], bytes] | None = None
    """(text, language) -> 8 kHz mono PCM16 by the best engine; raises SynthesisError. None: nothing speaks here."""
    tries: Tries = field(default_factory=Tries)
    _checking: threading.BoundedSemaphore = field(default_factory=lambda: threading.BoundedSemaphore(1))

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Checks and tests run one after the other: they take a core, and other pages shall not wait for them."""
        if not self._checking.acquire(timeout=20):
            raise HTTPException(503, "the checks of others take long; try again in a moment")
        try:
            yield
        finally:
            self._checking.release()

    def allowed(self, person: Person, flow: str) -> None:
        """A person limited to lines sees the flows of those lines. Raises HTTPException 404."""
        if person.lines is not None and not person.lines & self._lines_of(flow):
            raise HTTPException(404, "there is no such flow")

    def draft(self, person: Person, flow: str) -> Draft:
        """The flow's draft, begun when there is none. Raises HTTPException 404."""
        from ivr.insight.snapshot import NoFlow
        from ivr.records.flow_versions import Refused

        self.allowed(person, flow)
        try:
            return self.desk.open(flow, person.name)
        except (NoFlow, Refused, NoDraft):
            raise HTTPException(404, "there is no such flow") from None
        except OSError as error:
            raise HTTPException(409, f"the flow's files cannot be read: {error}") from None

    def _lines_of(self, flow: str) -> set[str]:
        path = self.desk.folder / "lines.yaml"
        if not path.is_file():
            return set()
        value = parse("lines.yaml", path.read_bytes()).value
        lines = value.get("lines") if isinstance(value, dict) else None
        rows = lines.items() if isinstance(lines, dict) else ()
        return {name for name, row in rows if isinstance(row, dict) and row.get("flow") == flow}


def small(request: Request) -> None:
    """A dependency: refuses a body that no editor sends. Raises HTTPException 411, 413."""
    length = request.headers.get("content-length", "")
    if request.method in ("POST", "PUT") and not length.isdigit():
        raise HTTPException(411, "say how long the body is")
    if length.isdigit() and int(length) > LARGEST_BODY:
        raise HTTPException(413, f"more than {LARGEST_BODY / 1e6:.0f} MB; edit it in the folder and publish from there")
