"""A leg without SIP: its own 20 ms clock puts sound that a test gives and keeps what the line sends."""

import threading
import time
from collections.abc import Callable

from ivr.audio.frames import SILENCE, split
from ivr.events import Event, HungUp
from ivr.journal import CallAnswered
from ivr.ports import Acknowledged, AudioFlows, AudioSlot, CallTaker


class FakeLeg:
    """Answers at once; `play` is what the caller says, `heard` what the line sent, frame by frame."""

    name = "fake"

    def __init__(self, taker: CallTaker) -> None:
        self.taker = taker
        self.heard: list[bytes] = []
        self.rejected: tuple[int, str, int] | None = None
        self.referred: list[tuple[str, dict[str, str]]] = []
        self.refer_answer = (202, "accepted")
        self.ended = threading.Event()
        self.slot: AudioSlot | None = None
        self._out: list[bytes] = []
        self._running = False

    # --- what a worker calls

    def attach(self, slot: AudioSlot) -> None:
        self.slot = slot

    def ring(self) -> None:
        pass

    def answer(self) -> None:
        self._running = True
        self.tell(CallAnswered(codec="PCMU"))
        threading.Thread(target=self._clock, daemon=True).start()
        self.tell(Acknowledged())
        self.tell(AudioFlows())

    def reject(self, status: int, reason: str = "", retry_after_s: int = 0) -> None:
        self.rejected = (status, reason, retry_after_s)
        self.ended.set()

    def hang_up(self, status: int = 0) -> None:
        self.gone("system")

    def refer(self, uri: str, headers: dict[str, str], done: Callable[[int, str], None]) -> None:
        self.referred.append((uri, headers))
        done(*self.refer_answer)

    def bridge(
        self, uri: str, headers: dict[str, str], done: Callable[[int, str], None], wait_s: float = 30.0,
        whisper: Callable[[], bytes] | None = None,
    ) -> None:  # fmt: skip
        done(486, "busy here")

    def drop_second(self) -> None:
        pass

    def send_keys(self, keys: str) -> None:
        pass

    # --- what a test does

    def tell(self, what: Event) -> None:
        self.taker.told(self, what)

    def play(self, pcm: bytes) -> None:
        """Say this, behind what is still to be said."""
        self._out += split(pcm)

    def gone(self, by: str = "caller") -> None:
        if self._running:
            self._running = False
            self.tell(HungUp(by=by))  # type: ignore[arg-type]
            self.ended.set()

    def wait_for(self, what: Callable[[list[bytes]], bool], seconds: float = 5.0) -> bool:
        """Until `what(heard)` holds."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if what(self.heard):
                return True
            time.sleep(0.005)
        return False

    def _clock(self) -> None:
        due = time.monotonic()
        while self._running and self.slot is not None:
            self.heard.append(self.slot.take_system())
            self.slot.put_caller(self._out.pop(0) if self._out else SILENCE)
            due += 0.02
            time.sleep(max(0.0, due - time.monotonic()))
