"""Versions of flows in Postgres: snapshots of their files, never changed once made, and what serves since when.

Version 0 of a flow is its draft, saved again and again. Everything else is only added. Raises SQLAlchemyError.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, Row, delete, func, select, text, update
from sqlalchemy.dialects.postgresql import insert

from ivr.records.releases import Release
from ivr.records.tables import flow_blobs, flow_files, flow_releases, flow_versions

LOCK = 7_204_632
"""Advisory lock: two people never publish at once."""
DRAFT = 0


class Refused(Exception):
    """It must not be published; the text tells why and the mend."""


@dataclass(frozen=True)
class Version:
    """A row of flow_versions."""

    flow: str
    number: int
    made_at: datetime
    made_by: str
    note: str
    base: int
    forced: str
    content: str
    """Hash over the files."""
    called: tuple[str, ...] = ()
    """Folders of flows that are called."""


@dataclass(frozen=True)
class Snapshot:
    """Everything that a version is made of."""

    files: Mapping[str, bytes]
    """Path relative to the flows folder -> content: the flow's folder, its fragments, the flows that it calls."""
    trained: Mapping[str, bytes] = field(default_factory=dict)
    """Path relative to <state>/nlu -> trained model of the built-in parser."""
    called: tuple[str, ...] = ()

    @property
    def content(self) -> str:
        """Hash over the files, 16 hex digits."""
        parts = [f"{path}\0{digest(data)}\n" for path, data in sorted(self.files.items())]
        return digest("".join(parts).encode())[:16]


@dataclass(frozen=True)
class Publication:
    """Who publishes what on top of what."""

    flow: str
    snapshot: Snapshot
    by: str
    note: str = ""
    base: int = 0
    forced: str = ""
    """Reason to publish although somebody published since the base."""
    at: datetime | None = None
    share: float = 1.0
    needs_approval: bool = False


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def publish(engine: Engine, what: Publication) -> Version:
    """A new version, and its release. Raises Refused when the base is stale or nothing has changed."""
    with engine.begin() as connection:
        connection.execute(text("select pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
        last = _latest(connection, what.flow)
        number = last.number if last else 0
        if last is not None and last.number != what.base and not what.forced:
            stale = f"version {last.number} by {last.made_by} ({last.note or 'no note'}) is not in what you publish"
            base = (
                f"your files come from version {what.base}"
                if what.base
                else "the files do not say where they come from"
            )
            mend = (
                f"`ivr flow diff {what.flow}` shows it; --base {last.number} when it is in; --force REASON to undo it"
            )
            raise Refused(f"{stale}: {base}. {mend}")
        if last is not None and last.content == what.snapshot.content:
            mend = f"`ivr flow release {what.flow} {last.number}` puts it into service"
            raise Refused(f"nothing has changed since version {last.number}; {mend}")
        made = _write(connection, what, number + 1)
        _release(connection, what.flow, made.number, "publish", what)
        return made


def save_draft(engine: Engine, what: Publication) -> Version:
    """What lines with `version: draft` answer with; replaces the draft before."""
    with engine.begin() as connection:
        connection.execute(text("select pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
        found = (flow_versions.c.flow == what.flow) & (flow_versions.c.number == DRAFT)
        connection.execute(delete(flow_versions).where(found))
        return _write(connection, what, DRAFT)


def release(engine: Engine, what: Publication, number: int, kind: str = "release") -> None:
    """A version that exists goes into service. Raises Refused."""
    with engine.begin() as connection:
        _existing(connection, what.flow, number)
        _release(connection, what.flow, number, kind, what)


def approve(engine: Engine, flow: str, number: int, by: str) -> None:
    """The second person agrees. Raises Refused."""
    with engine.begin() as connection:
        row = connection.execute(
            select(flow_releases)
            .where(flow_releases.c.flow == flow, flow_releases.c.number == number, flow_releases.c.needs_approval)
            .where(flow_releases.c.approved_by == "")
            .order_by(flow_releases.c.id.desc())
            .with_for_update()
        ).first()
        if row is None:
            raise Refused(f"version {number} of {flow} waits for nobody's approval")
        if row.made_by == by:
            raise Refused(f"{by} published version {number}: somebody else must approve it")
        changed = update(flow_releases).where(flow_releases.c.id == row.id)
        connection.execute(changed.values(approved_by=by, approved_at=func.now()))


def versions(engine: Engine, flow: str) -> list[Version]:
    """Newest first, the draft last."""
    with engine.connect() as connection:
        query = select(flow_versions).where(flow_versions.c.flow == flow).order_by(flow_versions.c.number.desc())
        return [_version(row) for row in connection.execute(query)]


def releases(engine: Engine) -> list[Release]:
    """Of all flows, oldest first."""
    with engine.connect() as connection:
        return [
            Release(row.id, row.flow, row.number, row.from_at, row.share, row.kind, row.made_by, row.note,
                    row.needs_approval, row.approved_by)
            for row in connection.execute(select(flow_releases).order_by(flow_releases.c.id))
        ]  # fmt: skip


def contents(engine: Engine) -> dict[tuple[str, int], str]:
    """(flow, number) -> hash of the files: a draft has changed when its hash has."""
    with engine.connect() as connection:
        query = select(flow_versions.c.flow, flow_versions.c.number, flow_versions.c.content)
        return {(row.flow, row.number): row.content for row in connection.execute(query)}


def snapshot(engine: Engine, flow: str, number: int) -> Snapshot:
    """The files of a version. Raises Refused when there is no such version."""
    with engine.connect() as connection:
        version = _existing(connection, flow, number)
        query = select(flow_files.c.path, flow_files.c.trained, flow_blobs.c.data).join(
            flow_blobs, flow_blobs.c.digest == flow_files.c.digest
        )
        rows = connection.execute(query.where(flow_files.c.flow == flow, flow_files.c.number == number)).all()
    files = {row.path: bytes(row.data) for row in rows if not row.trained}
    return Snapshot(files, {row.path: bytes(row.data) for row in rows if row.trained}, version.called)


def _existing(connection: Connection, flow: str, number: int) -> Version:
    query = select(flow_versions).where(flow_versions.c.flow == flow, flow_versions.c.number == number)
    row = connection.execute(query).first()
    if row is None:
        last = _latest(connection, flow)
        there = f"the newest is {last.number}" if last else f"nothing of {flow} was published"
        raise Refused(f"there is no {'draft' if number == DRAFT else f'version {number}'} of {flow}; {there}")
    return _version(row)


def _latest(connection: Connection, flow: str) -> Version | None:
    query = select(flow_versions).where(flow_versions.c.flow == flow, flow_versions.c.number > DRAFT)
    row = connection.execute(query.order_by(flow_versions.c.number.desc()).limit(1)).first()
    return _version(row) if row is not None else None


def _version(row: Row[Any]) -> Version:
    return Version(row.flow, row.number, row.made_at, row.made_by, row.note, row.base, row.forced, row.content,
                   tuple(row.called))  # fmt: skip


def _write(connection: Connection, what: Publication, number: int) -> Version:
    snapshot = what.snapshot
    row = connection.execute(
        insert(flow_versions)
        .values(flow=what.flow, number=number, made_by=what.by, note=what.note, base=what.base, forced=what.forced,
                content=snapshot.content, called=list(snapshot.called))
        .returning(flow_versions)
    ).one()  # fmt: skip
    for trained, files in ((False, snapshot.files), (True, snapshot.trained)):
        for path, data in files.items():
            key = digest(data)
            connection.execute(insert(flow_blobs).values(digest=key, data=data).on_conflict_do_nothing())
            place = {"flow": what.flow, "number": number, "path": path, "digest": key, "trained": trained}
            connection.execute(insert(flow_files).values(place))
    return _version(row)


def _release(connection: Connection, flow: str, number: int, kind: str, what: Publication) -> None:
    values = {"flow": flow, "number": number, "kind": kind, "made_by": what.by, "note": what.note}
    values |= {"share": what.share, "needs_approval": what.needs_approval}
    if what.at is not None:
        values["from_at"] = what.at
    connection.execute(insert(flow_releases).values(values))
