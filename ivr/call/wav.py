"""A recording that is playable at any moment: 8 kHz stereo PCM16 WAV, caller left (raw), system right (as sent).

Sample = frame × 160: what was not kept is silence (a hole in the file, no bytes on disk). The header is put right after
every stretch of sound, so a crash costs only what was not yet handed over.
"""

import os
import struct
from pathlib import Path

import numpy as np

from ivr.audio.frames import FRAME_BYTES, RATE

HEADER_BYTES = 44
FRAME_STEREO = 2 * FRAME_BYTES
_HEADER = struct.Struct("<4sI4s4sIHHIIHH4sI")


def header(data_bytes: int) -> bytes:
    """44 bytes, PCM, two channels."""
    return _HEADER.pack(
        b"RIFF", 36 + data_bytes, b"WAVE", b"fmt ", 16, 1, 2, RATE, RATE * 4, 4, 16, b"data", data_bytes
    )


def interleave(caller: bytes, system: bytes) -> bytes:
    """Left and right to stereo; the shorter side is filled up with silence."""
    samples = max(len(caller), len(system)) // 2
    stereo = np.zeros((samples, 2), dtype=np.int16)
    stereo[: len(caller) // 2, 0] = np.frombuffer(caller, dtype=np.int16)
    stereo[: len(system) // 2, 1] = np.frombuffer(system, dtype=np.int16)
    return stereo.tobytes()


def write_all(descriptor: int, data: bytes, at: int) -> None:
    """Raises OSError (disk full) with part of it written."""
    view = memoryview(data)
    while view:
        written = os.pwrite(descriptor, view, at)
        view, at = view[written:], at + written


class Recording:
    """One file; all methods raise OSError."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        self.frames = max(0, os.fstat(self._descriptor).st_size - HEADER_BYTES) // FRAME_STEREO
        write_all(self._descriptor, header(self.frames * FRAME_STEREO), 0)

    def put(self, from_t: int, caller: bytes, system: bytes) -> None:
        """Sound from frame `from_t` on."""
        stereo = interleave(caller, system)
        write_all(self._descriptor, stereo, HEADER_BYTES + from_t * FRAME_STEREO)
        self._extend(from_t + len(stereo) // FRAME_STEREO)

    def reach(self, frames: int) -> None:
        """At least so long, with silence at the end."""
        if frames > self.frames:
            os.ftruncate(self._descriptor, HEADER_BYTES + frames * FRAME_STEREO)
            self._extend(frames)

    def _extend(self, frames: int) -> None:
        if frames > self.frames:
            self.frames = frames
            write_all(self._descriptor, header(frames * FRAME_STEREO), 0)

    def close(self) -> None:
        os.close(self._descriptor)


def mend(path: Path) -> int:
    """Make the header say what is there; returns the frames of the file. Raises OSError."""
    with path.open("r+b") as file:
        size = os.fstat(file.fileno()).st_size
        frames = max(0, size - HEADER_BYTES) // FRAME_STEREO
        file.truncate(HEADER_BYTES + frames * FRAME_STEREO)
        file.seek(0)
        file.write(header(frames * FRAME_STEREO))
    return frames
