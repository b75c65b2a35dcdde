"""The sound of a call while it lasts: its recording, read as the media process's writer thread lengthens it.

Nothing is asked of the audio path. What a listener hears is what is kept: nothing before consent, nothing between
StopRecording and the next start (sensitive steps), silence over sensitive prompts, half a second behind (recorder.py).
"""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable
from pathlib import Path

HEADER_BYTES = 44
"""Of the WAV files that media writes (call/wav.py)."""
SECOND = 8000 * 4
"""Bytes: stereo PCM16."""
POLL_S = 0.1
BEGIN_S = 0.5
"""Sound before the moment of listening that is sent first, so that the player has something in hand."""
MOST_S = 2.0
"""What is longer ago is left out: a listener who fell behind, or a hole where nothing was kept."""
LOOK_S = 1.0


async def chunks(find: Callable[[], Path | None]) -> AsyncGenerator[bytes, None]:
    """Until the call is over. `find`: the recording, None while there is none; reads files; raises KeyError once the
    call does not last (at the first look too)."""
    path, place, looked = await asyncio.to_thread(find), -1, time.monotonic()
    while True:
        found = await asyncio.to_thread(_read, path, place) if path is not None else (place, b"")
        place, data = found
        if data:
            yield data
            continue
        if time.monotonic() - looked >= LOOK_S:
            looked = time.monotonic()
            try:
                path = await asyncio.to_thread(find)
            except KeyError:
                return
            yield b""
        await asyncio.sleep(POLL_S)


def _read(path: Path, place: int) -> tuple[int, bytes]:
    """Whole samples from byte `place` of the sound on, and the place after them. -1: from BEGIN_S before the end."""
    try:
        with path.open("rb") as file:
            end = max(0, file.seek(0, 2) - HEADER_BYTES) // 4 * 4
            if place < 0 or end - place > MOST_S * SECOND:
                place = end - round(BEGIN_S * SECOND)
            place = max(0, place)
            file.seek(HEADER_BYTES + place)
            data = file.read(max(0, end - place))
    except OSError:
        return place, b""
    return place + len(data), data
