"""Rendered prompts on disk: `<key>.raw` (8 kHz mono PCM16, little endian) and `<key>.json` (how it was made).

Files come and go whole: written beside, then renamed, the .json first. Media maps the .raw files by the keys that it
computes itself (audio/prompt_key.py). What is sensitive never comes here: the speaker does not offer it.
"""

import contextlib
import os
import threading
from dataclasses import dataclass
from pathlib import Path

import msgspec

FRAME_BYTES = 320


class Entry(msgspec.Struct, frozen=True, omit_defaults=True):
    """How a cached prompt was made."""

    sources: list[str]
    """Engines, best known first in the table of its language when it was made."""
    language: str = ""
    voice: str = ""
    rate: float = 1.0
    version: str = ""
    """Of the recordings it was joined from, or of the recording that it is."""
    text: str = ""
    """Only of prompts that flows contain: what holds a caller's data is not written down here."""
    recording: str = ""
    flow: str = ""


@dataclass(frozen=True)
class Cached:
    path: Path
    entry: Entry


class PromptCache:
    """One folder. Any thread."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._index: dict[str, Cached] = {}
        self._lock = threading.Lock()
        folder.mkdir(parents=True, exist_ok=True)
        self.scan()

    def scan(self) -> None:
        """Read the folder anew; pairs that are torn or unreadable are removed."""
        index: dict[str, Cached] = {}
        for path in self.folder.glob("*.raw"):
            note = path.with_suffix(".json")
            try:
                entry = msgspec.json.decode(note.read_bytes(), type=Entry)
                if path.stat().st_size >= FRAME_BYTES:
                    index[path.stem] = Cached(path, entry)
                    continue
            except (OSError, msgspec.MsgspecError):
                pass
            self._remove(path)
        with self._lock:
            self._index = index

    def get(self, key: str) -> Cached | None:
        with self._lock:
            found = self._index.get(key)
        if found is not None and not found.path.exists():
            with self._lock:
                self._index.pop(key, None)
            return None
        return found

    def keys(self) -> list[str]:
        with self._lock:
            return list(self._index)

    def put(self, key: str, pcm: bytes, entry: Entry) -> Path:
        """Store or replace. Raises OSError (a full disk): the prompt is then simply not cached."""
        path = self.folder / f"{key}.raw"
        self._write(path.with_suffix(".json"), msgspec.json.encode(entry))
        self._write(path, pcm)
        with self._lock:
            self._index[key] = Cached(path, entry)
        return path

    def forget(self, key: str) -> None:
        with self._lock:
            self._index.pop(key, None)
        self._remove(self.folder / f"{key}.raw")

    def prune(self, limit_bytes: int) -> int:
        """Remove the longest unused prompts without text (those that no flow contains) until the folder fits; returns
        how many went."""
        sized = []
        for key in self.keys():
            with contextlib.suppress(OSError):
                stat = (self.folder / f"{key}.raw").stat()
                sized.append((stat.st_mtime, stat.st_size, key))
        total, gone = sum(size for _, size, _ in sized), 0
        for _, size, key in sorted(sized):
            if total <= limit_bytes:
                break
            found = self.get(key)
            if found is not None and not found.entry.text:
                self.forget(key)
                total -= size
                gone += 1
        return gone

    def _write(self, path: Path, data: bytes) -> None:
        new = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}.tmp")
        try:
            new.write_bytes(data)
            os.replace(new, path)
        except OSError:
            new.unlink(missing_ok=True)
            raise

    def _remove(self, path: Path) -> None:
        with contextlib.suppress(OSError):
            path.unlink(missing_ok=True)
            path.with_suffix(".json").unlink(missing_ok=True)
