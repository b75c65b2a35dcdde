"""What is played to the caller: prompts in a row, frame by frame, paused and resumed in place.

The audio loop hands frames over a little ahead of the moment they are sent (`hand_over`); what was handed over and not
sent yet can be taken back, so that a pause or flush acts at once and the position counts only what went out. Frame
numbers are those of the system's side: frame n is sent as the n-th of the call.
"""

from collections import deque
from dataclasses import dataclass, field

from ivr.audio.frames import FRAME_BYTES


@dataclass
class Prompt:
    """One `Say` in the queue."""

    id: int
    pcm: bytes | memoryview | None = None
    """8 kHz mono PCM16; None while it is still being made."""
    sources: tuple[str, ...] = ()
    sensitive: bool = False
    growing: bool = False
    """Its sound comes piece by piece, and more is to come."""
    position: int = 0
    """Frames handed over so far."""
    started: bool = False
    failed: bool = False
    reason: str = ""

    @property
    def frames(self) -> int:
        """Length in frames, the last one filled up."""
        return 0 if self.pcm is None else -(-len(self.pcm) // FRAME_BYTES)


@dataclass(frozen=True)
class Began:
    """The first frame of a prompt went out."""

    id: int
    sources: tuple[str, ...]


@dataclass(frozen=True)
class Ended:
    """The last frame of a prompt went out."""

    id: int
    frames: int


@dataclass(frozen=True)
class Failed:
    """A prompt's turn came and it cannot be spoken."""

    id: int
    reason: str


@dataclass
class _Out:
    """A frame handed over and not known to be sent."""

    n: int
    prompt: Prompt
    position: int


@dataclass
class Playout:
    """One a call."""

    paused: bool = False
    _queue: deque[Prompt] = field(default_factory=deque)
    _out: deque[_Out] = field(default_factory=deque)

    # --- what the session asks for ------------------------------------------------------------------------------

    def say(self, prompt: Prompt) -> None:
        """Queue behind what is there."""
        self._queue.append(prompt)

    def provide(self, id: int, pcm: bytes | memoryview, sources: tuple[str, ...]) -> bool:
        """The sound of a queued prompt is there; False when nobody waits for it (flushed meanwhile)."""
        for prompt in self._queue:
            if prompt.id == id and prompt.pcm is None and not prompt.failed:
                prompt.pcm, prompt.sources = pcm, sources
                return True
        return False

    def add(self, id: int, pcm: bytes, sources: tuple[str, ...]) -> bool:
        """A piece of a queued prompt, whole frames; the first may be played while the others are made. False when
        nobody waits for it."""
        prompt = next((it for it in self._queue if it.id == id and not it.failed), None)
        if prompt is None or (prompt.pcm is not None and not prompt.growing):
            return False
        prompt.growing = True
        prompt.pcm = bytes(prompt.pcm or b"") + pcm
        prompt.sources += tuple(source for source in sources if source not in prompt.sources)
        return True

    def end(self, id: int) -> bool:
        """All pieces of a prompt were given; False when it was not made by pieces."""
        prompt = next((it for it in self._queue if it.id == id and it.growing), None)
        if prompt is not None:
            prompt.growing = False
        return prompt is not None

    def fail(self, id: int, reason: str) -> bool:
        """A queued prompt cannot be had; False when nobody waits for it. What came of it already is played."""
        if self.end(id):
            return True
        for prompt in self._queue:
            if prompt.id == id and prompt.pcm is None and not prompt.failed:
                prompt.failed, prompt.reason = True, reason
                return True
        return False

    def flush(self, sent: int) -> list[int]:
        """Drop everything; `sent` frames went out. Returns the numbers of frames that must be taken back."""
        back = self._take_back(sent)
        self._queue.clear()
        self._out.clear()  # what went out of it since the last news is no news any more
        self.paused = False
        return back

    def pause(self, sent: int) -> list[int]:
        """Freeze where the caller heard it; returns the numbers of frames that must be taken back."""
        self.paused = True
        return self._take_back(sent)

    def resume(self) -> None:
        self.paused = False

    def cancel(self, id: int, sent: int) -> list[int]:
        """Take one prompt out of the queue; returns frames to take back."""
        back = self._take_back(sent) if self._queue and self._queue[0].id == id else []
        self._queue = deque(prompt for prompt in self._queue if prompt.id != id)
        self._out = deque(out for out in self._out if out.prompt.id != id)
        return back

    # --- what the audio loop asks for ---------------------------------------------------------------------------

    def hand_over(self, n: int) -> tuple[bytes | None, bool]:
        """Sound for frame n, None for silence; and whether it is sensitive."""
        if self.paused:
            return None, False
        while self._queue:
            prompt = self._next()
            if prompt is None or prompt.pcm is None:
                return None, False
            at = prompt.position * FRAME_BYTES
            frame = bytes(prompt.pcm[at : at + FRAME_BYTES])
            if len(frame) < FRAME_BYTES:
                frame += bytes(FRAME_BYTES - len(frame))
            self._out.append(_Out(n, prompt, prompt.position))
            prompt.position += 1
            return frame, prompt.sensitive
        return None, False

    def _next(self) -> Prompt | None:
        """First prompt that has frames left to hand over; a failed one stops the row until `news` has told it."""
        for prompt in self._queue:
            if prompt.failed or prompt.pcm is None:
                return None
            if prompt.position < prompt.frames:
                return prompt
            if prompt.growing:
                return None
        return None

    def news(self, sent: int) -> list[Began | Ended | Failed]:
        """What happened now that `sent` frames have gone out."""
        told: list[Began | Ended | Failed] = []
        while self._out and self._out[0].n < sent:
            out = self._out.popleft()
            if not out.prompt.started:
                out.prompt.started = True
                told.append(Began(out.prompt.id, out.prompt.sources))
            if out.position + 1 >= out.prompt.frames and not out.prompt.growing:
                told.append(self._finish(out.prompt))
        while self._queue and not self._out and (self._queue[0].failed or self._queue[0].pcm is not None):
            prompt = self._queue[0]
            if prompt.failed:
                self._queue.popleft()
                told.append(Failed(prompt.id, prompt.reason))
            elif prompt.position >= prompt.frames and not prompt.growing:
                told += [] if prompt.started else [Began(prompt.id, prompt.sources)]
                told.append(self._finish(prompt))
            else:
                break
        return told

    def _finish(self, prompt: Prompt) -> Ended:
        self._queue.remove(prompt)
        return Ended(prompt.id, prompt.frames)

    def heard(self, sent: int) -> tuple[int, int]:
        """Id of the prompt that is (or waits to be) played, and how many of its frames went out; (0, 0) for none."""
        if not self._queue:
            return 0, 0
        prompt = self._queue[0]
        waiting = sum(1 for out in self._out if out.prompt is prompt and out.n >= sent)
        return prompt.id, prompt.position - waiting

    @property
    def active(self) -> bool:
        """A prompt is being played, is paused, or waits for its sound."""
        return bool(self._queue)

    @property
    def more(self) -> bool:
        """There is sound left to hand over now."""
        return not self.paused and self._next() is not None

    def _take_back(self, sent: int) -> list[int]:
        back: list[int] = []
        while self._out and self._out[-1].n >= sent:
            out = self._out.pop()
            out.prompt.position = out.position
            back.append(out.n)
        return back
