"""sipp scenarios as short Python: what a caller sends and what it expects, one call."""

import shutil
import struct
import subprocess
from dataclasses import dataclass
from pathlib import Path

SDP = (
    "v=0\no=- 1 1 IN IP[local_ip_type] [local_ip]\ns=-\nc=IN IP[media_ip_type] [media_ip]\nt=0 0\n"
    "m=audio [media_port] RTP/AVP {formats}\n{attributes}"
)
_VIA = "Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]"
_FROM = 'From: "sipp" <sip:{caller}@[local_ip]:[local_port]>;tag=[pid]SIPpTag[call_number]'
_CONTACT = "Contact: <sip:sipp@[local_ip]:[local_port]>"


def sdp(formats: str = "0 8 101", attributes: str = "a=rtpmap:101 telephone-event/8000\na=fmtp:101 0-15") -> str:
    """A session description; formats as in the m= line."""
    return SDP.format(formats=formats, attributes=attributes).strip()


def request(
    method: str, body: str = "", kind: str = "application/sdp", headers: str = "", cseq: int = 1, user: str = ""
) -> str:
    """A request of the call; `user` overrides the dialled user."""
    where = user or "[service]"
    inside = method not in ("INVITE", "OPTIONS") or cseq > 1
    lines = [
        f"{method} {'[next_url]' if inside else f'sip:{where}@[remote_ip]:[remote_port]'} SIP/2.0",
        _VIA,
        _FROM.format(caller="+18005550198"),
        f"To: <sip:{where}@[remote_ip]:[remote_port]>" + ("[peer_tag_param]" if inside else ""),
        "Call-ID: [call_id]",
        f"CSeq: {cseq} {method}",
        _CONTACT,
        "Max-Forwards: 70",
    ]
    if headers:
        lines.append(headers)
    if body:
        lines.append(f"Content-Type: {kind}")
    return "\n".join([*lines, "Content-Length: [len]", "", body])


def send(text: str, retrans: bool = True) -> str:
    mark = ' retrans="500"' if retrans else ""
    return f"<send{mark}><![CDATA[\n{text}\n]]></send>"


def receive(status: int, optional: bool = False, action: str = "") -> str:
    rest = ' optional="true"' if optional else ""
    return (
        f'<recv response="{status}"{rest} rrs="true"><action>{action}</action></recv>'
        if action
        else (f'<recv response="{status}"{rest} rrs="true"/>')
    )


def expect(method: str) -> str:
    """A request from the server."""
    return f'<recv request="{method}"/>'


def pause(ms: int) -> str:
    return f'<pause milliseconds="{ms}"/>'


def play(pcap: Path) -> str:
    """Send the packets of a capture to where the server wants RTP."""
    return f'<nop><action><exec play_pcap_audio="{pcap}"/></action></nop>'


PROVISIONAL = receive(100, optional=True) + receive(180, optional=True)
ANSWERED = PROVISIONAL + receive(200)


@dataclass
class Outcome:
    """How the scenario went."""

    ok: bool
    log: str


def run(port: int, user: str, steps: list[str], folder: Path, transport: str = "u1", timeout_s: int = 20) -> Outcome:
    """Make one call to 127.0.0.1:port."""
    program = shutil.which("sipp")
    assert program is not None
    scenario = folder / "scenario.xml"
    scenario.write_text(
        '<?xml version="1.0" encoding="ISO-8859-1"?>\n<scenario name="x">\n' + "\n".join(steps) + "\n</scenario>\n"
    )
    done = subprocess.run(
        [program, f"127.0.0.1:{port}", "-sf", str(scenario), "-s", user, "-m", "1", "-t", transport, "-i", "127.0.0.1",
         "-nostdin", "-timeout", f"{timeout_s}s", "-timeout_error", "-recv_timeout", "8000",
         "-trace_err", "-error_file", str(folder / "errors.log")],
        capture_output=True, text=True, cwd=folder, timeout=timeout_s + 10,
    )  # fmt: skip
    log = (folder / "errors.log").read_text(errors="replace") if (folder / "errors.log").exists() else ""
    return Outcome(done.returncode == 0, f"{done.stdout[-1500:]}\n{log[-3000:]}")


def capture(path: Path, packets: list[tuple[int, bytes]]) -> Path:
    """Write RTP packets (milliseconds, bytes) as a pcap file of Ethernet frames."""
    out = bytearray(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))
    for ms, rtp in packets:
        udp = struct.pack(">HHHH", 40000, 40002, 8 + len(rtp), 0) + rtp
        ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0, b"\x7f\0\0\1", b"\x7f\0\0\1")
        frame = bytes(12) + b"\x08\x00" + ip + udp
        out += struct.pack("<IIII", ms // 1000, ms % 1000 * 1000, len(frame), len(frame)) + frame
    path.write_bytes(bytes(out))
    return path


def rtp(
    payload_type: int, sequence: int, timestamp: int, payload: bytes, marker: bool = False, ssrc: int = 0x1234
) -> bytes:
    """RFC 3550 §5.1."""
    second = payload_type | (0x80 if marker else 0)
    return struct.pack(">BBHII", 0x80, second, sequence & 0xFFFF, timestamp & 0xFFFFFFFF, ssrc) + payload


def event(key: str, duration: int, end: bool = False) -> bytes:
    """RFC 4733 §2.3; duration in samples."""
    return struct.pack(">BBH", "0123456789*#ABCD".index(key), (0x80 if end else 0) | 10, duration)
