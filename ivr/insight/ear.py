"""What the line says, heard by its caller: sound is cut where the line is silent, and each piece recognized."""

import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np

from ivr.audio.frames import FRAME_BYTES
from ivr.ports import Recognizer

LOUD = 100.0
"""Root mean square of a frame in which the line speaks (-50 dBFS)."""
PIECE_END = 20
"""Silent frames that end a piece."""
KEEP = 10
"""Silent frames kept around a piece."""
LONGEST = 700
"""Frames; a longer piece is cut."""
AGAIN = 40
"""New frames after which a piece that goes on is recognized again."""

Recognize = Callable[[bytes, str], str]
"""(8 kHz mono PCM16, language) -> text; empty when nothing was recognized."""


class Recognized:
    """Open recognition by our own engines, loaded when they are needed; may be used by many calls at once."""

    def __init__(self, model: Callable[[str], Path | None]) -> None:
        """`model`: name of a model -> its folder (models.path)."""
        self._model = model
        self._engines: dict[str, Recognizer | None] = {}
        self._lock = threading.Lock()

    def can(self, language: str) -> bool:
        """Korean's model makes too much of open speech wrong to be believed: there is the journal instead."""
        return language == "en" and self._engine(language) is not None

    def __call__(self, pcm: bytes, language: str) -> str:
        engine = self._engine(language)
        if engine is None or not self.can(language):
            return ""
        with self._lock:
            stream = engine.start(language, None)
            stream.audio(pcm)
            found = stream.end().hypotheses
        return found[0].text if found else ""

    def _engine(self, language: str) -> Recognizer | None:
        with self._lock:
            if language not in self._engines:
                from ivr.asr.engines import EngineOptions, load_engines

                loaded = load_engines({language: ["moonshine"]}, self._model, EngineOptions())
                self._engines[language] = next(iter(loaded.get(language, [])), None)
            return self._engines[language]


class Ear:
    """Follows the sound of one call. Used by one thread."""

    def __init__(self, heard: bytearray, recognize: Recognize) -> None:
        """`heard` grows while the call lasts (caller.Sound.heard)."""
        self._heard = heard
        self._recognize = recognize
        self._frame = 0
        self._begin: int | None = None
        self._loud = -1
        """Last frame in which the line spoke."""
        self._open = (0, "")
        """Frames of the open piece that were recognized, and their text."""
        self.texts: list[str] = []
        """Every piece so far."""

    @property
    def quiet(self) -> int:
        """Frames since the line spoke last, or since the call's sound began."""
        return len(self._heard) // FRAME_BYTES - 1 - self._loud

    @property
    def spoke(self) -> int:
        """Last frame in which the line spoke; -1: never."""
        return self._loud

    def listen(self, language: str, last: bool = False) -> list[str]:
        """Pieces that ended since the last time; `last`: nothing more will come."""
        found = []
        for begin, end in self._pieces(last):
            text = self._recognize(bytes(self._heard[begin * FRAME_BYTES : end * FRAME_BYTES]), language)
            self._open = (0, "")
            if text:
                found.append(text)
        self.texts += found
        return found

    def so_far(self, language: str) -> str:
        """Text of the piece that goes on."""
        if self._begin is None:
            return ""
        begin = max(0, self._begin - KEEP)
        if self._frame - begin - self._open[0] >= AGAIN:
            sound = bytes(self._heard[begin * FRAME_BYTES : self._frame * FRAME_BYTES])
            self._open = (self._frame - begin, self._recognize(sound, language))
        return self._open[1]

    def _pieces(self, last: bool) -> list[tuple[int, int]]:
        """First frame and frame after the last one of each piece that ended."""
        end = len(self._heard) // FRAME_BYTES
        if end <= self._frame:
            new = np.zeros((0, FRAME_BYTES // 2), np.int16)
        else:
            new = np.frombuffer(bytes(self._heard[self._frame * FRAME_BYTES : end * FRAME_BYTES]), np.int16)
            new = new.reshape(-1, FRAME_BYTES // 2)
        levels = np.sqrt((new.astype(np.float32) ** 2).mean(axis=1)) if len(new) else []
        pieces = []
        for n, loud in enumerate(levels, self._frame):
            if loud >= LOUD:
                self._loud = n
                self._begin = n if self._begin is None else self._begin
            elif self._begin is not None and (n - self._loud >= PIECE_END or n - self._begin > LONGEST):
                pieces.append((max(0, self._begin - KEEP), min(n, self._loud + KEEP)))
                self._begin = None
        self._frame = end
        if last and self._begin is not None:
            pieces.append((max(0, self._begin - KEEP), end))
            self._begin = None
        return pieces
