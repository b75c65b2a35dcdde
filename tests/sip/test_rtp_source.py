"""Where pjsua2 sends the call's sound to: the built library keeps to one RTP source (scripts/pjsua2/options.py).

The signalled address wins whenever it is heard; before that the first source heard is kept (a caller behind NAT);
no number of packets from a stranger moves it.
"""

import re
import socket
import struct
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.sip


class Source:
    """A UDP socket on loopback that sends RTP and counts what comes."""

    def __init__(self, ssrc: int) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.setblocking(False)
        self.port: int = self.socket.getsockname()[1]
        self.ssrc, self.sequence = ssrc, 1

    def send(self, port: int, packets: int) -> None:
        for _ in range(packets):
            header = struct.pack("!BBHII", 0x80, 0, self.sequence, self.sequence * 160, self.ssrc)
            self.socket.sendto(header + b"\xff" * 160, ("127.0.0.1", port))
            self.sequence += 1
            time.sleep(0.004)

    def heard(self, seconds: float = 0.3) -> int:
        """Packets that arrive from now on."""
        self.drain()
        time.sleep(seconds)
        return self.drain()

    def drain(self) -> int:
        count = 0
        while True:
            try:
                self.socket.recv(2048)
            except BlockingIOError:
                return count
            count += 1


def invite(sip: socket.socket, server_port: int, media_port: int) -> int:
    """Makes a call whose description names `media_port`; returns the server's RTP port."""
    own = sip.getsockname()[1]
    sdp = (
        f"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
        f"m=audio {media_port} RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\na=sendrecv\r\n"
    )
    call, uri = uuid.uuid4().hex, f"sip:answer@127.0.0.1:{server_port}"

    def request(method: str, to_tag: str, body: str) -> bytes:
        kind = "Content-Type: application/sdp\r\n" if body else ""
        return (
            f"{method} {uri} SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:{own};rport;branch=z9hG4bK{uuid.uuid4().hex}\r\n"
            f"From: <sip:t@127.0.0.1:{own}>;tag=a\r\nTo: <{uri}>{to_tag}\r\nCall-ID: {call}\r\n"
            f"CSeq: 1 {method}\r\nContact: <sip:t@127.0.0.1:{own}>\r\nMax-Forwards: 70\r\n{kind}"
            f"Content-Length: {len(body)}\r\n\r\n{body}"
        ).encode()

    sip.sendto(request("INVITE", "", sdp), ("127.0.0.1", server_port))
    while True:
        answer = sip.recv(8192).decode()
        if answer.startswith("SIP/2.0 200"):
            break
        assert answer.startswith("SIP/2.0 1"), answer
    tag = re.search(r"(?im)^To:.*(;tag=\S+)", answer)
    media = re.search(r"(?m)^m=audio (\d+)", answer)
    assert tag
    assert media
    sip.sendto(request("ACK", tag[1], ""), ("127.0.0.1", server_port))
    return int(media[1])


@pytest.fixture(scope="module")
def server() -> Iterator[int]:
    """The SIP port of a running answerer."""
    program = Path(__file__).with_name("rtp_source_answerer.py")
    process = subprocess.Popen([sys.executable, program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdin
    assert process.stdout
    for line in process.stdout:
        if found := re.search(r"127\.0\.0\.1:(\d+)\s*$", line):
            break
    else:
        pytest.fail("the answerer ended before it told its port")
    yield int(found[1])
    process.stdin.close()
    process.wait(20)


@pytest.fixture
def sip() -> Iterator[socket.socket]:
    """The caller's signalling socket."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as made:
        made.bind(("127.0.0.1", 0))
        made.settimeout(5)
        yield made


def test_the_signalled_source_is_kept_whatever_a_stranger_sends(server: int, sip: socket.socket) -> None:
    caller, stranger = Source(1), Source(2)
    port = invite(sip, server, caller.port)
    caller.send(port, 5)
    assert caller.heard() > 5
    stranger.send(port, 60)
    assert stranger.heard() == 0
    assert caller.heard() > 5


def test_a_stranger_who_comes_first_loses_to_the_signalled_source(server: int, sip: socket.socket) -> None:
    caller, stranger = Source(1), Source(2)
    port = invite(sip, server, caller.port)
    stranger.send(port, 30)
    caller.send(port, 2)
    assert caller.heard() > 5
    stranger.send(port, 60)
    assert stranger.heard() == 0


def test_a_caller_behind_nat_is_found_and_kept(server: int, sip: socket.socket) -> None:
    inside, outside, stranger = Source(1), Source(1), Source(2)
    port = invite(sip, server, inside.port)
    outside.send(port, 5)
    assert outside.heard() > 5
    stranger.send(port, 60)
    assert stranger.heard() == 0
    assert outside.heard() > 5
