"""A browser's call without a browser: the WebSocket of `ivr web`, with the face of sip.caller.PhoneCall, so that
insight.sip_caller.Caller can hold conversations over it."""

import contextlib
import json
import threading
import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from ivr.audio import g711
from ivr.events import HungUp
from ivr.sip.caller import PhoneError
from ivr.sip.phone_sound import Sound

TICK_S = 0.02


class PageCall:
    """Calls at once; one frame each 20 ms from then on."""

    transferred = None

    def __init__(self, url: str, cookie: str, line: str) -> None:
        """`url` of the pages; `cookie`: name=value of a session."""
        self.sound = Sound()
        self.states: list[dict[str, Any]] = []
        self.closed: tuple[int, str] | None = None
        self.leg = SimpleNamespace(sip_call_id="")
        """The call's id, once it is known."""
        self.reads = True
        address = f"{url.replace('http', 'ws')}/try/call?line={line}"
        opened = connect(address, additional_headers={"Cookie": cookie, "Origin": url}, proxy=None)
        self._stream = opened.__enter__()  # closed by the far side
        threading.Thread(target=self._read, daemon=True).start()
        threading.Thread(target=self._talk, daemon=True).start()

    # --- what a Caller uses

    @property
    def over(self) -> bool:
        return self.closed is not None

    def play(self, pcm: bytes) -> int:
        return self.sound.play(pcm)

    def press(self, keys: str, how: str = "", press_ms: int = 0) -> None:
        for key in keys:
            self._send(json.dumps({"key": key}))

    def hang_up(self, status: int = 0) -> None:
        self._send(json.dumps({"hang_up": True}))

    def wait_answered(self, timeout_s: float = 10.0) -> None:
        self._until(lambda: self._state("answered") is not None, timeout_s, "answered")

    def wait_played(self, timeout_s: float = 30.0) -> None:
        self._until(lambda: self.sound.waiting == 0, timeout_s, "the end of what is played")

    def wait_over(self, timeout_s: float = 10.0) -> HungUp:
        until = time.monotonic() + timeout_s
        while not self.over:
            if time.monotonic() > until:
                raise PhoneError("the call is not over in time")
            time.sleep(0.01)
        ended = self._state("ended") or {}
        return HungUp(by=ended.get("by", "network"), reason=ended.get("reason", ""))

    # --- the socket

    def send_raw(self, message: bytes | str) -> None:
        self._send(message)

    def _state(self, name: str) -> dict[str, Any] | None:
        return next((it for it in list(self.states) if it["state"] == name), None)

    def _until(self, true: Callable[[], bool], timeout_s: float, what: str) -> None:
        end = time.monotonic() + timeout_s
        while not true():
            if self.over or time.monotonic() > end:
                raise PhoneError(f"{what}: not in time; states {self.states}, closed {self.closed}")
            time.sleep(0.01)

    def _send(self, message: bytes | str) -> None:
        with contextlib.suppress(ConnectionClosed):
            self._stream.send(message)

    def _read(self) -> None:
        try:
            while True:
                while not self.reads:
                    time.sleep(0.01)
                message = self._stream.recv()
                if isinstance(message, bytes):
                    self.sound.put_caller(g711.decode(message))
                else:
                    told = json.loads(message)
                    self.leg.sip_call_id = told.get("call", self.leg.sip_call_id)
                    self.states.append(told)
        except ConnectionClosed as closed:
            self.closed = (closed.rcvd.code, closed.rcvd.reason) if closed.rcvd else (1006, "")

    def _talk(self) -> None:
        due = time.monotonic()
        while not self.over:
            self._send(g711.encode(self.sound.take_system()))
            due += TICK_S
            time.sleep(max(0.0, due - time.monotonic()))
