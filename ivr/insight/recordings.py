"""Recordings of a folder, with what is known of them: labels or transcripts.

Audio: anything that libsndfile reads (wav, flac, Sphere, ogg, ...), and headerless `.raw` as 8 kHz PCM16. Labels:
`labels.json` (file -> {"intent", "slots"}), or transcripts: Sphinx's lines (`<s> WORDS </s> (file)`), `name words`
lines, a `.txt` beside each recording, or Free Spoken Digits' file names (`3_jackson_7`).
"""

import json
import re
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile
import soxr

RATE = 8000
SUFFIXES = frozenset({".wav", ".flac", ".sph", ".raw", ".ogg", ".opus", ".mp3", ".aiff", ".au", ".nist"})
_SPHINX = re.compile(r"^(?:<s>)?\s*(?P<words>.*?)\s*(?:</s>)?\s*\((?P<name>[^()]+)\)\s*$")
_SPEAKERS = (
    re.compile(r"^\w+?\d+-(?P<speaker>[^-]+)-[^-]*$"),  # an101-mrcb-b: AN4
    re.compile(r"^\d_(?P<speaker>[^_]+)_\d+$"),  # 3_jackson_7: Free Spoken Digits
    re.compile(r"^(?P<speaker>[^_]+)_t\d+_s\d+$"),  # fv01_t01_s02: NIKL
)

_DIGIT = re.compile(r"^(?P<digit>\d)_[^_]+_\d+$")
_DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")

Samples = npt.NDArray[np.float32]


class RecordingsError(Exception):
    """A folder, a label file or a recording that cannot be used; the message says which and why."""


@dataclass(frozen=True, slots=True)
class Recording:
    """One file."""

    path: Path
    name: str
    """Without folder and ending."""
    words: str | None = None
    """Transcript, lower case, when there is one."""
    intent: str | None = None
    slots: dict[str, str] = field(default_factory=dict)

    @property
    def speaker(self) -> str:
        """Read from names of known collections; empty else."""
        for pattern in _SPEAKERS:
            if match := pattern.match(self.name.split("+")[0]):
                return match["speaker"]
        return ""

    @property
    def labelled(self) -> bool:
        return self.words is not None or self.intent is not None


def find(folder: Path, labels: Path | None = None) -> list[Recording]:
    """All recordings below `folder`, by name. Raises RecordingsError when there are none."""
    if not folder.is_dir():
        raise RecordingsError(f"{folder} is no folder")
    files = sorted(p for p in folder.rglob("*") if p.suffix.lower() in SUFFIXES and p.is_file())
    if not files:
        raise RecordingsError(f"{folder} holds no audio ({', '.join(sorted(SUFFIXES))})")
    known = _labels(folder, labels)
    bases = [folder, *([labels.parent] if labels is not None else [])]
    found = [_labelled(path, bases, known) for path in files]
    if labels is not None and not any(recording.labelled for recording in found):
        raise RecordingsError(f"{labels} names none of the recordings in {folder}")
    return found


Label = str | dict[str, object]


def _labels(folder: Path, labels: Path | None) -> dict[str, Label]:
    """name, file name or relative path -> transcript or {"intent", "slots"}."""
    if labels is not None:
        return _read_labels(labels)
    known: dict[str, Label] = {}
    for path in sorted(folder.rglob("*")):
        if path.name == "labels.json" or re.search(r"transcri(pt|ption)", path.name.lower()):
            known |= _read_labels(path)
    return known


def _read_labels(path: Path) -> dict[str, Label]:
    try:
        text = path.read_text(encoding="utf-8")
        if path.suffix == ".json":
            data = json.loads(text)
            if not isinstance(data, dict):
                raise RecordingsError(f"{path}: expected file -> label")
            return data
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise RecordingsError(f"{path}: {error}") from error
    known: dict[str, Label] = {}
    for line in text.splitlines():
        if match := _SPHINX.match(line):
            known[match["name"]] = match["words"]
        elif " " in line or "\t" in line:
            name, words = line.split(maxsplit=1)
            known[name] = words
    return known


def _labelled(path: Path, bases: list[Path], known: dict[str, Label]) -> Recording:
    label: Label | None = None
    relative = [str(path.relative_to(base)) for base in bases if path.is_relative_to(base)]
    for key in (*relative, path.name, path.stem):
        if key in known:
            label = known[key]
            break
    if label is None and (beside := path.with_suffix(".txt")).is_file():
        label = beside.read_text(encoding="utf-8").strip()
    if label is None and (match := _DIGIT.match(path.stem)):
        label = _DIGITS[int(match["digit"])]
    if label is None:
        return Recording(path, path.stem)
    if isinstance(label, str):
        return Recording(path, path.stem, label.lower())
    slots = label.get("slots") or {}
    if not isinstance(slots, dict):
        raise RecordingsError(f"{path.name}: slots must be name -> value")
    words = label.get("text")
    return Recording(
        path,
        path.stem,
        str(words).lower() if words is not None else None,
        str(label["intent"]) if "intent" in label else None,
        {str(k): " ".join(str(v).split()) for k, v in slots.items()},
    )


def load(path: Path) -> Samples:
    """8 kHz mono, ±1. Raises RecordingsError."""
    try:
        if path.suffix.lower() == ".raw":
            return np.fromfile(path, dtype="<i2").astype(np.float32) / 32768.0
        samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
    except (OSError, RuntimeError) as error:
        raise RecordingsError(f"{path}: not audio that can be read ({error})") from error
    mono = samples.mean(axis=1)
    return np.asarray(soxr.resample(mono, rate, RATE, quality="HQ") if rate != RATE else mono, dtype=np.float32)
