"""What is being said, as the caller hears it: a queue of prompts, each with what may interrupt it."""

from collections import deque
from dataclasses import dataclass

from ivr.dialogue.timing import frames, spoken
from ivr.flow.listening import BargeIn


@dataclass(slots=True)
class Prompt:
    """One `Say` that is not over yet."""

    id: int
    barge_in: BargeIn
    expected: int
    """Frames that it may take, a generous guess from its text."""
    started_t: int | None = None
    paused: int = 0
    """Frames that it stood still so far."""


class Speaking:
    """The prompts that were handed out and are not over."""

    __slots__ = ("_by_hold", "_by_voice", "_paused_t", "queue")

    def __init__(self) -> None:
        self.queue: deque[Prompt] = deque()
        self._by_voice = False
        self._by_hold = False
        self._paused_t = 0

    def __bool__(self) -> bool:
        return bool(self.queue)

    @property
    def current(self) -> Prompt | None:
        return self.queue[0] if self.queue else None

    @property
    def paused_by_voice(self) -> bool:
        return self._by_voice

    @property
    def paused(self) -> bool:
        return self._by_voice or self._by_hold

    def add(self, id: int, barge_in: BargeIn, text: str, least: int = 0) -> None:
        self.queue.append(Prompt(id, barge_in, spoken(text) + least))

    def started(self, id: int, now: int) -> bool:
        """False when the prompt is not ours any more."""
        for prompt in self.queue:
            if prompt.id == id:
                prompt.started_t = now
                return True
        return False

    def over(self, id: int) -> bool:
        """The prompt and all before it are done; False when it is not ours any more."""
        if not any(prompt.id == id for prompt in self.queue):
            return False
        while self.queue.popleft().id != id:
            pass
        return True

    def clear(self) -> None:
        self.queue.clear()
        self._by_voice = False

    def played(self, now: int) -> int:
        """Frames of the current prompt that the caller heard."""
        prompt = self.current
        if prompt is None or prompt.started_t is None:
            return 0
        until = self._paused_t if self.paused else now
        return max(0, until - prompt.started_t - prompt.paused)

    def pause(self, now: int, *, hold: bool = False) -> bool:
        """True when it was not standing still before."""
        before = self.paused
        if hold:
            self._by_hold = True
        else:
            self._by_voice = True
        if not before:
            self._paused_t = now
        return not before

    def resume(self, now: int, *, hold: bool = False) -> bool:
        """True when it moves again."""
        before = self.paused
        if hold:
            self._by_hold = False
        else:
            self._by_voice = False
        if not before or self.paused:
            return False
        if self.queue and self.queue[0].started_t is not None:
            self.queue[0].paused += now - self._paused_t
        return True

    def protected_until(self, now: int) -> int | None:
        """Frame from which voice may interrupt; None: it never may; `now` or less: it may at once."""
        prompt = self.current
        if prompt is None:
            return now
        if not prompt.barge_in.voice:
            return None
        if not prompt.barge_in.protect:
            return now
        length = frames(prompt.barge_in.protect)
        if prompt.started_t is None:
            return now + length
        return now + length - self.played(now)

    def keys_may_interrupt(self, now: int) -> bool:
        prompt = self.current
        if prompt is None:
            return True
        if not prompt.barge_in.keys:
            return False
        return not prompt.barge_in.protect or self.played(now) >= frames(prompt.barge_in.protect)
