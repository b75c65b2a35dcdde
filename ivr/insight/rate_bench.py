"""Calls a second: a light generator that dials at a steady rate, hears a prompt, and hangs up after a while.

One thread, one SIP socket, a pool of RTP sockets; messages are filled into text made beforehand, packets are only
counted and compared with silence, so that a few hundred calls at once cost the generator a fraction of its core.
"""

import os
import re
import selectors
import socket
import struct
import time
from collections import deque
from dataclasses import dataclass, field
from heapq import heappop, heappush

SILENT = 0x60
"""µ-law codes, without sign, from here on are as good as silence (below -45 dBFS)."""
_LOUD = bytes(int((code & 0x7F) < SILENT) for code in range(256))
_HEAD = struct.Struct(">BBHII")
_QUIET = b"\xff" * 160
T1_S = 0.5
"""First retransmission (RFC 3261 §17.1.1.2); it doubles."""
GIVE_UP_S = 8.0
TICK_S = 0.005
PACKET_S = 0.02
LATE_S = 0.04
"""Between two packets: more and the later one is 20 ms late."""
_CALL_ID = re.compile(rb"(?im)^(?:call-id|i)\s*:\s*(\S+)")
_CSEQ = re.compile(rb"(?im)^cseq\s*:\s*\d+\s+(\w+)")
_TO = re.compile(rb"(?im)^(?:to|t)\s*:\s*(.*?)\r?$")
_PORT = re.compile(rb"(?m)^m=audio (\d+)")
_RETRY = re.compile(rb"(?im)^retry-after\s*:\s*\d")
_SAME = re.compile(rb"(?i)^(via|from|to|call-id|cseq|v|f|t|i)\s*:")


@dataclass(slots=True)
class RateCall:
    """What became of one call; times of the monotonic clock, 0: it did not happen."""

    number: int
    asked_at: float = 0.0
    final_at: float = 0.0
    over_at: float = 0.0
    status: int = 0
    retry_after: bool = False
    packets: int = 0
    loud: int = 0
    """Packets that were sound."""
    late: int = 0
    """Packets that came more than 20 ms late."""
    last_at: float = 0.0
    to: str = ""
    tries: int = 0
    rtp: int = -1
    far: int = 0
    sent: int = 0
    ended_by_line: bool = False


@dataclass
class Phase:
    """Calls at one rate."""

    rate: float
    calls: list[RateCall] = field(default_factory=list)
    generator_share: float = 0.0
    """Of its core."""


class RateGenerator:
    """Dials `server`; `run` returns when all calls are over."""

    def __init__(self, server: tuple[str, int], user: str, hold_s: float) -> None:
        self._server, self._user, self._hold_s = server, user, hold_s
        self._selector = selectors.DefaultSelector()
        self._sip = _socket(4_000_000)
        self._selector.register(self._sip, selectors.EVENT_READ, -1)
        self._rtp: list[socket.socket] = []
        self._free: deque[int] = deque()
        self._on: dict[int, RateCall] = {}
        """RTP socket -> its call."""
        self._calls: dict[bytes, RateCall] = {}
        self._timers: list[tuple[float, int, str, RateCall]] = []
        self._run = os.urandom(6).hex()

    def run(self, rate: float, count: int) -> Phase:
        """So many calls, evenly spaced."""
        phase = Phase(rate, [RateCall(number) for number in range(count)])
        began, busy = time.monotonic(), time.thread_time()
        next_call, next_tick, n = began, began, 0
        pending = deque(phase.calls)
        while pending or self._calls:
            while (wait := min(next_tick, next_call if pending else next_tick) - time.monotonic()) > 0:
                for key, _ in self._selector.select(wait):
                    self._read_sip() if key.data < 0 else self._read_rtp(key.data)
            now = time.monotonic()
            while pending and now >= next_call:
                self._dial(pending.popleft(), now)
                next_call += 1 / rate
            if now >= next_tick:
                next_tick = max(next_tick + TICK_S, now - PACKET_S)
                n += 1
                self._due(now)
                self._send_rtp(n % 4)
        phase.generator_share = (time.thread_time() - busy) / (time.monotonic() - began)
        return phase

    def close(self) -> None:
        self._selector.close()
        for made in (self._sip, *self._rtp):
            made.close()

    # --- SIP ----------------------------------------------------------------------------------------------------

    def _dial(self, call: RateCall, now: float) -> None:
        if not self._free:
            self._rtp.append(_socket(200_000))
            self._free.append(len(self._rtp) - 1)
            self._selector.register(self._rtp[-1], selectors.EVENT_READ, len(self._rtp) - 1)
        call.rtp, call.asked_at = self._free.popleft(), now
        self._calls[self._id(call)] = call
        self._invite(call, now)

    def _id(self, call: RateCall) -> bytes:
        return f"{self._run}-{call.asked_at:.6f}-{call.number}".encode()

    def _invite(self, call: RateCall, now: float) -> None:
        host, port = self._rtp[call.rtp].getsockname()
        body = (
            f"v=0\r\no=- 1 1 IN IP4 {host}\r\ns=-\r\nc=IN IP4 {host}\r\nt=0 0\r\nm=audio {port} RTP/AVP 0 101\r\n"
            "a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\n"
        )
        self._send(call, "INVITE", 1, body)
        self._again(call, "INVITE", now)

    def _again(self, call: RateCall, what: str, now: float) -> None:
        heappush(self._timers, (now + T1_S * 2**call.tries, call.number, what, call))
        call.tries += 1

    def _send(self, call: RateCall, method: str, cseq: int, body: str = "", branch: str = "") -> None:
        host, port = self._sip.getsockname()
        target = f"sip:{self._user}@{self._server[0]}:{self._server[1]}"
        id = self._id(call).decode()
        kind = "Content-Type: application/sdp\r\n" if body else ""
        via = f"SIP/2.0/UDP {host}:{port};rport;branch=z9hG4bK{branch or method}{id}"
        text = (
            f"{method} {target} SIP/2.0\r\nVia: {via}\r\n"
            f"From: <sip:c{call.number}@{host}>;tag=g{call.number}\r\nTo: {call.to or f'<{target}>'}\r\n"
            f"Call-ID: {id}\r\nCSeq: {cseq} {method}\r\nContact: <sip:bench@{host}:{port}>\r\n"
            f"Max-Forwards: 70\r\n{kind}Content-Length: {len(body)}\r\n\r\n{body}"
        )
        self._sip.sendto(text.encode(), self._server)

    def _read_sip(self) -> None:
        while True:
            try:
                text = self._sip.recv(65535)
            except BlockingIOError:
                return
            found = _CALL_ID.search(text)
            call = self._calls.get(found[1]) if found else None
            if text.startswith(b"SIP/2.0"):
                method = _CSEQ.search(text)
                if call is not None and method is not None:
                    self._answer(call, int(text[8:11]), method[1], text)
            elif text.startswith((b"BYE", b"OPTIONS")):
                kept = b"\r\n".join(line for line in text.split(b"\r\n") if _SAME.match(line))
                self._sip.sendto(b"SIP/2.0 200 OK\r\n" + kept + b"\r\nContent-Length: 0\r\n\r\n", self._server)
                if call is not None and text.startswith(b"BYE"):
                    call.ended_by_line = True
                    self._over(call, time.monotonic())

    def _answer(self, call: RateCall, status: int, method: bytes, text: bytes) -> None:
        if status < 200:
            return
        now = time.monotonic()
        if method == b"BYE":
            self._over(call, now)
        elif method == b"INVITE":
            to, first = _TO.search(text), not call.status
            call.to = to[1].decode("utf-8", "replace") if to else call.to
            if first:
                call.status, call.final_at, call.tries = status, now, 0
            if status >= 300:
                self._send(call, "ACK", 1, branch="INVITE")
                call.retry_after = _RETRY.search(text) is not None
                self._over(call, now)
                return
            self._send(call, "ACK", 1)
            if first:
                port = _PORT.search(text)
                call.far = int(port[1]) if port else 0
                self._on[call.rtp] = call
                heappush(self._timers, (now + self._hold_s, call.number, "BYE", call))

    def _over(self, call: RateCall, now: float) -> None:
        if call.over_at:
            return
        call.over_at = now
        self._on.pop(call.rtp, None)
        self._free.append(call.rtp)
        self._calls.pop(self._id(call), None)

    def _due(self, now: float) -> None:
        while self._timers and self._timers[0][0] <= now:
            _, _, what, call = heappop(self._timers)
            if call.over_at or (what == "INVITE" and call.status):
                continue
            if call.tries > 4 or now - call.asked_at > self._hold_s + 2 * GIVE_UP_S:
                self._over(call, now)
            elif what == "INVITE":
                self._invite(call, now)
            else:
                self._send(call, "BYE", 2)
                self._again(call, "BYE", now)

    # --- RTP ----------------------------------------------------------------------------------------------------

    def _send_rtp(self, part: int) -> None:
        """A quarter of the calls each 5 ms."""
        for index, call in self._on.items():
            if index % 4 == part and call.far:
                head = _HEAD.pack(0x80, 0, call.sent & 0xFFFF, call.sent * 160, index + 1)
                self._rtp[index].sendto(head + _QUIET, (self._server[0], call.far))
                call.sent += 1

    def _read_rtp(self, index: int) -> None:
        call = self._on.get(index)
        while True:
            try:
                data = self._rtp[index].recv(2048)
            except (BlockingIOError, ConnectionRefusedError):
                return
            if call is None or data[1] & 0x7F:
                continue
            now = time.monotonic()
            call.packets += 1
            call.loud += data[12:].translate(_LOUD).count(1) > 8
            call.late += bool(call.last_at) and now - call.last_at > LATE_S
            call.last_at = now


def _socket(buffer: int) -> socket.socket:
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
    made.bind(("127.0.0.1", 0))
    made.setblocking(False)
    return made
