"""Emotion measured: on labelled turns (labels.csv: file, label, caller), or on turns made louder, higher and faster.

What is made so is no feeling: it tells whether a change of voice is found, not whether a caller was frustrated.
"""

import csv
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ivr.asr.emotion import Emotion, judged, measured
from ivr.insight.recordings import load

STIRRED = frozenset({"angry", "frustrated", "anger"})
RAISED = {"slightly": (3.0, 1.5, 1.1), "clearly": (6.0, 3.0, 1.2)}
"""How much -> dB, semitones, speed."""


class EmotionFilesError(ValueError):
    """The folder cannot be measured on."""


@dataclass(frozen=True)
class Turn:
    caller: str
    label: str
    """`calm`, `frustrated`; or `slightly`, `clearly`: made so."""
    emotion: Emotion
    took_s: float


def labelled(folder: Path) -> Iterator[Turn]:
    """Turns of labels.csv, in its order: a caller's first one is what the others are compared with."""
    try:
        rows = list(csv.DictReader((folder / "labels.csv").read_text(encoding="utf-8").splitlines()))
    except OSError:
        raise EmotionFilesError(f"there is no {folder / 'labels.csv'} (file, label, caller); or say --made") from None
    usual: dict[str, Any] = {}
    for row in rows:
        pcm = _pcm(load(folder / row["file"]))
        began = time.perf_counter()
        voice = measured(pcm)
        if voice is None:
            continue
        caller = row.get("caller") or ""
        found = judged(voice, usual.get(caller) if caller else None)
        took = time.perf_counter() - began
        if caller and caller not in usual:
            usual[caller] = voice
            continue
        yield Turn(caller, "frustrated" if row["label"].lower() in STIRRED else "calm", found, took)


def made(folder: Path, speaker: str = r"^([^-]*)", limit: int = 0) -> Iterator[Turn]:
    """Every second recording of a speaker as it is, and changed; compared with the one before it. `speaker`: a pattern
    whose group, found in a file's name, says who speaks."""
    who = re.compile(speaker)
    by_speaker: dict[str, list[Path]] = {}
    for path in sorted(p for p in folder.rglob("*") if p.suffix.lower() in (".wav", ".flac", ".raw", ".sph")):
        found = who.search(path.stem)
        if found:
            by_speaker.setdefault(f"{path.parent}/{found[1]}", []).append(path)
    pairs = [(name, a, b) for name, paths in by_speaker.items() for a, b in zip(paths[::2], paths[1::2], strict=False)]
    if not pairs:
        raise EmotionFilesError(f"{folder} holds no two recordings of one speaker")
    step = max(1, len(pairs) // limit) if limit else 1
    for name, first, second in pairs[::step]:
        usual, samples = measured(_pcm(load(first))), load(second)
        for label, changed in (("calm", samples), *((how, _raised(samples, how)) for how in RAISED)):
            began = time.perf_counter()
            voice = measured(_pcm(changed))
            if usual is not None and voice is not None:
                yield Turn(name, label, judged(voice, usual), time.perf_counter() - began)


def _raised(samples: Any, how: str) -> Any:
    import parselmouth
    from parselmouth.praat import call

    louder_db, semitones, speed = RAISED[how]
    sound = parselmouth.Sound(np.asarray(samples, dtype=np.float64), 8000)
    changed = call(sound, "Change gender", 75, 450, 1.0, 0, 1.0, 1 / speed)
    median = call(sound.to_pitch(0.02, 75, 450), "Get quantile", 0, 0, 0.5, "Hertz")
    if median and np.isfinite(median):
        changed = call(sound, "Change gender", 75, 450, 1.0, float(median) * 2 ** (semitones / 12), 1.15, 1 / speed)
    return np.clip(changed.values[0] * 10 ** (louder_db / 20), -1, 1)


def summary(turns: list[Turn]) -> dict[str, Any]:
    """Share found at 0.5, and the area under the curve against the calm ones, a label each."""
    calm = [turn for turn in turns if turn.label == "calm"]
    report: dict[str, Any] = {
        "turns": len(turns),
        "false_frustrated": _share([turn.emotion.frustrated >= 0.5 for turn in calm]),
        "calm_found": _share([turn.emotion.calm >= 0.5 for turn in calm]),
        "turn_ms": round(1000 * float(np.median([turn.took_s for turn in turns])), 1) if turns else None,
    }
    for label in sorted({turn.label for turn in turns} - {"calm"}):
        some = [turn.emotion.frustrated for turn in turns if turn.label == label]
        wins = [(a > b) + 0.5 * (a == b) for a in some for b in (turn.emotion.frustrated for turn in calm)]
        report[label] = {"found": _share([x >= 0.5 for x in some]), "area": _share(wins), "turns": len(some)}
    return report


def _share(found: list[Any]) -> float | None:
    return round(float(np.mean(found)), 3) if found else None


def _pcm(samples: Any) -> bytes:
    return bytes((np.clip(np.asarray(samples), -1, 1) * 32767).astype("<i2").tobytes())
