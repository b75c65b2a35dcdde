"""A flow as it was when a call was held: found by the hash that the call's record keeps, drawn for a page."""

import threading
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from ivr.flow.loader import load
from ivr.flow.source import Unread
from ivr.insight.flow_picture import picture
from ivr.insight.snapshot import NoFlow, as_loader_files, flow_home, home_of
from ivr.records import flow_versions
from ivr.records.flow_versions import DRAFT, Refused, Snapshot
from ivr.services.flow_files import read_folder

MOST = 100
"""Versions that are looked through, newest first."""

Pictures = dict[str, dict[str, Any]]


class FlowsThen:
    """One a process: versions never change, so their hashes are kept."""

    def __init__(self, engine: Engine, folder: Path) -> None:
        """`folder`: the flows of the machine, for calls that the files served."""
        self._engine = engine
        self._folder = folder
        self._hashes: dict[tuple[str, int], str] = {}
        self._one = threading.Lock()  # compiling takes a core: one at a time

    def pictures(self, flow: str, version: str, wanted: Iterable[str]) -> tuple[int | None, Pictures]:
        """(number of the version, None when the files served; flow -> picture of those `wanted` that are in it).
        Nothing drawn: it is kept nowhere any more, or goes to destinations that lines.yaml no longer names. Raises
        SQLAlchemyError."""
        if not flow or not version:
            return None, {}
        with self._one:
            for number, files in self._candidates(flow, version):
                loaded = load(files, only=_home(files, flow))
                flows = loaded.published.flows if loaded.published else {}
                found = flows[flow].version if flow in flows else ""
                if number is not None and found:  # what lines.yaml lacks today it may have tomorrow
                    self._hashes[flow, number] = found
                if found == version:
                    return number, {name: _drawn(files, flows, name) for name in dict.fromkeys(wanted) if name in flows}
        return None, {}

    def _candidates(self, flow: str, version: str) -> Iterator[tuple[int | None, dict[str, bytes]]]:
        numbers = [one.number for one in flow_versions.versions(self._engine, flow) if one.number != DRAFT]
        for number in numbers[:MOST]:
            if self._hashes.get((flow, number), version) != version:
                continue
            try:
                kept = flow_versions.snapshot(self._engine, flow, number)
            except Refused:
                continue  # taken out in this moment
            yield number, {**as_loader_files(kept.files), **self._lines()}
        try:
            flow_home(self._folder, flow)
            yield None, self._files()
        except (NoFlow, OSError):
            return

    def _files(self) -> dict[str, bytes]:
        """Of the machine's folder. Raises OSError."""
        return {path: data for path, data in read_folder(self._folder).items() if not isinstance(data, Unread)}

    def _lines(self) -> dict[str, bytes]:
        """Versions compile with the lines of today, as they serve: flows name destinations and switches in them."""
        path = self._folder / "lines.yaml"
        return {path.name: path.read_bytes()} if path.is_file() else {}


def _home(files: Mapping[str, bytes], flow: str) -> str:
    return home_of(Snapshot(files), flow)


def _drawn(files: Mapping[str, bytes], flows: Mapping[str, Any], name: str) -> dict[str, Any]:
    home = _home(files, name)
    return picture(flows[name], f"{home}/flow.yaml", files[f"{home}/flow.yaml"])
