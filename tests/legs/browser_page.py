"""What services does for a page, for tests of the leg: a connection to media's socket, one frame each 20 ms."""

import contextlib
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path

import uuid_utils

from ivr.audio import g711
from ivr.audio.frames import FRAME_BYTES, SILENCE
from ivr.wire.framing import Unframer, frame
from ivr.wire.leg_messages import FromLeg, LegHungUp, LegKey, LegOffer, LegSound, LegState, ToLeg


class Page:
    """Calls at once; `heard` is what came, as PCM16 frames, and when (seconds of the monotonic clock)."""

    def __init__(self, path: Path, line: str = "test", *, sends: bool = True) -> None:
        self.call = str(uuid_utils.uuid7())
        self.states: list[LegState] = []
        self.heard: list[bytes] = []
        self.times: list[float] = []
        self.closed = threading.Event()
        self.reads = self.sends = True
        self._out: list[bytes] = []
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.connect(str(path))
        self.send(LegOffer(call=self.call, caller="browser:anna", line=line))
        self.sends = sends
        threading.Thread(target=self._read, daemon=True).start()
        threading.Thread(target=self._talk, daemon=True).start()

    def send(self, message: ToLeg) -> None:
        with contextlib.suppress(OSError):
            self._socket.sendall(frame(message))

    def play(self, pcm: bytes) -> None:
        """Say this, 8 kHz PCM16, in whole frames."""
        self._out += [pcm[n : n + FRAME_BYTES] for n in range(0, len(pcm), FRAME_BYTES)]

    def press(self, key: str) -> None:
        self.send(LegKey(key=key))

    def hang_up(self, reason: str = "") -> None:
        self.send(LegHungUp(reason=reason))

    def leave(self) -> None:
        """The connection breaks."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self.sends = False

    def state(self, name: str, seconds: float = 5.0) -> LegState:
        """Once it came."""
        self.wait(lambda: any(it.state == name for it in self.states), seconds, name)
        return next(it for it in self.states if it.state == name)

    def wait(self, what: Callable[[], bool], seconds: float = 5.0, name: str = "") -> None:
        until = time.monotonic() + seconds
        while not what():
            assert time.monotonic() < until, f"not in time: {name or what}; states {self.states}"
            time.sleep(0.005)

    def sounding(self) -> list[bytes]:
        """Frames that are not silence."""
        return [it for it in list(self.heard) if it != SILENCE]

    def _read(self) -> None:
        unframer: Unframer[FromLeg] = Unframer(FromLeg)
        while True:
            while not self.reads:
                time.sleep(0.01)
            try:
                data = self._socket.recv(65536)
            except OSError:
                data = b""
            if not data:
                self.closed.set()
                self.sends = False
                return
            for message in unframer.feed(data):
                if isinstance(message, LegSound):
                    self.heard.append(g711.decode(message.frame))
                    self.times.append(time.monotonic())
                else:
                    self.states.append(message)

    def _talk(self) -> None:
        due = time.monotonic()
        while not self.closed.is_set():
            if self.sends:
                self.send(LegSound(frame=g711.encode(self._out.pop(0) if self._out else SILENCE)))
            due += 0.02
            time.sleep(max(0.0, due - time.monotonic()))
