"""Keys out of captures and recordings, by the parts that find them in calls: what `ivr eval dtmf` measures."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from rapidfuzz.distance import Levenshtein

from ivr.audio.frames import SILENCE, split
from ivr.call.config import HearingConfig
from ivr.call.listening import Listening
from ivr.events import KeyPressed
from ivr.insight.captures import EventPacket, read_capture
from ivr.insight.channel import Codec, Samples, g711, lose_packets, pcm16, with_noise
from ivr.insight.recordings import SUFFIXES, load
from ivr.insight.scoring import Share
from ivr.sip.keys import KeyCounter

CAPTURES = frozenset({".pcap", ".cap"})
FRAME_S = 0.02
_AFTER_S = 0.2
_EVENTS = "0123456789*#ABCD"
_NAMES = {"star": "*", "asterisk": "*", "pound": "#", "hash": "#"}
_KEYS = re.compile(r"[0-9A-D*#]+")


class KeyFilesError(Exception):
    """A folder or labels that cannot be used; the message says which and why."""


@dataclass(frozen=True, slots=True)
class KeyFile:
    """One capture or recording."""

    path: Path
    keys: str | None
    """What was pressed; None: not known."""


@dataclass(frozen=True, slots=True)
class KeyCase:
    """What was found in one."""

    name: str
    means: str
    """rtp, inband, both, or empty when nothing was found."""
    seconds: float
    pressed: str | None
    found: str

    @property
    def missed(self) -> int:
        """Keys that were pressed and not found, or found as others."""
        edits = Levenshtein.editops(self.pressed or "", self.found)
        return sum(edit.tag != "insert" for edit in edits) if self.pressed is not None else 0

    @property
    def false(self) -> int:
        """Keys that were found and not pressed."""
        edits = Levenshtein.editops(self.pressed or "", self.found)
        return sum(edit.tag != "delete" for edit in edits) if self.pressed is not None else 0


@dataclass(frozen=True, slots=True)
class Line:
    """What the line does to sound; captures come as they are."""

    codec: Codec = "pcmu"
    noise: Samples | None = None
    snr_db: float = 24.0
    loss: float = 0.0


def find(folder: Path, labels: Path | None, no_keys: bool) -> list[KeyFile]:
    """All below the folder, by name. Keys: `labels.json` (file -> "12#" or {"keys": ...}), else the end of the file's
    name (`key_5`, `dtmf-0123`, `x_star`). Raises KeyFilesError."""
    if not folder.is_dir():
        raise KeyFilesError(f"{folder} is no folder")
    paths = sorted(p for p in folder.rglob("*") if p.suffix.lower() in SUFFIXES | CAPTURES and p.is_file())
    if not paths:
        raise KeyFilesError(f"{folder} holds neither captures nor audio")
    known = _labels(labels if labels is not None else folder / "labels.json", must=labels is not None)
    return [KeyFile(path, "" if no_keys else _keys(path, folder, known)) for path in paths]


def _labels(path: Path, must: bool) -> Mapping[str, object]:
    if not must and not path.is_file():
        return {}
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise KeyFilesError(f"{path}: {error}") from error
    if not isinstance(data, dict):
        raise KeyFilesError(f"{path}: expected file -> keys")
    return data


def _keys(path: Path, folder: Path, known: Mapping[str, object]) -> str | None:
    for name in (str(path.relative_to(folder)), path.name, path.stem):
        if name in known:
            label = known[name]
            said = label.get("keys") if isinstance(label, dict) else label
            if not isinstance(said, str) or not re.fullmatch(r"[0-9A-D*#]*", said.upper()):
                raise KeyFilesError(f"{path.name}: keys must be a text of 0-9 * # A-D")
            return said.upper()
    last = re.split(r"[_\-. ]", path.stem)[-1]
    if last.lower() in _NAMES:
        return _NAMES[last.lower()]
    return last.upper() if _KEYS.fullmatch(last.upper()) else None


def run(files: list[KeyFile], config: HearingConfig, line: Line, seed: int) -> Iterator[KeyCase]:
    """Each file; a capture's senders one after the other. Raises CaptureError, RecordingsError."""
    for number, file in enumerate(files):
        if file.path.suffix.lower() not in CAPTURES:
            sound = _over(load(file.path), line, np.random.default_rng([seed, number]))
            yield _case(file, *pressed_keys(sound, [], config))
            continue
        found = [pressed_keys(stream.sound, stream.events, config) for stream in read_capture(file.path)]
        ways = {way for _, way, _ in found if way}
        keys, seconds = "".join(keys for keys, _, _ in found), sum(seconds for _, _, seconds in found)
        yield _case(file, keys, ways.pop() if len(ways) == 1 else "both" if ways else "", seconds)


def _case(file: KeyFile, keys: str, way: str, seconds: float) -> KeyCase:
    return KeyCase(file.path.stem, way, seconds, file.keys, keys)


def _over(sound: Samples, line: Line, random: np.random.Generator) -> Samples:
    if line.noise is not None:
        sound = with_noise(sound, line.noise, line.snr_db, random)
    sound = g711(sound, line.codec)
    return lose_packets(sound, line.loss, random) if line.loss else sound


def pressed_keys(sound: Samples, events: list[EventPacket], config: HearingConfig) -> tuple[str, str, float]:
    """(keys, how they came, seconds) of one caller, as a call counts them."""
    listening, counter = Listening(config), KeyCounter()
    waiting = sorted(events, key=lambda event: event.at_s)
    seconds = max(len(sound) / 8000, waiting[-1].at_s if waiting else 0.0)
    frames = split(pcm16(np.concatenate([sound, np.zeros(int((seconds + _AFTER_S) * 8000) - len(sound), np.float32)])))
    keys = ""
    ways: set[str] = set()
    for t, frame in enumerate(frames):
        while waiting and waiting[0].at_s <= t * FRAME_S:
            packet = waiting.pop(0)
            key = _EVENTS[packet.event] if packet.event < len(_EVENTS) else ""
            if counter.rtp(key, packet.stamp // 8, packet.duration // 8) and listening.is_new_key(t, key, "rtp"):
                keys, ways = keys + key, ways | {"rtp"}
        for event in listening.frame(t, frame, SILENCE):
            if isinstance(event, KeyPressed):
                keys, ways = keys + event.key, ways | {"inband"}
    return keys, ways.pop() if len(ways) == 1 else "both" if ways else "", seconds


def summary(cases: list[KeyCase]) -> dict[str, object]:
    """Figures, plain for JSON: keys and files right with their intervals, false keys an hour."""
    known = [case for case in cases if case.pressed is not None]
    keys = sum(len(case.pressed or "") for case in known)
    missed, false = sum(case.missed for case in known), sum(case.false for case in known)
    hours = sum(case.seconds for case in known) / 3600
    whole = Share(sum(case.pressed == case.found for case in known), len(known))
    return {
        "cases": len(cases),
        "labelled": len(known),
        "keys": keys,
        "keys_right": Share(keys - missed, keys).plain() if keys else None,
        "files_right": whole.plain() if known else None,
        "false_keys": false,
        "false_keys_an_hour": round(false / hours, 2) if hours else None,
        "seconds": round(3600 * hours, 1),
    }
