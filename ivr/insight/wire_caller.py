"""A caller made of two sockets, for measuring: what it sends is encoded beforehand, what it hears is only timed.

No telephone and no jitter buffer stand between the network and the figures: a packet's time is the kernel's time of
arrival (SO_TIMESTAMPNS), a frame's time of sending is taken just before it is sent. One thread drives any number of
callers: `Callers.run` ticks each one every 20 ms and reads what came in between.
"""

import contextlib
import os
import re
import selectors
import socket
import struct
import time
from collections import deque
from collections.abc import Callable, Iterable

import numpy as np
import numpy.typing as npt

from ivr.insight.channel import g711_codes, g711_values

FRAME_S = 0.02
LOUD = 10 ** (-50 / 10)
"""Mean square of a packet that is sound: -50 dBFS."""
T1_S = 0.5
"""First retransmission of an INVITE (RFC 3261 §17.1.1.2)."""

_SO_TIMESTAMPNS = 35
_TIMESPEC = struct.Struct("qq")
_HEAD = struct.Struct(">BBHII")
_SQUARES = g711_values("pcmu").astype(np.float64) ** 2
_SILENCE = bytes([0xFF]) * 160


def encoded(samples: npt.NDArray[np.float32]) -> list[bytes]:
    """8 kHz samples as payloads of 20 ms of µ-law, the last one filled up."""
    padded = np.concatenate((samples, np.zeros(-len(samples) % 160, dtype=np.float32)))
    codes = g711_codes(padded, "pcmu").tobytes()
    return [codes[i : i + 160] for i in range(0, len(codes), 160)]


class WireCaller:
    """One call. Times are seconds of the wall clock, as the kernel stamps packets."""

    def __init__(self, server: tuple[str, int], user: str, name: str = "bench") -> None:
        self.server = server
        self.name = name
        self.asked_at = self.answered_at = self.over_at = 0.0
        self.status = 0
        """Of the final answer to INVITE."""
        self.heard_at: list[float] = []
        self.heard_loud: list[bool] = []
        """Each packet of the line: when it came, whether it is sound."""
        self.sent = 0
        """Frames sent."""
        self.sent_at: deque[tuple[int, float]] = deque(maxlen=500)
        self.sip, self.rtp = _socket(), _socket()
        self.rtp.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
        self._user = user
        self._call_id = f"{os.urandom(12).hex()}@bench"
        self._tag = os.urandom(4).hex()
        self._to = f"<sip:{user}@{server[0]}>"
        self._target = f"sip:{user}@{server[0]}:{server[1]}"
        self._branch = f"z9hG4bK{os.urandom(8).hex()}"
        self._far: tuple[str, int] | None = None
        self._queue: deque[bytes] = deque()
        self._keys: deque[tuple[bytes, bool]] = deque()
        self._again_at = 0.0
        self._sequence = self._stamp = self._event_stamp = 0
        self._ssrc = int.from_bytes(os.urandom(4), "big")
        self._cseq = 1

    # --- what it does -------------------------------------------------------------------------------------------

    def dial(self) -> None:
        """Send INVITE; `status` and `answered_at` tell the answer."""
        self.asked_at = time.time()
        self._send_invite()

    def play(self, payloads: Iterable[bytes]) -> int:
        """Queue encoded frames; returns the number of the first one."""
        first = self.sent + len(self._queue)
        self._queue.extend(payloads)
        return first

    def stop(self) -> None:
        """Say nothing more."""
        self._queue.clear()

    def press(self, key: str) -> None:
        """One key as RFC 4733 events of payload type 101: four updates and three ends."""
        code = "0123456789*#ABCD".index(key)
        for n in range(7):
            ended = n >= 4
            duration = min(n + 1, 5) * 160
            self._keys.append((struct.pack(">BBH", code, 0x8A if ended else 0x0A, duration), n == 0))

    def hang_up(self) -> None:
        """BYE; CANCEL is not needed here: calls are answered at once."""
        if self.answered_at and not self.over_at:
            self._cseq += 1
            self._send(self._request("BYE"))
        self.over_at = self.over_at or time.time()

    def close(self) -> None:
        self.sip.close()
        self.rtp.close()

    @property
    def talking(self) -> bool:
        """Frames are still to be sent."""
        return bool(self._queue)

    def time_of(self, frame: int) -> float:
        """When a frame was sent; 0 when it was not (or too long ago)."""
        return next((at for n, at in reversed(self.sent_at) if n == frame), 0.0)

    def first_sound(self, after: float) -> float:
        """Time of the first packet of sound after a time; 0 when there is none yet."""
        found = 0.0
        for at, loud in zip(reversed(self.heard_at), reversed(self.heard_loud), strict=True):
            if at < after:
                break
            found = at if loud else found
        return found

    def last_sound(self, after: float = 0.0) -> float:
        """Time of the last packet of sound; 0 when there is none after `after`."""
        for at, loud in zip(reversed(self.heard_at), reversed(self.heard_loud), strict=True):
            if at < after:
                return 0.0
            if loud:
                return at
        return 0.0

    # --- driven by Callers --------------------------------------------------------------------------------------

    def tick(self) -> None:
        """Send the frame that is due."""
        now = time.time()
        if not self.status and self.asked_at and now >= self._again_at:
            self._send_invite()
        if self._far is None or self.over_at:
            return
        if self._keys:
            payload, first = self._keys.popleft()
            if first:
                self._event_stamp = self._stamp
            head = _HEAD.pack(0x80, 101 | (0x80 if first else 0), self._sequence, self._event_stamp, self._ssrc)
        else:
            payload = self._queue.popleft() if self._queue else _SILENCE
            head = _HEAD.pack(0x80, 0, self._sequence, self._stamp, self._ssrc)
        self.sent_at.append((self.sent, time.time()))
        self.rtp.sendto(head + payload, self._far)
        self.sent += 1
        self._sequence = (self._sequence + 1) & 0xFFFF
        self._stamp = (self._stamp + 160) & 0xFFFFFFFF

    def read_rtp(self) -> None:
        """Take in every packet that is there."""
        while True:
            try:
                data, extra, _, _ = self.rtp.recvmsg(2048, 64)
            except (BlockingIOError, OSError):
                return
            at = time.time()
            for level, kind, stamp in extra:
                if (level, kind) == (socket.SOL_SOCKET, _SO_TIMESTAMPNS):
                    seconds, nanoseconds = _TIMESPEC.unpack(stamp[:16])
                    at = seconds + nanoseconds * 1e-9
            if len(data) > 12 and data[1] & 0x7F == 0:
                payload = np.frombuffer(data, dtype=np.uint8, offset=12)
                self.heard_at.append(at)
                self.heard_loud.append(float(_SQUARES[payload].mean()) > LOUD)

    def read_sip(self) -> None:
        """Answers to INVITE, and the other side's BYE."""
        while True:
            try:
                text = self.sip.recv(65535).decode("utf-8", "replace")
            except (BlockingIOError, OSError):
                return
            if text.startswith("SIP/2.0"):
                self._answer(int(text[8:11]), text)
            elif text.startswith(("BYE", "OPTIONS", "UPDATE")):
                headers = "".join(f"{line}\r\n" for line in text.split("\r\n") if _KEPT.match(line))
                self._send(f"SIP/2.0 200 OK\r\n{headers}Content-Length: 0\r\n\r\n")
                if text.startswith("BYE"):
                    self.over_at = self.over_at or time.time()

    def _answer(self, status: int, text: str) -> None:
        if status < 200 or " INVITE" not in _header(text, "CSeq"):
            self._again_at = float("inf")
            return
        self._to = _header(text, "To")
        if status < 300:
            self._target = _header(text, "Contact").strip().split(">")[0].lstrip("<") or self._target
            found = re.search(r"^m=audio (\d+)", text, re.MULTILINE)
            if found and self._far is None:
                self._far = (self.server[0], int(found[1]))
        self._send(self._request("ACK"))
        if not self.status:
            self.status = status
            now = time.time()
            self.answered_at = now if status < 300 else 0.0
            self.over_at = 0.0 if status < 300 else now

    def _send_invite(self) -> None:
        self._again_at = time.time() + T1_S
        host, port = self.rtp.getsockname()
        body = (
            f"v=0\r\no=- 1 1 IN IP4 {host}\r\ns=-\r\nc=IN IP4 {host}\r\nt=0 0\r\nm=audio {port} RTP/AVP 0 101\r\n"
            "a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\n"
        )
        self._send(self._request("INVITE", body))

    def _request(self, method: str, body: str = "") -> str:
        host, port = self.sip.getsockname()
        branch = self._branch if method == "INVITE" else f"z9hG4bK{os.urandom(8).hex()}"
        kind = "Content-Type: application/sdp\r\n" if body else ""
        return (
            f"{method} {self._target} SIP/2.0\r\nVia: SIP/2.0/UDP {host}:{port};rport;branch={branch}\r\n"
            f"From: <sip:{self.name}@{host}>;tag={self._tag}\r\nTo: {self._to}\r\nCall-ID: {self._call_id}\r\n"
            f"CSeq: {self._cseq} {method}\r\nContact: <sip:{self.name}@{host}:{port}>\r\nMax-Forwards: 70\r\n"
            f"{kind}Content-Length: {len(body)}\r\n\r\n{body}"
        )

    def _send(self, text: str) -> None:
        self.sip.sendto(text.encode(), self.server)

    @property
    def sip_call_id(self) -> str:
        return self._call_id


_KEPT = re.compile(r"(?i)^(via|from|to|call-id|cseq):")


def _header(text: str, name: str) -> str:
    found = re.search(rf"(?im)^{name}\s*:\s*(.*?)\r?$", text)
    return found[1] if found else ""


def _socket() -> socket.socket:
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.bind(("127.0.0.1", 0))
    made.setblocking(False)
    return made


class Callers:
    """Drives callers on one thread; `late` tells whether this generator itself kept up."""

    def __init__(self) -> None:
        self._selector = selectors.DefaultSelector()
        self._callers: list[WireCaller] = []
        self.late = 0
        """Ticks that came more than 10 ms late."""

    def add(self, caller: WireCaller) -> None:
        self._callers.append(caller)
        self._selector.register(caller.sip, selectors.EVENT_READ, caller.read_sip)
        self._selector.register(caller.rtp, selectors.EVENT_READ, caller.read_rtp)

    def remove(self, caller: WireCaller) -> None:
        self._callers.remove(caller)
        self._selector.unregister(caller.sip)
        self._selector.unregister(caller.rtp)
        caller.close()

    def run(self, each_tick: Callable[[float], bool]) -> None:
        """Until `each_tick(wall time)` returns False."""
        with contextlib.suppress(PermissionError):  # what is measured must not be this generator's own delay
            os.setpriority(os.PRIO_PROCESS, 0, -12)
        due = time.monotonic()
        going = True
        while going:
            while (wait := due - time.monotonic()) > 0:
                for key, _ in self._selector.select(wait):
                    key.data()
            self.late += -wait > 0.01
            due += FRAME_S
            for caller in list(self._callers):
                caller.tick()
            going = each_tick(time.time())
