"""Drafts of flows: what administrators edit before it becomes a version. One a flow, shared by all who edit it.

A draft holds every file that the flow is made of, each save kept for a while. Who saves says which revision of the
file the edit began from; when somebody else has saved since, nothing is written and both texts come back. Raises
SQLAlchemyError.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, Row, delete, func, select, update
from sqlalchemy.dialects.postgresql import distinct_on, insert

from ivr.records.tables import flow_draft_files, flow_drafts

KEPT = 60
"""Saves of one file that are kept: what a slow editor began from, and what somebody wants back."""


@dataclass(frozen=True)
class Draft:
    """A row of flow_drafts."""

    flow: str
    home: str
    """Its folder."""
    base: int
    """Version that it was made from; 0: the files of the folder."""
    revision: int
    """Counts the saves."""
    began_at: datetime
    changed_at: datetime
    changed_by: str


@dataclass(frozen=True)
class File:
    """One file of a draft, as it was saved once."""

    path: str
    """Relative to the flows folder."""
    revision: int
    """Of the draft, when it was saved."""
    data: bytes | None
    """None: it was taken out."""
    saved_at: datetime
    saved_by: str


class NoDraft(Exception):
    """Nobody edits this flow."""


class Stale(Exception):
    """Somebody saved the file since: `theirs` is there now, `began` is what the edit began from (None: unknown)."""

    def __init__(self, theirs: File, began: bytes | None) -> None:
        super().__init__(f"{theirs.saved_by} saved {theirs.path} since")
        self.theirs = theirs
        self.began = began


def begin(engine: Engine, flow: str, home: str, base: int, files: Mapping[str, bytes], by: str) -> Draft:
    """The draft of a flow; made of `files` when there is none. Two who begin at once get the same one."""
    with engine.begin() as connection:
        values = {"flow": flow, "home": home, "base": base, "revision": 1, "changed_by": by}
        made = connection.execute(insert(flow_drafts).values(values).on_conflict_do_nothing().returning(flow_drafts))
        if made.first() is not None and files:
            rows = [{"flow": flow, "path": p, "revision": 1, "data": d, "saved_by": by} for p, d in files.items()]
            connection.execute(insert(flow_draft_files), rows)
        return _locked(connection, flow)


def find(engine: Engine, flow: str) -> Draft:
    """Raises NoDraft."""
    with engine.connect() as connection:
        row = connection.execute(select(flow_drafts).where(flow_drafts.c.flow == flow)).first()
    if row is None:
        raise NoDraft(flow)
    return _draft(row)


def all_of(engine: Engine) -> list[Draft]:
    """Of every flow, by name."""
    with engine.connect() as connection:
        return [_draft(row) for row in connection.execute(select(flow_drafts).order_by(flow_drafts.c.flow))]


def files(engine: Engine, flow: str) -> dict[str, File]:
    """Path -> what it holds now; what was taken out is not there."""
    with engine.connect() as connection:
        return {path: file for path, file in _files(connection, flow).items() if file.data is not None}


def contents(engine: Engine, flow: str) -> dict[str, bytes]:
    """Path -> bytes."""
    return {path: file.data for path, file in files(engine, flow).items() if file.data is not None}


def saves(engine: Engine, flow: str, path: str) -> list[File]:
    """Every save of a file that is kept, newest first."""
    table = flow_draft_files.c
    query = select(flow_draft_files).where(table.flow == flow, table.path == path).order_by(table.revision.desc())
    with engine.connect() as connection:
        return [_file(row) for row in connection.execute(query)]


def save(engine: Engine, flow: str, path: str, data: bytes | None, seen: int, by: str) -> File:
    """Keep a file. `seen`: revision of the file that the edit began from, 0 for a new one (also where one was taken
    out). Saving what is there already changes nothing. Raises NoDraft, Stale."""
    with engine.begin() as connection:
        _locked(connection, flow)
        now = _files(connection, flow, path).get(path)
        if now is not None and now.data == data:
            return now
        taken_out = now is not None and now.data is None
        if now is not None and now.revision != seen and not (taken_out and seen == 0):
            raise Stale(now, _at(connection, flow, path, seen))
        return _write(connection, flow, path, data, by)


def replace(engine: Engine, flow: str, files_: Mapping[str, bytes], base: int, by: str, seen: int) -> Draft:
    """The draft holds exactly these files from now on, made from version `base`. `seen`: revision of the draft that
    the caller looked at. Raises NoDraft, Stale (somebody saved meanwhile)."""
    with engine.begin() as connection:
        draft = _locked(connection, flow)
        now = _files(connection, flow)
        if draft.revision != seen:
            newest = max(now.values(), key=lambda file: file.revision)
            raise Stale(newest, None)
        for path in sorted({*now, *files_}):
            there, wanted = now.get(path), files_.get(path)
            if (there.data if there else None) != wanted:
                _write(connection, flow, path, wanted, by)
        connection.execute(update(flow_drafts).where(flow_drafts.c.flow == flow).values(base=base))
        return _locked(connection, flow)


def rebase(engine: Engine, flow: str, base: int) -> None:
    """Its files are those of version `base`, or build on it: nothing else changes."""
    with engine.begin() as connection:
        connection.execute(update(flow_drafts).where(flow_drafts.c.flow == flow).values(base=base))


def discard(engine: Engine, flow: str) -> None:
    """Throw the draft away, and every save of it."""
    with engine.begin() as connection:
        connection.execute(delete(flow_drafts).where(flow_drafts.c.flow == flow))


def _write(connection: Connection, flow: str, path: str, data: bytes | None, by: str) -> File:
    """A new revision; saves beyond KEPT go."""
    changed = {"revision": flow_drafts.c.revision + 1, "changed_at": func.now(), "changed_by": by}
    number = connection.execute(
        update(flow_drafts).where(flow_drafts.c.flow == flow).values(changed).returning(flow_drafts.c.revision)
    ).scalar_one()
    values = {"flow": flow, "path": path, "revision": number, "data": data, "saved_by": by}
    row = connection.execute(insert(flow_draft_files).values(values).returning(flow_draft_files)).one()
    table = flow_draft_files.c
    mine = (table.flow == flow) & (table.path == path)
    kept = select(table.revision).where(mine).order_by(table.revision.desc()).limit(KEPT)
    connection.execute(delete(flow_draft_files).where(mine, table.revision.not_in(kept.scalar_subquery())))
    return _file(row)


def _locked(connection: Connection, flow: str) -> Draft:
    """The draft's row, held until the end of the transaction: one save after the other."""
    row = connection.execute(select(flow_drafts).where(flow_drafts.c.flow == flow).with_for_update()).first()
    if row is None:
        raise NoDraft(flow)
    return _draft(row)


def _files(connection: Connection, flow: str, path: str = "") -> dict[str, File]:
    """The newest save of each file, also of those taken out."""
    table = flow_draft_files.c
    query = select(flow_draft_files).ext(distinct_on(table.path)).where(table.flow == flow)
    if path:
        query = query.where(table.path == path)
    rows = connection.execute(query.order_by(table.path, table.revision.desc()))
    return {row.path: _file(row) for row in rows}


def _at(connection: Connection, flow: str, path: str, revision: int) -> bytes | None:
    table = flow_draft_files.c
    found = select(table.data).where(table.flow == flow, table.path == path, table.revision == revision)
    data = connection.execute(found).scalar()
    return bytes(data) if data is not None else None


def _draft(row: Row[Any]) -> Draft:
    return Draft(row.flow, row.home, row.base, row.revision, row.began_at, row.changed_at, row.changed_by)


def _file(row: Row[Any]) -> File:
    data = bytes(row.data) if row.data is not None else None
    return File(row.path, row.revision, data, row.saved_at, row.saved_by)
