"""What each line serves: the files, a published version or two that share its calls, a draft, a pinned version."""

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import structlog

from ivr.flow.loader import Loaded, load
from ivr.flow.models import Flow, Line, Published, Serving
from ivr.flow.source import Unread
from ivr.insight import flow_folder
from ivr.insight.snapshot import NoFlow, as_loader_files, home_of
from ivr.records.flow_versions import DRAFT
from ivr.records.releases import FILES, effective
from ivr.records.version_source import Known, VersionSource, write_tree
from ivr.services.flow_watch import Compiled

log = structlog.get_logger("flows")

Version = tuple[str, int, str]
"""Flow, number, hash of the files when it is the draft."""


def _now() -> datetime:
    return datetime.now(UTC)


class Servings:
    """Compiles files and versions together. One a process."""

    def __init__(
        self,
        state: Path,
        source: VersionSource | None,
        now: Callable[[], datetime] = _now,
    ) -> None:
        """`source` None: the files alone serve (development)."""
        self.state = state
        self.source = source
        self._now = now
        self._loaded: dict[tuple[Version, bytes | Unread], Loaded] = {}

    def signature(self) -> str | None:
        """Changes when another version serves a line, by publishing or because its time has come; None: not known
        yet. Reads the database: use a thread."""
        if self.source is None:
            return ""
        known = self.source.known()
        if known is None:
            return None
        flows = sorted({one.flow for one in known.releases})
        return repr((known.drafts, [(flow, effective(known.releases, flow, self._now())) for flow in flows]))

    def compile(self, folder: Path) -> Compiled:
        """What the services process publishes. Raises OSError."""
        known = (self.source.known() if self.source else None) or Known()
        files = flow_folder.read_flows(folder)
        last = flow_folder.last_good(self.state)
        loaded = load(files, last, known=frozenset(one.flow for one in known.releases))
        problems = [str(problem) for problem in loaded.errors]
        if known.releases and any(problem.file == "lines.yaml" for problem in loaded.errors):
            return Compiled("", problems=problems, loaded=loaded)  # what serves goes on, whole
        published = loaded.published
        if published is None and loaded.lines is not None and known.releases:
            published = Published(version="", lines=loaded.lines, flows={})
        if published is None:
            return Compiled("", problems=problems, loaded=loaded)
        lines_file = files.get("lines.yaml", b"")
        serving, editions = self._lines(published, known, lines_file, last, problems)
        if serving:
            stamp = repr((published.version, [(name, rows) for name, rows in sorted(serving.items())]))
            published = published.model_copy(
                update={
                    "serving": serving,
                    "editions": {key: flows for key, (flows, _) in editions.items()},
                    "version": hashlib.sha256(stamp.encode()).hexdigest()[:16],
                }
            )
            loaded.editions = [one for _, one in editions.values() if one is not None]
            for one in loaded.editions:
                loaded.grammars |= one.grammars
        loaded.published = published
        return Compiled(published.to_json(), loaded.grammars, problems, loaded)

    def _lines(
        self,
        published: Published,
        known: Known,
        lines_file: bytes | Unread,
        last: Published | None,
        problems: list[str],
    ) -> "tuple[dict[str, tuple[Serving, ...]], dict[str, tuple[dict[str, Flow], Loaded | None]]]":
        """Line -> what serves it; edition -> its flows and how they were loaded (None: kept from before)."""
        serving: dict[str, tuple[Serving, ...]] = {}
        editions: dict[str, tuple[dict[str, Flow], Loaded | None]] = {}
        sole = {name: Line(numbers=("*",), flow=name) for name in published.flows}
        lines = published.lines.lines if published.lines else sole
        for name, line in lines.items():
            rows = []
            for (flow, number, content), share in wanted(line, known, self._now()):
                if number == FILES:
                    rows.append(Serving(edition="", share=share))
                    continue
                key = f"{flow}#{number}" if number != DRAFT else f"{flow}#draft-{content}"
                if key not in editions:
                    found = self._edition((flow, number, content), lines_file, problems)
                    if found is not None:
                        editions[key] = (found.published.flows if found.published else {}, found)
                    elif last is not None and key in last.editions:
                        editions[key] = (last.editions[key], None)
                if key in editions:
                    rows.append(Serving(edition=key, share=share))
            if not rows and last is not None and name in last.serving:  # as before, rather than what nobody published
                kept = last.serving[name]
                editions |= {one.edition: (last.editions[one.edition], None) for one in kept if one.edition}
                rows = list(kept)
            if rows and (len(rows) > 1 or rows[0].edition):
                serving[name] = tuple(rows)
        return serving, editions

    def _edition(self, version: Version, lines_file: bytes | Unread, problems: list[str]) -> Loaded | None:
        """Compiled against the lines of today; None when it cannot serve, with the reason in `problems`."""
        flow, number, content = version
        key = (version, lines_file)
        if key in self._loaded:
            return self._loaded[key]
        snapshot = self.source.snapshot(flow, number, content) if self.source else None
        if snapshot is None or self.source is None:
            problems.append(f"version {number} of {flow} cannot be read")
            return None
        try:
            files: dict[str, bytes | Unread] = {**as_loader_files(snapshot.files), "lines.yaml": lines_file}
            loaded = load(files if lines_file else without_lines(files), only=home_of(snapshot, flow))
            there = self.state / "nlu"
            write_tree(there, {path: data for path, data in snapshot.trained.items() if not (there / path).exists()})
        except (NoFlow, ValueError) as error:
            problems.append(f"version {number} of {flow}: {error}")
            return None
        if loaded.published is None or flow not in loaded.published.flows:
            problems += [f"version {number} of {flow}: {problem}" for problem in loaded.errors]
            return None
        place = self.source.place(flow, number, content).name
        moved = {
            name: _with_recordings(one, f"@{place}/{home_of(snapshot, name)}")
            for name, one in loaded.published.flows.items()
        }
        loaded.published = loaded.published.model_copy(update={"flows": moved})
        self._loaded = {kept: value for kept, value in self._loaded.items() if kept[1] == lines_file}
        self._loaded[key] = loaded
        return loaded


def without_lines(files: dict[str, bytes | Unread]) -> dict[str, bytes | Unread]:
    return {path: data for path, data in files.items() if path != "lines.yaml"}


def _with_recordings(flow: Flow, home: str) -> Flow:
    """Recordings lie with the version, not with the files of today (tts/speaker.py)."""
    return flow.model_copy(update={"recordings": {key: f"{home}/{path}" for key, path in flow.recordings.items()}})


def wanted(line: Line, known: Known, now: datetime) -> list[tuple[Version, float]]:
    """The versions that a line asks for, with their shares; empty: the files."""
    if line.version.isdigit():
        return [((line.flow, int(line.version), ""), 1.0)]
    if line.version == "draft":
        return [((flow, DRAFT, content), 1.0) for flow, content in known.drafts if flow == line.flow]
    if line.version == "files":
        return []
    return [((line.flow, number, ""), share) for number, share in effective(known.releases, line.flow, now)]
