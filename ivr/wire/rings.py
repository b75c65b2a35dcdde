"""Shared-memory rings of sound: one sparse mapped file, a slot a call, two rings a slot.

Layout, native byte order (one machine): a header page; then a slot after the other; a slot is the caller's ring and
the system's ring (what we play); a ring is a page that begins with three unsigned 64-bit counters (frames written,
epoch, first frame since the epoch began) and `frames` frames of 320 bytes, frame n at place n mod `frames`.

One process writes a ring, any number read it. The writer stores the sound first and the counter after it; a reader
copies and then looks at the counter again, so what was overwritten meanwhile is noticed and never handed out. Which
frames are there is also told by message (`StreamAudio.until_t`), and that is the barrier on machines whose stores are
not seen in order. The file is sparse: memory is used by slots that carried sound, and `reset` gives it back.
"""

import mmap
import os
import struct
from pathlib import Path
from typing import Literal

FRAME_BYTES = 320
"""20 ms of 8 kHz mono PCM16."""
RING_FRAMES = 3000
"""60 s."""
SILENCE = bytes(FRAME_BYTES)

_PAGE = mmap.PAGESIZE
_MAGIC = b"IVRRING1"
_HEADER = struct.Struct("=8sIII")
"""magic, slots, frames a ring, bytes a frame."""


class RingError(Exception):
    """The segment is not there, is not one, or has no such slot."""


class FramesGone(LookupError):
    """The frames asked for are overwritten already, or not written yet."""


def _paged(size: int) -> int:
    return -(-size // _PAGE) * _PAGE


def shared_folder(fallback: Path) -> Path:
    """/dev/shm where it can be written, else `fallback`."""
    memory = Path("/dev/shm")
    return memory if memory.is_dir() and os.access(memory, os.W_OK | os.X_OK) else fallback


class RingReader:
    """Reading side of one ring."""

    def __init__(self, memory: mmap.mmap, offset: int, frames: int) -> None:
        self._memory = memory
        self._view = memoryview(memory)
        self._counters = self._view[offset : offset + 24].cast("Q")
        self._data = offset + _PAGE
        self._offset = offset
        self.frames = frames

    @property
    def written(self) -> int:
        """Frames before this one are in the ring (or were)."""
        return self._counters[0]

    @property
    def epoch(self) -> int:
        """Grows with each `reset`: a reader that kept it notices that the slot went to another call."""
        return self._counters[1]

    @property
    def oldest(self) -> int:
        """First frame that can still be read; the place after the newest may be in the middle of being overwritten."""
        return max(self._counters[0] - self.frames + 1, self._counters[2])

    def read(self, from_t: int, until_t: int) -> bytes:
        """Frames from_t to until_t - 1 as PCM. Raises FramesGone."""
        if not self.oldest <= from_t <= until_t <= self.written:
            raise FramesGone(f"frames {from_t}..{until_t} of {self.oldest}..{self.written}")
        epoch, count = self.epoch, until_t - from_t
        first = from_t % self.frames
        head = min(count, self.frames - first)
        start = self._data + first * FRAME_BYTES
        pcm = self._memory[start : start + head * FRAME_BYTES]
        if head < count:
            pcm += self._memory[self._data : self._data + (count - head) * FRAME_BYTES]
        if self.epoch != epoch or from_t < self.oldest:
            raise FramesGone(f"frames {from_t}..{until_t} were overwritten while they were read")
        return pcm

    def read_into(self, t: int, frame: bytearray) -> None:
        """Copy one frame into 320 bytes that the caller keeps for it. Raises FramesGone."""
        start = self._data + (t % self.frames) * FRAME_BYTES
        frame[:] = self._view[start : start + FRAME_BYTES]
        if not self.oldest <= t < self.written:
            raise FramesGone(f"frame {t} of {self.oldest}..{self.written}")

    def release(self) -> None:
        """Let go of the memory, so that the segment can be closed."""
        self._counters.release()
        self._view.release()


class RingWriter(RingReader):
    """Writing side of one ring; one a ring, in one thread."""

    def write(self, frame: bytes | bytearray | memoryview) -> int:
        """Put the next frame (320 bytes); returns its number. Raises ValueError for another length."""
        t = self._counters[0]
        start = self._data + (t % self.frames) * FRAME_BYTES
        self._view[start : start + FRAME_BYTES] = frame
        self._counters[0] = t + 1
        return t

    def reset(self, t: int = 0) -> None:
        """Begin another call at frame `t`; the sound of the one before is gone, its memory given back."""
        self._counters[1] += 1
        self._counters[2] = t
        self._counters[0] = t
        size = _paged(self.frames * FRAME_BYTES)
        try:
            self._memory.madvise(mmap.MADV_REMOVE, self._data, size)
        except OSError:  # a file system without holes: overwrite instead, nothing of a call may stay behind
            self._memory[self._data : self._data + size] = bytes(size)


class Segment:
    """The mapped file with all slots."""

    def __init__(self, path: Path, memory: mmap.mmap) -> None:
        magic, self.slots, self.frames, frame_bytes = _HEADER.unpack_from(memory, 0)
        ring = _PAGE + _paged(self.frames * FRAME_BYTES)
        if magic != _MAGIC or frame_bytes != FRAME_BYTES or len(memory) < _PAGE + self.slots * 2 * ring:
            raise RingError(f"{path} is not a segment of rings")
        self.path = path
        self._memory = memory
        self._ring = ring
        self._open: list[RingReader] = []

    @classmethod
    def create(cls, link: Path, slots: int, frames: int = RING_FRAMES, folder: Path | None = None) -> "Segment":
        """Make an empty segment, readable by its owner only, in `folder` (`shared_folder(link.parent)` by default);
        `link` becomes a symbolic link to it, for readers. A segment that stood there before is removed; processes that
        have it mapped keep what they have."""
        folder = folder or shared_folder(link.parent)
        if link.is_symlink():
            link.resolve().unlink(missing_ok=True)
        link.unlink(missing_ok=True)
        path = folder / f"ivr-rings-{os.getpid()}-{os.urandom(6).hex()}"
        ring = _PAGE + _paged(frames * FRAME_BYTES)
        size = _PAGE + slots * 2 * ring
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            os.ftruncate(descriptor, size)
            memory = mmap.mmap(descriptor, size)
        finally:
            os.close(descriptor)
        _HEADER.pack_into(memory, 0, _MAGIC, slots, frames, FRAME_BYTES)
        link.symlink_to(path)
        return cls(path, memory)

    @classmethod
    def open(cls, link: Path) -> "Segment":
        """Map a segment that another process made, for reading. Raises RingError."""
        try:
            descriptor = os.open(link, os.O_RDONLY)
        except OSError as error:
            raise RingError(f"{link}: {error.strerror}") from error
        try:
            size = os.fstat(descriptor).st_size
            if size < _PAGE:
                raise RingError(f"{link} is not a segment of rings")
            return cls(link, mmap.mmap(descriptor, size, access=mmap.ACCESS_READ))
        finally:
            os.close(descriptor)

    def _offset(self, slot: int, side: Literal[0, 1]) -> int:
        if not 0 <= slot < self.slots:
            raise RingError(f"slot {slot} of {self.slots}")
        return _PAGE + (slot * 2 + side) * self._ring

    def _reader(self, slot: int, side: Literal[0, 1]) -> RingReader:
        self._open.append(ring := RingReader(self._memory, self._offset(slot, side), self.frames))
        return ring

    def _writer(self, slot: int, side: Literal[0, 1]) -> RingWriter:
        self._open.append(ring := RingWriter(self._memory, self._offset(slot, side), self.frames))
        return ring

    def caller(self, slot: int) -> RingReader:
        """What the caller said. Make it once a slot and keep it. Raises RingError."""
        return self._reader(slot, 0)

    def system(self, slot: int) -> RingReader:
        """What we played."""
        return self._reader(slot, 1)

    def caller_writer(self, slot: int) -> RingWriter:
        """For the one writer of the caller's ring. Raises RingError."""
        return self._writer(slot, 0)

    def system_writer(self, slot: int) -> RingWriter:
        """For the one writer of the system's ring."""
        return self._writer(slot, 1)

    def close(self) -> None:
        """Unmap; rings made from it can no longer be used."""
        for ring in self._open:
            ring.release()
        self._open.clear()
        self._memory.close()

    def unlink(self) -> None:
        """Remove the file; its maker does so at its end."""
        self.path.unlink(missing_ok=True)
