"""The writer thread: journals and recordings, off the audio path.

The audio loop only puts small orders into a queue; the sound itself is read from the call's rings (60 s of it), so a
disk may stall for that long before anything is lost. A journal line that cannot be written (disk full) waits in memory
and is tried again; a recording that cannot be written is told to the loop (`Trouble`) and the call goes on without.
"""

import contextlib
import os
import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import structlog

from ivr import journal
from ivr.call.defect import place_of
from ivr.call.slot import CallSlot
from ivr.call.thread_name import name_thread
from ivr.call.wav import Recording
from ivr.wire.rings import FramesGone

log = structlog.get_logger()
QUEUE_LIMIT = 50_000
"""Orders waiting; more and sound is dropped, journals still are taken."""
UNWRITTEN_BYTES = 4 * 1024 * 1024
"""Journal lines of one call kept in memory while the disk takes none."""
RETRY_S = 1.0


@dataclass(frozen=True)
class Begin:
    """A call began: its journal's path relative to the journals folder."""

    call: str
    path: str


@dataclass(frozen=True)
class Line:
    """One journal line, redacted."""

    call: str
    entry: journal.Entry


@dataclass(frozen=True)
class Keep:
    """Sound of some frames is to be kept, without the stretches in `hidden`."""

    call: str
    slot: CallSlot
    path: str
    from_t: int
    until_t: int
    hidden: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True)
class End:
    """The call is over and every line was handed over."""

    call: str
    slot: CallSlot | None = None
    frames: int = 0
    """Length that the recording gets, where there is one."""


@dataclass(frozen=True)
class Message:
    """A message that the caller left, as a WAV file: recordings/messages/<name>.wav."""

    call: str
    name: str
    wav: bytes


Order = Begin | Line | Keep | Message | End


@dataclass
class _Open:
    descriptor: int
    marker: Path
    unwritten: bytearray = field(default_factory=bytearray)
    recording: Recording | None = None
    recording_failed: bool = False
    ended: End | None = None


class Writer:
    """`put` is for the audio loop and never waits; everything else happens on the writer's thread."""

    def __init__(
        self,
        state: Path,
        on_trouble: Callable[[str, str, str], None],
        on_ended: Callable[[End], None],
    ) -> None:
        """`on_trouble(call, part, what)` and `on_ended` are called on the writer's thread and must return at once."""
        self.journals = state / "journals"
        self.recordings = state / "recordings"
        self.markers = state / "run" / "calls"
        for folder in (self.journals, self.recordings, self.markers):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._on_trouble = on_trouble
        self._on_ended = on_ended
        self._queue: queue.SimpleQueue[Order | None] = queue.SimpleQueue()
        self._calls: dict[str, _Open] = {}
        self._thread = threading.Thread(target=self._run, name="writer", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def put(self, order: Order) -> bool:
        """False: so much is waiting that this sound is given up."""
        if isinstance(order, Keep) and self._queue.qsize() > QUEUE_LIMIT:
            return False
        self._queue.put(order)
        return True

    @property
    def waiting(self) -> int:
        """Orders that are not carried out yet."""
        return self._queue.qsize()

    def stop(self, timeout_s: float = 5.0) -> None:
        """Write what is there and end the thread."""
        self._queue.put(None)
        if self._thread.is_alive():
            self._thread.join(timeout_s)

    # --- on the writer's thread ---------------------------------------------------------------------------------

    def _run(self) -> None:
        name_thread("writer")
        going = True
        while going:
            going = self._round(self._wait())
        for call in list(self._calls):
            self._flush(call)

    def _wait(self) -> list[Order | None]:
        """All orders that are there; an empty list after RETRY_S without any."""
        try:
            orders = [self._queue.get(timeout=RETRY_S)]
        except queue.Empty:
            return []
        with contextlib.suppress(queue.Empty):
            while len(orders) < 1000:
                orders.append(self._queue.get_nowait())
        return orders

    def _round(self, orders: list[Order | None]) -> bool:
        touched: dict[str, None] = {}
        for order in orders:
            if order is None:
                continue
            touched[order.call] = None
            try:
                self._carry_out(order)
            except Exception as error:  # of one call; the others are written
                log.error("an order failed", call=order.call, order=type(order).__name__, **place_of(error))
        for call in touched if orders else list(self._calls):
            self._flush(call)
        return None not in orders

    def _carry_out(self, order: Order) -> None:
        match order:
            case Begin():
                self._begin(order)
            case Line():
                self._line(order)
            case Keep():
                self._keep(order)
            case Message():
                self._message(order)
            case End():
                self._end(order)

    def _begin(self, order: Begin) -> None:
        marker = self.markers / order.call
        descriptor = -1
        try:
            path = self.journals / order.path
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            marker.write_text(order.path)
        except OSError as error:
            self._on_trouble(order.call, "journal", error.strerror or "cannot be opened")
        self._calls[order.call] = _Open(descriptor, marker)

    def _line(self, order: Line) -> None:
        if (kept := self._calls.get(order.call)) is None:
            return
        if len(kept.unwritten) < UNWRITTEN_BYTES:
            try:
                kept.unwritten += journal.encode(order.entry) + b"\n"
            except (TypeError, ValueError, msgspec.MsgspecError) as error:  # a value of a service that is no JSON
                self._on_trouble(order.call, "journal", f"{type(order.entry).__name__}: {type(error).__name__}")

    def _keep(self, order: Keep) -> None:
        kept = self._calls.get(order.call)
        if kept is None or kept.recording_failed:
            return
        try:
            if kept.recording is None:
                kept.recording = Recording(self.recordings / order.path)
            caller, system = order.slot.stretch(order.from_t, order.until_t)
            for start, stop in order.hidden:
                caller = _silenced(caller, start - order.from_t, stop - order.from_t)
                system = _silenced(system, start - order.from_t, stop - order.from_t)
            kept.recording.put(order.from_t, caller, system)
        except FramesGone:
            self._on_trouble(order.call, "recording", f"frames {order.from_t} to {order.until_t} came too late")
        except OSError as error:
            kept.recording_failed = True
            self._on_trouble(order.call, "recording", error.strerror or "cannot be written")

    def _message(self, order: Message) -> None:
        folder = self.recordings / "messages"
        try:
            folder.mkdir(exist_ok=True, mode=0o700)
            unfinished = folder / f".{order.name}.tmp"
            descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(order.wav)
            unfinished.replace(folder / f"{order.name}.wav")
        except OSError as error:
            self._on_trouble(order.call, "message", error.strerror or "cannot be written")

    def _end(self, order: End) -> None:
        kept = self._calls.get(order.call)
        if kept is None:
            self._on_ended(order)
            return
        if kept.recording is not None:
            with contextlib.suppress(OSError):
                kept.recording.reach(order.frames)
            kept.recording.close()
            kept.recording = None
        kept.ended = order

    def _flush(self, call: str) -> None:
        if (kept := self._calls.get(call)) is None:
            return
        with contextlib.suppress(OSError):  # tried again after RETRY_S
            while kept.unwritten and kept.descriptor >= 0:
                written = os.write(kept.descriptor, kept.unwritten)
                del kept.unwritten[:written]
        if kept.ended is not None and (not kept.unwritten or kept.descriptor < 0):
            if kept.descriptor >= 0:
                os.close(kept.descriptor)
            kept.marker.unlink(missing_ok=True)
            del self._calls[call]
            self._on_ended(kept.ended)


def _silenced(pcm: bytes, start: int, stop: int) -> bytes:
    """Frames start to stop - 1 replaced by silence."""
    first, last = max(0, start) * 320, min(max(0, stop) * 320, len(pcm))
    if last <= first:
        return pcm
    return pcm[:first] + bytes(last - first) + pcm[last:]
