"""What a version of a flow is made of: its folder, its fragments, the flows that it calls, its trained parser."""

import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ivr.flow import pronounce
from ivr.flow.loader import Loaded
from ivr.flow.source import Unread, parse
from ivr.records.flow_versions import Snapshot
from ivr.services.flow_files import SOUNDS, read_folder

BASE = ".version"
"""File in a flow's folder (not part of a version): the number that the files come from."""


class NoFlow(Exception):
    """There is no such flow; the text says which there are."""


def flow_home(folder: Path, flow: str) -> Path:
    """Folder of a flow by its name. Raises NoFlow."""
    homes = {
        str(_value(path).get("flow", path.parent.name)): path.parent for path in sorted(folder.glob("*/flow.yaml"))
    }
    if flow not in homes:
        raise NoFlow(f"there is no flow {flow!r} in {folder}; there are: {', '.join(homes) or 'none'}")
    return homes[flow]


def files_of(folder: Path, flow: str) -> tuple[dict[str, bytes], tuple[str, ...]]:
    """Path relative to the flows folder -> content, and the folders of called flows. Raises NoFlow, OSError."""
    home = flow_home(folder, flow)
    folders, waiting = [home.name], [home]
    fragments: set[str] = set()
    while waiting:
        value = _value(waiting.pop() / "flow.yaml")
        include = value.get("include", [])
        fragments |= {include} if isinstance(include, str) else {str(name) for name in include}
        nodes = [
            value,
            *(_value(folder / "shared" / name) for name in fragments if (folder / "shared" / name).is_file()),
        ]
        for called in {name for part in nodes for name in _called(part)}:
            other = flow_home(folder, called)
            if other.name not in folders:
                folders.append(other.name)
                waiting.append(other)
    wanted = {f"shared/{name}" for name in (*fragments, pronounce.NAME)}
    readable = read_folder(folder)
    unread = [f"{path}: {data.reason}" for path, data in readable.items() if isinstance(data, Unread)]
    if unread:
        raise OSError(unread[0])
    files = {path: (folder / path).read_bytes() for path in readable if path in wanted or path.split("/")[0] in folders}
    return files, tuple(sorted(folders[1:]))


def _value(path: Path) -> dict[str, Any]:
    value = parse(path.name, path.read_bytes()).value
    return value if isinstance(value, dict) else {}


def _called(value: Mapping[str, Any]) -> Iterator[str]:
    nodes = value.get("nodes")
    for node in nodes.values() if isinstance(nodes, dict) else ():
        if isinstance(node, dict) and node.get("type") == "call" and isinstance(node.get("flow"), str):
            yield node["flow"]


def trained(loaded: Loaded, embeddings: Path | None) -> dict[str, bytes]:
    """The built-in parser's models for these flows, by path below <state>/nlu. Takes seconds."""
    from ivr.insight.flow_folder import training_sets
    from ivr.nlu.builtin import Builtin

    with tempfile.TemporaryDirectory() as folder:
        Builtin(Path(folder), embeddings).publish(training_sets(loaded))
        return {p.relative_to(folder).as_posix(): p.read_bytes() for p in Path(folder).rglob("*.pickle")}


def as_loader_files(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """As read_folder gives them: recordings by their hash alone."""
    import hashlib

    return {path: hashlib.sha256(data).digest() if path.endswith(SOUNDS) else data for path, data in files.items()}


def home_of(snapshot: Snapshot, flow: str) -> str:
    """The folder of the flow within a snapshot. Raises NoFlow."""
    for path, data in snapshot.files.items():
        folder, _, name = path.partition("/")
        value = parse(path, data).value if name == "flow.yaml" else None
        if isinstance(value, dict) and value.get("flow") == flow:
            return folder
    raise NoFlow(f"the version holds no flow {flow!r}")
