"""A flows folder as the loader takes it: {path relative to the folder: content}."""

import hashlib
import os
import re
import stat
from pathlib import Path

from ivr.flow.loader import Loaded, load
from ivr.flow.models import Published
from ivr.flow.source import Unread

TEXTS = (".yaml", ".yml", ".md")
SOUNDS = (".wav", ".raw")
LARGEST = 50_000_000
"""Bytes of one file."""
_FLOW = re.compile(rb"\bflow:\s*[\"']?([a-z][a-z0-9_]*)")
MOST = 5_000
"""Files of a folder."""


def read_folder(folder: Path) -> dict[str, bytes | Unread]:
    """Texts with their content, recordings with the hash of theirs. Hidden files and links to folders are left out."""
    found: dict[str, bytes | Unread] = {}
    for root, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            if name.startswith(".") or not name.endswith((*TEXTS, *SOUNDS)) or len(found) >= MOST:
                continue
            path = Path(root) / name
            found[path.relative_to(folder).as_posix()] = _content(path, folder)
    return found


def _content(path: Path, folder: Path) -> bytes | Unread:
    try:
        if path.is_symlink() and not path.resolve().is_relative_to(folder.resolve()):
            return Unread("the file is a link that leads out of the flows folder")
        if not stat.S_ISREG(path.stat().st_mode):
            return Unread("this is no file")
        if path.stat().st_size > LARGEST:
            return Unread(f"the file has {path.stat().st_size / 1e6:.0f} MB")
        data = path.read_bytes()
    except OSError as error:
        return Unread(f"the file cannot be read: {error.strerror}")
    return hashlib.sha256(data).digest() if path.suffix in SOUNDS else data


def _called(name: str, files: dict[str, bytes | Unread]) -> set[str]:
    """Folders of the flows that a flow, or a fragment, may call, and those that they may call in turn."""
    found: set[str] = set()
    waiting = [f"{name}/flow.yaml", *(path for path in files if path.startswith("shared/"))]
    while waiting:
        text = files.get(waiting.pop(), b"")
        for called in _FLOW.findall(text if isinstance(text, bytes) else b""):
            folder = called.decode()
            if folder not in found and f"{folder}/flow.yaml" in files:
                found.add(folder)
                waiting.append(f"{folder}/flow.yaml")
    return found


def load_folder(folder: Path, last_good: Published | None = None) -> Loaded:
    """Load a flows folder, or one flow's own folder (then with `shared/`, `lines.yaml` and called flows beside it)."""
    if (folder / "flow.yaml").is_file():
        name = folder.resolve().name
        files = read_folder(folder.resolve().parent)
        wanted = {name, "shared", "lines.yaml", *_called(name, files)}
        near = {path: data for path, data in files.items() if path.split("/")[0] in wanted}
        return load(near, last_good, only=name)
    return load(read_folder(folder), last_good)
