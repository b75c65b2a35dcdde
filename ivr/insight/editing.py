"""Drafts of flows as pages edit them: opened from what was published or the folder, checked as typed, merged.

Nothing here knows HTTP. Raises SQLAlchemyError; flow_drafts.NoDraft.
"""

import re
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Engine

from ivr.flow.loader import Loaded, load
from ivr.flow.problems import Problem
from ivr.flow.source import Unread, parse
from ivr.insight import snapshot
from ivr.insight.conversation import read as read_conversations
from ivr.insight.merging import Merged, merged
from ivr.records import flow_drafts, flow_versions
from ivr.records.flow_drafts import Draft, File, Stale
from ivr.records.flow_versions import Snapshot
from ivr.records.version_source import write_tree
from ivr.services.flow_files import SOUNDS, read_folder

LARGEST_TEXT = 500_000
"""Bytes of a text that pages take; longer files are edited in the folder."""
_TEXT = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.\-]{0,80}\.(?:ya?ml|md)")
_SOUND = re.compile(r"prompts/[A-Za-z0-9_]+(?:\.[A-Za-z0-9_]+)*\.[a-z]{2}\.wav")


class NotAllowed(Exception):
    """A file that no page may write; the text tells why and the mend."""


@dataclass(frozen=True)
class Saved:
    """What came of a save."""

    file: File | None = None
    """As it is kept now; None: nothing was kept, the texts contradict each other."""
    text: str = ""
    """What the editor shows from now on when others' edits were put in; empty: what it has."""
    others: str = ""
    """Whose edits were put in, or contradict."""
    theirs: File | None = None
    both: Merged | None = None
    """Of a contradiction: everything, with marks."""


@dataclass(frozen=True)
class Conflict:
    """A file that version and draft changed in different ways."""

    path: str
    both: Merged


@dataclass
class Desk:
    """The drafts of one database, over the flows of one folder."""

    engine: Engine
    folder: Path

    def open(self, flow: str, by: str) -> Draft:
        """The flow's draft; begun from the newest version, else from the folder. Raises snapshot.NoFlow, OSError."""
        try:
            return flow_drafts.find(self.engine, flow)
        except flow_drafts.NoDraft:
            pass
        newest = self.newest(flow)
        if newest:
            shot = flow_versions.snapshot(self.engine, flow, newest)
            home, files = snapshot.home_of(shot, flow), dict(shot.files)
        else:
            home = snapshot.flow_home(self.folder, flow).name
            files = snapshot.files_of(self.folder, flow)[0]
        own = {path: data for path, data in files.items() if path.split("/")[0] in (home, "shared")}
        return flow_drafts.begin(self.engine, flow, home, newest, own, by)

    def newest(self, flow: str) -> int:
        """0: nothing was published."""
        return max((version.number for version in flow_versions.versions(self.engine, flow)), default=0)

    def base_files(self, draft: Draft) -> dict[str, bytes]:
        """What the draft was made from, as far as it can be edited."""
        try:
            if draft.base:
                files = dict(flow_versions.snapshot(self.engine, draft.flow, draft.base).files)
            else:
                files = snapshot.files_of(self.folder, draft.flow)[0]
        except (snapshot.NoFlow, flow_versions.Refused, OSError):
            return {}
        return {path: data for path, data in files.items() if path.split("/")[0] in (draft.home, "shared")}

    def changed(self, draft: Draft) -> list[str]:
        """Paths that differ from what the draft was made from."""
        now, before = flow_drafts.contents(self.engine, draft.flow), self.base_files(draft)
        return sorted(path for path in {*now, *before} if now.get(path) != before.get(path))

    # --- saving ---------------------------------------------------------------------------------------------------

    def save(self, draft: Draft, path: str, text: str, seen: int, by: str) -> Saved:
        """Keep a text; another's edit since `seen` is put in when no line contradicts. Raises NotAllowed."""
        writable(draft, path)
        data = text.encode()
        if len(data) > LARGEST_TEXT:
            size = f"{len(data) / 1e6:.1f} MB, more than {LARGEST_TEXT / 1e6:.1f} MB"
            raise NotAllowed(f"the text has {size}: split it, or edit it in the folder and publish from there")
        for _ in range(3):  # somebody may save once more between the merge and its save
            try:
                return Saved(flow_drafts.save(self.engine, draft.flow, path, data, seen, by))
            except Stale as stale:
                both, theirs = _put_together(stale, text), stale.theirs
            if not both.clean:
                break
            try:
                kept = flow_drafts.save(self.engine, draft.flow, path, both.text.encode(), theirs.revision, by)
            except Stale:
                continue
            return Saved(kept, both.text, theirs.saved_by)
        return Saved(theirs=theirs, both=both, others=theirs.saved_by)

    # --- what it all amounts to ------------------------------------------------------------------------------------

    def files(self, draft: Draft, edited: Mapping[str, str] | None = None, *, sounds: bool = False) -> dict[str, bytes]:
        """The folder's files with the draft's in place of them, and `edited` in place of those. `sounds`: other flows'
        recordings too, not only their hashes. Raises OSError."""
        beside: dict[str, bytes] = {}
        for path, data in read_folder(self.folder).items():
            if path.split("/")[0] != draft.home and not isinstance(data, Unread):
                beside[path] = (self.folder / path).read_bytes() if sounds and path.endswith(SOUNDS) else data
        own = flow_drafts.contents(self.engine, draft.flow)
        return {**beside, **own, **{path: text.encode() for path, text in (edited or {}).items()}}

    def snapshot(self, draft: Draft) -> Snapshot:
        """What a version of this draft would be made of, without trained models. Raises snapshot.NoFlow, OSError."""
        with tempfile.TemporaryDirectory() as folder:
            write_tree(Path(folder), self.files(draft, sounds=True))
            files, called = snapshot.files_of(Path(folder), draft.flow)
        return Snapshot(files, {}, called)

    def check(self, draft: Draft, edited: Mapping[str, str] | None = None) -> tuple[Loaded, list[Problem]]:
        """As `ivr check` does: the flow compiled, and every mistake of it and of its conversations."""
        files = self.files(draft, edited)
        wanted = {draft.home, "shared", "lines.yaml", *_called(files, draft.home)}
        near = {path: data for path, data in files.items() if path.split("/")[0] in wanted}
        loaded = load(snapshot.as_loader_files(near), only=draft.home)
        problems = set(loaded.problems)
        tests = f"{draft.home}/tests.yaml"
        if tests in files:
            problems |= set(read_conversations(tests, files[tests], draft.flow)[1])
        return loaded, sorted(problems)

    def update(self, draft: Draft, by: str, chosen: Mapping[str, str] | None = None) -> list[Conflict]:
        """Put the newest version's changes into the draft, which was made from an older one. Where both changed the
        same lines nothing is written, and the conflicts come back; `chosen` settles them: path -> "mine" (the draft's),
        "theirs" or "both" (with marks). Raises Stale: somebody saved meanwhile."""
        newest = self.newest(draft.flow)
        if newest == draft.base:
            return []
        theirs = {p: d for p, d in flow_versions.snapshot(self.engine, draft.flow, newest).files.items()
                  if p.split("/")[0] in (draft.home, "shared")}  # fmt: skip
        began, mine = self.base_files(draft), flow_drafts.contents(self.engine, draft.flow)
        conflicts, made = [], {}
        for path in sorted({*theirs, *mine}):
            data, conflict = _three(path, began.get(path), mine.get(path), theirs.get(path))
            if conflict is not None and chosen and path in chosen:
                data, conflict = _settled(chosen[path], mine.get(path), theirs.get(path), conflict), None
            if conflict is not None:
                conflicts.append(conflict)
            elif data is not None:
                made[path] = data
        if not conflicts:
            flow_drafts.replace(self.engine, draft.flow, made, newest, by, draft.revision)
        return conflicts


def writable(draft: Draft, path: str) -> None:
    """Raises NotAllowed for what is not one of the flow's own texts or recordings, or a fragment."""
    folder, _, name = path.partition("/")
    own = folder == draft.home and (_TEXT.fullmatch(name) or _SOUND.fullmatch(name))
    if not own and not (folder == "shared" and _TEXT.fullmatch(name)):
        raise NotAllowed(f"a flow's file cannot be called {path[:80]!r}; texts end in .yaml, .yml or .md")


def _put_together(stale: Stale, mine: str) -> Merged:
    theirs = (stale.theirs.data or b"").decode("utf-8", "replace")
    return merged((stale.began or b"").decode("utf-8", "replace"), mine, theirs)


def _settled(choice: str, mine: bytes | None, theirs: bytes | None, conflict: Conflict) -> bytes | None:
    if choice == "both" and conflict.both.text:
        return conflict.both.text.encode()
    return theirs if choice == "theirs" else mine


def _three(
    path: str, began: bytes | None, mine: bytes | None, theirs: bytes | None
) -> tuple[bytes | None, Conflict | None]:
    """One file of three: who changed it alone is followed."""
    if mine in (theirs, began):
        return theirs, None
    if theirs == began:
        return mine, None
    if path.endswith(SOUNDS) or mine is None or theirs is None:
        return None, Conflict(path, Merged("", [1]))
    both = merged((began or b"").decode("utf-8", "replace"), mine.decode("utf-8", "replace"),
                  theirs.decode("utf-8", "replace"))  # fmt: skip
    return (both.text.encode(), None) if both.clean else (None, Conflict(path, both))


def _called(files: Mapping[str, bytes], home: str) -> set[str]:
    """Folders of the flows that a flow calls, and those that they call."""
    homes: dict[str, str] = {}
    calls: dict[str, set[str]] = {}
    for path, data in files.items():
        folder, _, name = path.partition("/")
        if name != "flow.yaml" and folder != "shared":
            continue
        if folder != home and b"call" not in data and name != "flow.yaml":
            continue
        names = set(re.findall(rb"\bflow:\s*[\"']?([a-z][a-z0-9_]*)", data[:200_000]))
        if name == "flow.yaml":
            first = re.search(rb"^flow:\s*[\"']?([a-z][a-z0-9_]*)", data[:200_000], re.MULTILINE)
            homes[first[1].decode() if first else folder] = folder
        calls[path] = {found.decode() for found in names}
    found: set[str] = set()
    waiting = [f"{home}/flow.yaml", *(path for path in calls if path.startswith("shared/"))]
    while waiting:
        for name in calls.get(waiting.pop(), ()):
            folder = homes.get(name, "")
            if folder and folder != home and folder not in found:
                found.add(folder)
                waiting.append(f"{folder}/flow.yaml")
    return found


def intents_of(file: str, data: bytes) -> list[str]:
    """Names of the intents of an nlu file, for pages that offer them."""
    value = parse(file, data).value
    rows = value.get("nlu", []) if isinstance(value, dict) else []
    return [str(row["intent"]) for row in rows if isinstance(row, dict) and "intent" in row]
