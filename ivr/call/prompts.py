"""Where the sound of a `Say` comes from: the cache of rendered prompts, mapped into memory; else services."""

import mmap
import os
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path

import msgspec

from ivr.actions import Say
from ivr.audio.prompt_key import prompt_key
from ivr.wire.messages import Synthesized

MAPPED = 512
"""Prompts kept mapped; the least recently used is let go first."""


class _Beside(msgspec.Struct):
    """What is read of `<key>.json`."""

    sources: list[str] = []


@dataclass(frozen=True)
class Sound:
    """A rendered prompt: 8 kHz mono PCM16."""

    pcm: bytes | memoryview
    sources: tuple[str, ...]


def read_sound(path: Path) -> Sound | None:
    """Map a raw prompt, with the sources that stand in the .json beside it; None when it cannot be read."""
    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            pcm = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) if size else b"")
    except (OSError, ValueError):
        return None
    try:
        sources = msgspec.json.decode(path.with_suffix(".json").read_bytes(), type=_Beside).sources
    except (OSError, msgspec.MsgspecError):
        sources = ["cached"]
    return Sound(pcm, tuple(sources))


class PromptCache:
    """key -> sound. Filled by a scan at the start and by PromptCached messages; a lookup costs one map of a file."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._paths: dict[str, Path] = {}
        self._mapped: OrderedDict[str, Sound] = OrderedDict()

    def scan(self) -> int:
        """Take in every finished prompt of the folder; returns how many."""
        if self._folder.is_dir():
            for entry in os.scandir(self._folder):
                if entry.name.endswith(".raw") and not entry.name.startswith("."):
                    self._paths[entry.name[:-4]] = Path(entry.path)
        return len(self._paths)

    def add(self, key: str, path: Path) -> None:
        """A prompt was rendered, or rendered better; a call that plays the old one keeps it."""
        self._paths[key] = path
        self._mapped.pop(key, None)

    def find(self, say: Say, flow: str) -> Sound | None:
        """The sound of a prompt when it is there."""
        flow = flow if say.recording else ""
        key = prompt_key(say.spoken or say.text, say.language, say.voice, say.rate, say.recording, flow)
        if (sound := self._mapped.get(key)) is not None:
            self._mapped.move_to_end(key)
            return sound
        path = self._paths.get(key)
        if path is None or (sound := read_sound(path)) is None:
            return None
        self._mapped[key] = sound
        if len(self._mapped) > MAPPED:
            self._mapped.popitem(last=False)
        return sound

    def __len__(self) -> int:
        return len(self._paths)


def synthesized(answer: Synthesized) -> Sound | None:
    """The sound that services made; None when it could not."""
    if answer.pcm:
        return Sound(answer.pcm, tuple(answer.sources))
    sound = read_sound(Path(answer.path)) if answer.path else None
    return Sound(sound.pcm, tuple(answer.sources) or sound.sources) if sound is not None else None
