"""At the start of the media process: what a process that was killed left open is closed.

A call that is open has a marker in `run/calls` that names its journal. Its journal gets `Closed` (cut_off) behind its
last whole line, and its recording a header that says what is there; then delivery takes it like any other.
"""

import contextlib
from pathlib import Path

import structlog
from msgspec.structs import replace

from ivr import journal
from ivr.call.wav import HEADER_BYTES, mend

log = structlog.get_logger()


def recover(state: Path, at: str) -> list[str]:
    """Close every call that was left open; `at` is the wall time now, ISO 8601 UTC. Returns their ids."""
    recovered: list[str] = []
    for marker in sorted((state / "run" / "calls").glob("*")):
        path = state / "journals" / marker.read_text().strip()
        try:
            if path.is_file():
                _close(state, path, marker.name, at)
                recovered.append(marker.name)
            marker.unlink(missing_ok=True)
        except OSError as error:
            log.error("a call that was cut off cannot be closed now", call=marker.name, error=error.strerror)
    if recovered:
        log.info("calls that were cut off are closed", calls=len(recovered))
    return recovered


def _close(state: Path, path: Path, call: str, at: str) -> None:
    """Raises OSError."""
    data = path.read_bytes()
    whole = data[: data.rfind(b"\n") + 1]
    entries = journal.read(whole)
    if entries and isinstance(entries[-1], journal.Closed):
        return
    frames = max((entry.t for entry in entries), default=0)
    tail: list[journal.Entry] = []
    for path_kept in {entry.path for entry in entries if isinstance(entry, journal.RecordingStarted)}:
        with contextlib.suppress(OSError):
            recorded = _mend(state / "recordings" / path_kept)
            frames = max(frames, recorded)
            tail.append(journal.RecordingStopped(path=path_kept, frames=recorded, why="cut_off"))
    tail.append(journal.Closed(at=at, reason="cut_off", frames=frames))
    seq = max((entry.seq for entry in entries), default=0)
    turn = max((entry.turn for entry in entries), default=0)
    with path.open("r+b") as file:
        file.truncate(len(whole))  # a line torn by the crash would hide those behind it
        file.seek(len(whole))
        for number, entry in enumerate(tail, start=seq + 1):
            placed = _placed(entry, call, number, frames, turn)
            file.write(journal.encode(placed) + b"\n")


def _placed(entry: journal.Entry, call: str, seq: int, t: int, turn: int) -> journal.Entry:
    return replace(entry, call=call, seq=seq, t=t, turn=turn)


def _mend(path: Path) -> int:
    """Frames of the recording; 0 for one that holds no sound yet."""
    return mend(path) if path.stat().st_size > HEADER_BYTES else 0
