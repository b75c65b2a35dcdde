"""A caller made of two UDP sockets, for what no telephone does: it sends what it is told to, byte for byte."""

import socket
import struct
import time
import uuid

from ivr.sip.message import Message, address, parse


class RawCaller:
    """One call's worth of SIP and RTP from 127.0.0.1."""

    def __init__(self, port: int, user: str, at: str = "127.0.0.1", server_at: str = "127.0.0.1") -> None:
        self.server = (server_at, port)
        self.user = user
        self.sip = self._socket(at)
        self.rtp = self._socket(at)
        self.port: int = self.sip.getsockname()[1]
        self.rtp_port: int = self.rtp.getsockname()[1]
        self.at = at
        self.call_id = f"{uuid.uuid4().hex}@raw"
        self.cseq = 0
        self.to = f"<sip:{user}@{server_at}:{port}>"
        self.target = f"sip:{user}@{server_at}:{port}"
        self.far_rtp = (server_at, 0)
        self.source = ""
        """Where the last message came from."""
        self.sequence = 0
        self.stamp = 0

    @staticmethod
    def _socket(at: str) -> socket.socket:
        made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        made.bind((at, 0))
        made.settimeout(5)
        return made

    def sdp(self, formats: str = "0 101", attributes: str = "a=rtpmap:101 telephone-event/8000\r\n") -> str:
        return (
            f"v=0\r\no=- 1 1 IN IP4 {self.at}\r\ns=-\r\nc=IN IP4 {self.at}\r\nt=0 0\r\n"
            f"m=audio {self.rtp_port} RTP/AVP {formats}\r\n{attributes}"
        )

    def request(
        self, method: str, body: str = "", headers: str = "", via: str = "", contact: str = "", cseq: int = 0
    ) -> bytes:
        """`headers`: whole lines with their ends."""
        if not cseq:
            self.cseq += 1
            cseq = self.cseq
        kind = "Content-Type: application/sdp\r\n" if body else ""
        return (
            f"{method} {self.target} SIP/2.0\r\n"
            f"Via: SIP/2.0/UDP {via or f'{self.at}:{self.port}'};rport;branch=z9hG4bK{uuid.uuid4().hex}\r\n"
            f"From: <sip:raw@{self.at}>;tag=raw\r\nTo: {self.to}\r\n"
            f"Call-ID: {self.call_id}\r\nCSeq: {cseq} {method}\r\n"
            f"Contact: <sip:raw@{contact or f'{self.at}:{self.port}'}>\r\nMax-Forwards: 70\r\n{headers}{kind}"
            f"Content-Length: {len(body)}\r\n\r\n{body}"
        ).encode()

    def send(self, data: bytes) -> None:
        self.sip.sendto(data, self.server)

    def answer(self, least: int = 200, timeout_s: float = 5.0) -> Message:
        """The next response of at least this status; raises TimeoutError."""
        until = time.monotonic() + timeout_s
        while time.monotonic() < until:
            got = self.message(until - time.monotonic())
            if not got.method and int(got.start.split()[1]) >= least:
                return got
        raise TimeoutError(f"no answer of {least} or more")

    def message(self, timeout_s: float = 5.0) -> Message:
        """The next message of any kind."""
        self.sip.settimeout(max(0.01, timeout_s))
        data, source = self.sip.recvfrom(65535)
        self.source = str(source[0])
        return parse(data.decode("utf-8", "surrogateescape"))

    def dial(self, body: str = "", headers: str = "", contact: str = "", via: str = "") -> Message:
        """INVITE, 200, ACK."""
        self.send(self.request("INVITE", body or self.sdp(), headers, contact=contact, via=via))
        got = self.answer()
        self.learn(got)
        self.acknowledge()
        return got

    def learn(self, got: Message) -> None:
        """Dialog and RTP address out of a 200."""
        self.to = got.first("to")
        if got.first("contact"):
            self.target = address(got.first("contact"))
        for line in got.body.splitlines():
            if line.startswith("m=audio"):
                self.far_rtp = (self.far_rtp[0], int(line.split()[1]))
            elif line.startswith("c=IN IP4 127."):
                self.far_rtp = (line.split()[2], self.far_rtp[1])

    def acknowledge(self) -> None:
        self.send(self.request("ACK", cseq=self.cseq))

    def bye(self) -> Message:
        self.send(self.request("BYE"))
        return self.answer()

    def speak(
        self, frames: int, payload_type: int = 0, payload: bytes = b"", ms: int = 20, ssrc: int = 7, gap: int = 0
    ) -> None:
        """RTP in real time; a full-scale square tone when no payload is given. `gap` leaves out sequence numbers."""
        samples = ms * 8
        self.sequence += gap
        due = time.monotonic()
        for _ in range(frames):
            head = struct.pack(">BBHII", 0x80, payload_type, self.sequence & 0xFFFF, self.stamp & 0xFFFFFFFF, ssrc)
            self.rtp.sendto(head + (payload or bytes([0x90, 0x10]) * (samples // 2)), self.far_rtp)
            self.sequence, self.stamp = self.sequence + 1, self.stamp + samples
            due += ms / 1000
            time.sleep(max(0.0, due - time.monotonic()))

    def heard(self) -> list[bytes]:
        """RTP packets that have come so far."""
        self.rtp.setblocking(False)
        packets = []
        try:
            while True:
                packets.append(self.rtp.recv(2048))
        except BlockingIOError:
            return packets

    def close(self) -> None:
        self.sip.close()
        self.rtp.close()
