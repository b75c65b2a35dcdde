"""One engine on a thread of its own, so that one that hangs or is slow holds up nobody but its own next prompts."""

import contextlib
import itertools
import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future

from ivr.ports import Synthesizer
from ivr.tts import NotForMe, SynthesisError

LIVE, GUESS, AHEAD = 0, 1, 2
"""Priorities: a caller waits; a caller may soon wait; nobody waits."""
REST_S = 5.0
"""An engine that broke this often in a row is left alone this long."""
PATIENCE = 3


class EngineThread:
    """Runs one Synthesizer, a caller's prompt before those rendered ahead. A daemon: a hung engine stops no exit."""

    def __init__(self, engine: Synthesizer, clock: Callable[[], float] = time.monotonic) -> None:
        self.engine = engine
        self.name = engine.name
        self.why = ""
        """Why it last failed; empty after a success."""
        self.last_s = 0.0
        """How long the last success took."""
        self._clock = clock
        self._jobs: queue.PriorityQueue[tuple[int, int, Callable[[], bytes], Future[bytes]]] = queue.PriorityQueue()
        self._count = itertools.count()
        self._failures = 0
        self._rest_until = 0.0
        self._overdue = False
        self._thread: threading.Thread | None = None

    def loaded(self) -> "Future[bytes]":
        """Load the engine's model in the background."""
        return self._put(self._load, LIVE)

    def synthesize(self, text: str, language: str, voice: str, rate: float, priority: int = LIVE) -> "Future[bytes]":
        return self._put(lambda: self.engine.synthesize(text, language, voice, rate), priority)

    def refuses(self) -> str:
        """Why it should not be asked now; empty when it may."""
        if self._overdue:
            return self.why or f"{self.name} is still busy with a late prompt"
        if self._failures >= PATIENCE and self._clock() < self._rest_until:
            return self.why
        return ""

    def late(self) -> None:
        """The job in hand did not come in time: nobody waits behind it until it ends."""
        self.why = f"{self.name} late"
        self._overdue = True

    def _load(self) -> bytes:
        load = getattr(self.engine, "load", None)
        if load is not None:
            load()
        return b""

    def _put(self, job: Callable[[], bytes], priority: int) -> "Future[bytes]":
        future: Future[bytes] = Future()
        self._jobs.put((priority, next(self._count), job, future))
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name=f"tts-{self.name}", daemon=True)
            self._thread.start()
        return future

    def _run(self) -> None:
        while True:
            _, _, job, future = self._jobs.get()
            if not future.set_running_or_notify_cancel():
                continue
            started = self._clock()
            try:
                pcm = job()
            except NotForMe as error:
                self._done(self.why if not self._overdue else "", broken=False)
                future.set_exception(error)
            except SynthesisError as error:
                self._done(str(error), broken=True)
                future.set_exception(error)
            except Exception as error:  # an engine's own fault must not end the thread
                self._done(f"{self.name} failed: {type(error).__name__}", broken=True)
                with contextlib.suppress(Exception):
                    future.set_exception(SynthesisError(self.why))
            else:
                self._done("", broken=False)
                self.last_s = self._clock() - started
                future.set_result(pcm)

    def _done(self, why: str, broken: bool) -> None:
        self._overdue = False
        self.why = why
        self._failures = self._failures + 1 if broken else 0
        if broken:
            self._rest_until = self._clock() + REST_S
