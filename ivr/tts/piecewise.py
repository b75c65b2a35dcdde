"""A prompt that is heard while it is still being made: its beginning from the cache, the rest piece by piece."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

from ivr.tts import SynthesisError
from ivr.tts.engine_thread import GUESS, LIVE, EngineThread
from ivr.tts.pieces import INSIDE_S, Piece, beginning, pieces
from ivr.tts.prompt import Prompt, Sound
from ivr.tts.shape import RATE, from_pcm, to_pcm, trim

KEEP_S = 0.02
"""Silence kept around a piece; what follows it is the piece's own `pause_s`."""
END_S = 0.06
FRAME_BYTES = 320

Tell = Callable[[Sound], None]
"""Takes each piece as soon as it is there, whole frames."""


class Abandoned(SynthesisError):
    """Nobody waits for it any more."""


@dataclass
class Rendering:
    """One prompt on its way; calls that need it at once share it."""

    task: "asyncio.Task[tuple[Path | None, Sound]] | None" = None
    told: list[Sound] = field(default_factory=list)
    followers: int = 0
    urgent: int = 0
    """Of these, how many callers wait; the others are guesses."""
    _listeners: list[Tell] = field(default_factory=list)

    def tell(self, sound: Sound) -> None:
        self.told.append(sound)
        for listener in self._listeners:
            listener(sound)

    @contextmanager
    def followed(self, tell: Tell | None, urgent: bool) -> Iterator[None]:
        """`tell` gets what is there already, and what comes."""
        self.followers += 1
        self.urgent += urgent
        if tell is not None:
            for sound in self.told:
                tell(sound)
            self._listeners.append(tell)
        try:
            yield
        finally:
            self.followers -= 1
            self.urgent -= urgent
            if tell is not None:
                self._listeners.remove(tell)


class Maker(Protocol):
    """The speaker, as this file sees it."""

    beginnings: dict[str, frozenset[str]]

    def cached(self, prompt: Prompt) -> Any: ...

    async def make(
        self, prompt: Prompt, deadline_s: float, priority: int = LIVE, keep: bool = True, *,
        only: list[EngineThread] | None = None,
    ) -> Sound: ...  # fmt: skip


def head_of(prompt: Prompt, text: str) -> Prompt:
    """The prompt that a beginning is kept as: a comma at its end, so that the voice does not sink there."""
    return replace(prompt, text=text if text[-1] in ",;:.!?" else f"{text},", recording="", flow="")


async def by_pieces(
    maker: Maker, engines: list[EngineThread], prompt: Prompt, deadline_s: float, rendering: Rendering
) -> Sound:
    """`engines`: the one that is slow enough for this, and those after it. Each piece has the whole deadline: before it
    passes, the piece before is heard. Raises SynthesisError; what was told until then stays told."""
    text = " ".join(prompt.text.split())
    parts: list[Sound] = []
    head = beginning(text, maker.beginnings.get(prompt.language, ()))
    found = maker.cached(head_of(prompt, head)) if head else None
    if found is not None and found.entry.sources[0] == engines[0].name:
        pcm = await asyncio.to_thread(found.path.read_bytes)
        parts.append(Sound(shaped(pcm, INSIDE_S), engines[0].name))
        rendering.tell(parts[0])
        text = text[len(head) :].strip()
    rest = pieces(text)
    for number, piece in enumerate(rest):
        if not rendering.followers:
            raise Abandoned("nobody waits for it")
        priority = LIVE if rendering.urgent else GUESS
        sound = await maker.make(replace(prompt, text=piece.text), deadline_s, priority, keep=False, only=engines)
        last = number == len(rest) - 1
        parts.append(Sound(shaped(sound.pcm, END_S if last else piece.pause_s), sound.source, sound.why))
        rendering.tell(parts[-1])
    return joined(parts)


def worth_it(prompt: Prompt) -> bool:
    """It is long enough for a first piece to be heard much earlier."""
    return len(_plan(prompt)) > 1


def _plan(prompt: Prompt) -> list[Piece]:
    return pieces(prompt.text)


def joined(parts: list[Sound]) -> Sound:
    """One sound; its source is the worst one's, so that it is made anew when the better engine works."""
    worst = next((part for part in parts if part.why), parts[0])
    return Sound(b"".join(part.pcm for part in parts), worst.source, worst.why)


def shaped(pcm: bytes, pause_s: float) -> bytes:
    """Without the silence around it, with `pause_s` behind it, filled up to whole frames."""
    sound = to_pcm(trim(from_pcm(pcm), KEEP_S))
    silence = bytes(2 * int(max(0.0, pause_s - KEEP_S) * RATE))
    return sound + silence + bytes(-(len(sound) + len(silence)) % FRAME_BYTES)
