"""Recorded prompts joined: `sounds/<language>/index.yaml` names the files, docs/speaking.md tells its form.

A text is spoken this way only when all of it is covered: by whole phrases, and by number, digit and date words between
them. The fewest pieces win. Words have two takes where the folder has them: `mid` goes on, `end` falls before a comma,
a full stop or the end.
"""

import hashlib
import re
import threading
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from num2words import num2words
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from ivr.tts import NotForMe, SynthesisError
from ivr.tts.shape import RATE, finish, from_pcm, level, read_wav, resample, to_pcm

GAPS_S = {"": 0.03, ",": 0.22, ".": 0.4}
"""Silence after a piece: inside a clause, after a comma, after a sentence. Each file brings up to 20 ms of its own."""
OWN_S = 0.02
TOKEN = re.compile(r"[^\W_]+(?:['’][^\W_]+)*|\S")
STOPS = ".,;:!?…、。"
UNSPOKEN = "-–—_'’\"“”‘()[]{}"
DIGITS_READ_SINGLY = 5
"""A number with this many digits, or with a leading zero, is read digit by digit."""


@dataclass(frozen=True)
class Piece:
    """One file and the silence after it."""

    file: str
    gap_s: float


@dataclass(frozen=True)
class _Take:
    mid: str
    end: str


@dataclass(frozen=True)
class _Word:
    text: str
    stop: str
    """Punctuation after it: "", "," or "."."""


class Recorded:
    """ports.Synthesizer over a folder of recordings."""

    name = "recorded"

    def __init__(self, folder: Path) -> None:
        """`folder`: `sounds/`. A language without index.yaml has no recordings."""
        self.folder = folder
        self.languages = tuple(sorted(p.parent.name for p in folder.glob("*/index.yaml")))
        self._indices: dict[str, _Index] = {}
        self._lock = threading.Lock()

    def load(self) -> None:
        """Read every index. Raises SynthesisError with file and reason."""
        for language in self.languages:
            self._index(language)

    def version(self, language: str) -> str:
        """Hash of the language's index and its files' sizes and times: changes when a recording changes."""
        hashed = hashlib.sha256()
        for path in sorted((self.folder / language).glob("*")):
            stat = path.stat()
            hashed.update(f"{path.name} {stat.st_size} {stat.st_mtime_ns}\n".encode())
        return hashed.hexdigest()[:16]

    def plan(self, text: str, language: str) -> list[Piece]:
        """The files that make up `text`. Raises SynthesisError when they do not cover it."""
        return self._index(language).plan(_words(text, language))

    def covers(self, text: str, language: str, voice: str = "", rate: float = 1.0) -> bool:
        """Whether `synthesize` would speak it."""
        try:
            return bool(self._chosen(text, language, voice, rate)[1])
        except SynthesisError:
            return False

    def synthesize(self, text: str, language: str, voice: str = "", rate: float = 1.0) -> bytes:
        index, pieces = self._chosen(text, language, voice, rate)
        parts = []
        for number, piece in enumerate(pieces):
            parts.append(index.sound(piece.file))
            if number < len(pieces) - 1:
                parts.append(np.zeros(int(piece.gap_s * RATE), dtype=np.float32))
        return to_pcm(np.concatenate(parts))

    def _chosen(self, text: str, language: str, voice: str, rate: float) -> "tuple[_Index, list[Piece]]":
        index = self._index(language)
        if voice and voice != index.voice:
            raise NotForMe(f"the recordings are not of the voice {voice}")
        if not 0.95 <= rate <= 1.05:
            raise NotForMe("recordings have one speed")
        return index, index.plan(_words(text, language))

    def _index(self, language: str) -> "_Index":
        if language not in self.languages:
            raise NotForMe(f"no recordings in {language}")
        with self._lock:
            if language not in self._indices:
                self._indices[language] = _Index(self.folder / language)
            return self._indices[language]


class _Index:
    """One language's recordings."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        try:
            read: Any = YAML(typ="safe", pure=True).load((folder / "index.yaml").read_text(encoding="utf-8"))
        except (OSError, YAMLError) as error:
            raise SynthesisError(f"{folder.name}/index.yaml: {error}") from None
        if not isinstance(read, dict):
            raise SynthesisError(f"{folder.name}/index.yaml: must be a mapping with `phrases` and `words`")
        self.voice = str(read.get("voice") or "")
        self.takes: dict[tuple[str, ...], _Take] = {}
        for part in ("phrases", "words"):
            for text, files in (read.get(part) or {}).items():
                self.takes[tuple(w.text for w in _words(str(text), folder.name))] = self._take(str(text), files)
        self.longest = max((len(key) for key in self.takes), default=0)
        self._sounds: dict[str, Any] = {}

    def _take(self, text: str, files: Any) -> _Take:
        match files:
            case str():
                take = _Take(files, files)
            case {"mid": str(mid), "end": str(end)}:
                take = _Take(mid, end)
            case _:
                raise SynthesisError(f"{self.folder.name}/index.yaml: {text}: give a file, or {{mid: FILE, end: FILE}}")
        for file in (take.mid, take.end):
            if Path(file).name != file or not (self.folder / file).is_file():
                raise SynthesisError(f"{self.folder.name}/index.yaml: {text}: there is no file {file}")
        return take

    def plan(self, words: list[_Word]) -> list[Piece]:
        """Fewest pieces (dynamic programming over the words)."""
        best: list[tuple[int, int] | None] = [(0, 0)] + [None] * len(words)
        for end in range(1, len(words) + 1):
            for start in range(max(0, end - self.longest), end):
                before = best[start]
                if before is None or tuple(w.text for w in words[start:end]) not in self.takes:
                    continue
                now = best[end]
                if now is None or before[0] + 1 < now[0]:
                    best[end] = (before[0] + 1, start)
        if not words or best[-1] is None:
            raise NotForMe("the recordings do not cover the text")
        pieces: list[Piece] = []
        end = len(words)
        while end:
            step = best[end]
            assert step is not None
            start = step[1]
            stop = "." if end == len(words) else words[end - 1].stop
            take = self.takes[tuple(w.text for w in words[start:end])]
            pieces.append(Piece(take.end if stop else take.mid, GAPS_S[stop]))
            end = start
        return pieces[::-1]

    def sound(self, file: str) -> Any:
        """Levelled samples at 8 kHz, kept in memory."""
        if file not in self._sounds:
            self._sounds[file] = from_pcm(finish(*read_wav(self.folder / file), keep_s=OWN_S))
        return self._sounds[file]


def _words(text: str, language: str) -> list[_Word]:
    """Lower-case words with the punctuation that follows each; figures become words."""
    found: list[_Word] = []
    for token in TOKEN.findall(unicodedata.normalize("NFKC", text).casefold()):
        if token[0].isalnum():
            found += [_Word(part, "") for part in _spoken(token.replace("’", "'"), language)]
        elif token not in STOPS and token not in UNSPOKEN:
            found.append(_Word(token, ""))  # a sign such as € is spoken, so it must be covered
        elif found and token in STOPS:
            stop = "," if token in ",;:、" else "."
            found[-1] = _Word(found[-1].text, max(found[-1].stop, stop))  # "." sorts after ","
    return found


def _spoken(word: str, language: str) -> list[str]:
    if not (word.isascii() and word.isdigit()):
        return [word]
    singly = len(word) >= DIGITS_READ_SINGLY or (len(word) > 1 and word[0] == "0")
    try:
        numbers = [num2words(int(n), lang=language) for n in (word if singly else [word])]
    except NotImplementedError:
        return [word]
    return [part for number in numbers for part in re.findall(r"[^\W_]+", number)]


def own_recording(path: Path) -> bytes:
    """A recording made for one prompt, as it is but for rate and level. Raises SynthesisError."""
    samples, rate = read_wav(path)
    if not samples.size or float(np.abs(samples).max()) < 1e-4:
        raise SynthesisError(f"{path.name}: the sound is silent")
    return to_pcm(level(resample(samples, rate)))
