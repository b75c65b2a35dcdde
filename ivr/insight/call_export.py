"""Calls of a search as CSV or JSON Lines, page by page, so that a million of them take no more memory than 500."""

import csv
import io
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
from sqlalchemy import Engine

from ivr.insight import call_search
from ivr.insight.call_filter import CallFilter

COLUMNS = ("id", "at", "caller", "dialled", "line", "flow", "version", "language", "answered_at", "ended_at",
           "duration_s", "outcome", "ended_in", "ended_by", "failures", "turn_count", "task", "confidence",
           "tags")  # fmt: skip
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def as_csv(
    engine: Engine,
    wanted: CallFilter,
    lines: frozenset[str] | None = None,
    number: Callable[[str], str] = str,
) -> Iterator[str]:
    """A head, then rows as RFC 4180 has them, a page at once. `number` masks a caller's number as the visitor sees it.
    A text that a spreadsheet would compute has an apostrophe before it. Raises SQLAlchemyError."""
    yield _line([list(COLUMNS)])
    for page in call_search.everything(engine, wanted, lines):
        yield _line([[_cell(value) for value in _row(call, number).values()] for call in page])


def as_json_lines(
    engine: Engine,
    wanted: CallFilter,
    lines: frozenset[str] | None = None,
    number: Callable[[str], str] = str,
) -> Iterator[str]:
    """An object a line, a page at once. Raises SQLAlchemyError."""
    for page in call_search.everything(engine, wanted, lines):
        yield "".join(msgspec.json.encode(_row(call, number)).decode() + "\n" for call in page)


def _row(call: dict[str, Any], number: Callable[[str], str]) -> dict[str, Any]:
    return {name: number(call[name]) if name == "caller" else call[name] for name in COLUMNS}


def _cell(value: Any) -> str:
    if isinstance(value, list):
        value = " ".join(f'"{entry}"' if " " in entry else entry for entry in value)
    written = "" if value is None else str(value)
    dangerous = isinstance(value, str) and written.startswith(_FORMULA) and not written.lstrip("+-").isdigit()
    return f"'{written}" if dangerous else written


def _line(rows: list[list[str]]) -> str:
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue()
