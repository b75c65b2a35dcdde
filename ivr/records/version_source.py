"""Versions of flows as a server reads them: from Postgres, and from what it kept of them while Postgres is away."""

import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path

import structlog
from sqlalchemy import Engine, select
from sqlalchemy.exc import ProgrammingError, SQLAlchemyError

from ivr.records import flow_versions
from ivr.records.flow_versions import DRAFT, Snapshot
from ivr.records.releases import Release
from ivr.records.tables import flow_versions as versions_table

log = structlog.get_logger("flows")

FILE = "releases.json"


@dataclass(frozen=True)
class Known:
    """What was published, as far as we know."""

    releases: tuple[Release, ...] = ()
    drafts: tuple[tuple[str, str], ...] = ()
    """(flow, hash of its draft's files)."""


class VersionSource:
    """One a process. Everything here reads the database or files: use a thread."""

    def __init__(self, folder: Path, engine: Callable[[], Engine]) -> None:
        """`folder`: <state>/flows; `engine` is asked for when it is first needed."""
        self.folder = folder
        self._make = engine
        self._engine: Engine | None = None
        self._last: Known | None = None
        self._away = False

    def known(self) -> Known | None:
        """None: the database was never seen and does not answer, so nobody knows."""
        try:
            found = self._read()
        except ProgrammingError:  # no tables yet: nothing can have been published
            found = Known()
        except SQLAlchemyError as error:
            if not self._away:
                log.warning("published versions cannot be read; those known serve on", error=type(error).__name__)
            self._away = True
            self._last = self._last or self._kept()
            return self._last
        self._away = False
        if found != self._last:
            self._keep(found)
        self._last = found
        return found

    def snapshot(self, flow: str, number: int, content: str = "") -> Snapshot | None:
        """The files of a version (of the draft with this content); None when it cannot be had now."""
        place = self.place(flow, number, content)
        if (place / "complete").exists():
            return Snapshot(_tree(place / "files"), _tree(place / "trained"))
        try:
            found = flow_versions.snapshot(self._connected(), flow, number)
        except (SQLAlchemyError, flow_versions.Refused) as error:
            log.error("a version cannot be read", flow=flow, number=number, error=type(error).__name__)
            return None
        if number == DRAFT and content and found.content != content:
            return None  # saved again in this moment; the next look finds it
        shutil.rmtree(place, ignore_errors=True)
        for part, files in (("files", found.files), ("trained", found.trained)):
            write_tree(place / part, files)
        (place / "complete").touch()
        return found

    def place(self, flow: str, number: int, content: str = "") -> Path:
        """Folder of a version's files."""
        return self.folder / "versions" / (f"{flow}-{number}" if number != DRAFT else f"{flow}-draft-{content}")

    def _connected(self) -> Engine:
        self._engine = self._engine or self._make()
        return self._engine

    def _read(self) -> Known:
        engine = self._connected()
        with engine.connect() as connection:
            query = select(versions_table.c.flow, versions_table.c.content).where(versions_table.c.number == DRAFT)
            drafts = tuple(sorted((row.flow, row.content) for row in connection.execute(query)))
        return Known(tuple(flow_versions.releases(engine)), drafts)

    def _keep(self, known: Known) -> None:
        rows = [asdict(one) | {"from_at": one.from_at.isoformat()} for one in known.releases]
        self.folder.mkdir(parents=True, exist_ok=True)
        fresh = self.folder / f".{FILE}.tmp"
        fresh.write_text(json.dumps({"releases": rows, "drafts": known.drafts}))
        fresh.replace(self.folder / FILE)

    def _kept(self) -> Known | None:
        try:
            value = json.loads((self.folder / FILE).read_text())
            rows = [Release(**row) for row in value["releases"]]
        except (OSError, ValueError, KeyError, TypeError):
            return None
        dated = [replace(row, from_at=datetime.fromisoformat(str(row.from_at))) for row in rows]
        return Known(tuple(dated), tuple((str(flow), str(content)) for flow, content in value["drafts"]))


def _tree(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def write_tree(folder: Path, files: Mapping[str, bytes]) -> None:
    """Files below a folder. Raises ValueError for a path that leads out of it."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        path = folder / name
        if not path.resolve().is_relative_to(folder.resolve()):
            raise ValueError(f"{name!r} leads out of the folder")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
