"""Captures of calls (pcap): their RTP streams, events and sound apart.

The classic format as tcpdump and SIPp write it, over Ethernet, Linux "any" (SLL), loopback or bare IP; not pcapng.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from ivr.insight.channel import Samples, g711_values

_MAGIC = {b"\xd4\xc3\xb2\xa1": ("<", 1e-6), b"\xa1\xb2\xc3\xd4": (">", 1e-6), b"\x4d\x3c\xb2\xa1": ("<", 1e-9),
          b"\xa1\xb2\x3c\x4d": (">", 1e-9)}  # fmt: skip
_HEADS = {0: 4, 1: 14, 12: 0, 101: 0, 108: 4, 113: 16, 228: 0, 229: 0}
"""Bytes before the IP header, by link type."""
_CODECS = {0: "pcmu", 8: "pcma"}
_EVENT_BYTES = 4
_LONGEST_GAP_S = 60


class CaptureError(Exception):
    """A file that is no capture, or one of another format."""


@dataclass(frozen=True, slots=True)
class EventPacket:
    """RFC 4733 §2.3. Times in seconds since the stream's first packet, and in the RTP clock's ticks of 1/8000 s."""

    at_s: float
    stamp: int
    event: int
    duration: int


@dataclass(slots=True)
class RtpStream:
    """One sender's packets."""

    events: list[EventPacket] = field(default_factory=list)
    sound: Samples = field(default_factory=lambda: np.zeros(0, np.float32))
    """8 kHz, ±1, from the stream's first packet; silence where no packet came."""


def read_capture(path: Path) -> list[RtpStream]:
    """RTP streams by their sender, in order. Raises CaptureError."""
    streams: dict[tuple[bytes, bytes], list[tuple[float, bytes]]] = {}
    for at, source, payload in _datagrams(path.read_bytes(), path.name):
        if len(payload) > 12 and payload[0] >> 6 == 2 and not 72 <= payload[1] & 127 <= 76:
            streams.setdefault((source, payload[8:12]), []).append((at, payload))
    if not streams:
        raise CaptureError(f"{path.name} holds no RTP")
    return [_stream(packets) for packets in streams.values()]


def _stream(packets: list[tuple[float, bytes]]) -> RtpStream:
    began = packets[0][0]
    out = RtpStream()
    pieces: list[tuple[int, Samples]] = []
    for at, packet in packets:
        kind, stamp = packet[1] & 127, int.from_bytes(packet[4:8], "big")
        payload = _payload(packet)
        if kind in _CODECS:
            values = g711_values("pcmu" if kind == 0 else "pcma")
            pieces.append((stamp, values[np.frombuffer(payload, np.uint8)]))
        elif kind >= 96 and len(payload) == _EVENT_BYTES:
            event, _, duration = struct.unpack("!BBH", payload)
            out.events.append(EventPacket(at - began, stamp, event, duration))
    if pieces:
        out.sound = _joined(pieces)
    return out


def _payload(packet: bytes) -> bytes:
    """Without header, contributing sources, extension and padding (RFC 3550 §5.1)."""
    start = 12 + 4 * (packet[0] & 15)
    if packet[0] & 0x10 and len(packet) >= start + 4:
        start += 4 + 4 * int.from_bytes(packet[start + 2 : start + 4], "big")
    end = len(packet) - (packet[-1] if packet[0] & 0x20 else 0)
    return packet[start:end]


def _joined(pieces: list[tuple[int, Samples]]) -> Samples:
    """By their timestamps; a jump of more than a minute is a sender that began anew."""
    first, total = pieces[0][0], 0
    placed: list[tuple[int, Samples]] = []
    for stamp, sound in pieces:
        place = (stamp - first) % (1 << 32)
        if place > total + _LONGEST_GAP_S * 8000:
            first, place = stamp - total, total
        placed.append((place, sound))
        total = max(total, place + len(sound))
    out = np.zeros(total, np.float32)
    for place, sound in placed:
        out[place : place + len(sound)] = sound
    return out


def _datagrams(data: bytes, name: str) -> Iterator[tuple[float, bytes, bytes]]:
    """(time in s, source, UDP payload) of each packet."""
    if data[:4] not in _MAGIC or len(data) < 24:
        raise CaptureError(f"{name} is no capture in pcap format (pcapng: convert it with editcap -F pcap)")
    order, fraction = _MAGIC[data[:4]]
    head = _HEADS.get(struct.unpack(f"{order}I", data[20:24])[0] & 0xFFFF)
    if head is None:
        raise CaptureError(f"{name}: link type {struct.unpack(f'{order}I', data[20:24])[0]} is not known")
    at = 24
    while at + 16 <= len(data):
        seconds, part, kept, _ = struct.unpack(f"{order}IIII", data[at : at + 16])
        packet = data[at + 16 : at + 16 + kept]
        at += 16 + kept
        found = _udp(packet[_tagged(packet, head) :])
        if found is not None:
            yield seconds + part * fraction, *found


def _tagged(packet: bytes, head: int) -> int:
    """Where the IP header begins: VLAN tags make Ethernet's header longer."""
    while head >= 14 and packet[head - 2 : head] in (b"\x81\x00", b"\x88\xa8"):
        head += 4
    return head


def _udp(ip: bytes) -> tuple[bytes, bytes] | None:
    """(source address and port, payload); None for anything but UDP."""
    if len(ip) < 28:
        return None
    if ip[0] >> 4 == 4 and ip[9] == 17:
        start, source = 4 * (ip[0] & 15), ip[12:16]
    elif ip[0] >> 4 == 6 and ip[6] == 17 and len(ip) >= 48:
        start, source = 40, ip[8:24]
    else:
        return None
    length = int.from_bytes(ip[start + 4 : start + 6], "big")
    return source + ip[start : start + 2], ip[start + 8 : start + max(8, length)]
