"""Looking at calls: from the database, and from the journals while it is away or a call is not delivered yet."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Select, func, select
from sqlalchemy.exc import SQLAlchemyError

from ivr.records import store, tables
from ivr.records.address import Address
from ivr.records.tail import SUFFIX, Tail, journals

PARTS = ("turns", "path", "keys", "prompts", "queries", "recordings", "transfers", "troubles")


@dataclass(frozen=True)
class Sources:
    """Where calls are looked up."""

    address: Address
    journals: Path
    recordings: Path


def last(sources: Sources, limit: int, caller: str = "", flow: str = "") -> list[dict[str, Any]]:
    """Columns of table `calls`, newest first."""
    found: dict[str, dict[str, Any]] = {}
    query = select(tables.calls).order_by(tables.calls.c.id.desc()).limit(limit)
    if caller:
        query = query.where(tables.calls.c.caller == caller)
    if flow:
        query = query.where(tables.calls.c.flow == flow)
    for row in _rows(sources, query):
        found[row["id"]] = row
    for path in _newest_journals(sources.journals, limit):
        call = path.name.removesuffix(SUFFIX)
        if call not in found or not found[call].get("complete"):
            row = _read(path).fold.call
            if (not caller or row.get("caller") == caller) and (not flow or row.get("flow") == flow):
                found[call] = {**found.get(call, {}), **row}
    return [found[call] for call in sorted(found, reverse=True)[:limit]]


def one(sources: Sources, name: str) -> dict[str, Any] | None:
    """Everything about one call: {"call", "source", "turns", "path", ...}; `name`: id, its end, or `last`."""
    call = _resolve(sources, name)
    if call is None:
        return None
    path = next(iter(sources.journals.glob(f"*/{call}{SUFFIX}")), None)
    if path is not None:
        fold = _read(path).fold
        result: dict[str, Any] = {"source": str(path), "call": fold.call}
        result |= {part: fold.rows(part) for part in PARTS}
    else:
        stored = _stored(sources, call)
        if stored is None:
            return None
        result = {"source": "database", **stored}
    for recording in result["recordings"]:
        recording["file"] = str(sources.recordings / recording["path"])
    return result


def unanswered(sources: Sources, flow: str = "", limit: int = 100) -> list[dict[str, Any]]:
    """Questions that a knowledge base had no answer to: {"flow", "question", "asked", "last"}, the most frequent first.
    Only what may be kept of a call is here (consent, sensitive steps)."""
    queries, turns, calls = tables.queries, tables.turns, tables.calls
    words = func.lower(func.coalesce(func.nullif(turns.c.text, ""), turns.c.heard_text))
    query = (
        select(
            calls.c.flow,
            words.label("question"),
            func.count().label("asked"),
            func.max(calls.c.offered_at).label("last"),
        )
        .join_from(queries, turns, (turns.c.call == queries.c.call) & (turns.c.turn == queries.c.turn))
        .join(calls, calls.c.id == queries.c.call)
        .where(queries.c.kind == "answer", queries.c.status == "not_found", words != "")
        .group_by(calls.c.flow, words)
        .order_by(func.count().desc(), func.max(calls.c.offered_at).desc())
        .limit(limit)
    )
    return _rows(sources, query.where(calls.c.flow == flow) if flow else query)


def _resolve(sources: Sources, name: str) -> str | None:
    if name == "last":
        newest = last(sources, 1)
        return str(newest[0]["id"]) if newest else None
    ids = {p.name.removesuffix(SUFFIX) for p in _newest_journals(sources.journals, 1_000_000)}
    matching = {call for call in ids if call.endswith(name.lower())}
    if not matching:
        from sqlalchemy import String, cast

        query = select(tables.calls).where(cast(tables.calls.c.id, String).endswith(name.lower(), autoescape=True))
        matching = {row["id"] for row in _rows(sources, query.limit(2))}
    return matching.pop() if len(matching) == 1 else None


def _newest_journals(root: Path, limit: int) -> list[Path]:
    return [Path(file.path) for _, file in journals(root)][-limit:]


def _read(path: Path) -> Tail:
    tail = Tail(path)
    while tail.advance():
        tail.fold.settled()
    return tail


def _rows(sources: Sources, query: "Select[Any]") -> list[dict[str, Any]]:
    """Empty while the database is away: the journals are there."""
    if sources.address.server is not None and not sources.address.server.sockets.exists():
        return []
    engine = store.engine(sources.address.url, timeout_s=2)
    try:
        with engine.connect() as connection:
            return [dict(row) for row in connection.execute(query).mappings()]
    except SQLAlchemyError:
        return []
    finally:
        engine.dispose()


def _stored(sources: Sources, call: str) -> dict[str, Any] | None:
    rows = _rows(sources, select(tables.calls).where(tables.calls.c.id == call))
    if not rows:
        return None
    engine = store.engine(sources.address.url, timeout_s=2)
    try:
        with engine.connect() as connection:
            return {"call": rows[0], **{part: _part(connection, part, call) for part in PARTS}}
    finally:
        engine.dispose()


def _part(connection: Connection, name: str, call: str) -> list[dict[str, Any]]:
    table = tables.metadata.tables[f"{tables.SCHEMA}.{name}"]
    key = [c for c in table.primary_key if c.name != "call"]
    query = select(table).where(table.c.call == call).order_by(*key)
    return [dict(row) for row in connection.execute(query).mappings()]
