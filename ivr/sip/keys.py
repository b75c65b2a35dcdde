"""Keys out of RTP events (RFC 4733) and SIP INFO: each press once, whatever the packets. Pure."""

import re

KEYS = frozenset("0123456789*#ABCD")
_GAP_MS = 20
"""Shortest pause between two presses that this counts as two; senders keep 40 ms or more."""
_CLOCK_MS = 1 << 29
"""pjmedia tells the RTP timestamp in milliseconds: 2^32 samples / 8."""
_SIGNAL = re.compile(r"^\s*Signal\s*=\s*(\S+)", re.I | re.M)
_NAMED = {"10": "*", "11": "#", "12": "A", "13": "B", "14": "C", "15": "D"}


class KeyCounter:
    """Tells the first packet of each press from its repetitions.

    Packets of one press carry the RTP timestamp of its begin (RFC 4733 §2.5.1.2), so a press is new when the timestamp
    is. Marker and end packets are not needed. Senders that move the timestamp within a press are known too: a
    timestamp that lies within the press counted last continues it, as do the segments of a long press (§2.5.1.3).
    """

    def __init__(self) -> None:
        self._key = ""
        self._begin_ms = -1
        self._duration_ms = 0

    def rtp(self, key: str, begin_ms: int, duration_ms: int) -> bool:
        """One event packet; True when it is the first one of a press. Times in milliseconds of the RTP clock."""
        key = key.upper()
        if key not in KEYS:
            return False
        if key == self._key and self._begin_ms >= 0:
            after = (begin_ms - self._begin_ms) % _CLOCK_MS
            if after == 0:
                self._duration_ms = max(self._duration_ms, duration_ms)
                return False
            if after >= _CLOCK_MS // 2:
                return False  # late packet of an earlier press
            if after < self._duration_ms + _GAP_MS and duration_ms >= self._duration_ms:
                self._begin_ms, self._duration_ms = begin_ms, duration_ms
                return False
            if after <= self._duration_ms and duration_ms < self._duration_ms:
                # Next segment of a long press: it begins where the one before ended.
                self._begin_ms, self._duration_ms = begin_ms, duration_ms
                return False
        self._key, self._begin_ms, self._duration_ms = key, begin_ms, duration_ms
        return True


def from_info(content_type: str, body: str) -> str:
    """The key of an INFO body: `application/dtmf-relay` (Signal=5) or `application/dtmf` (5); empty when there is none.
    Numbers 10 to 15 mean * # A B C D, as some gateways write them."""
    kind = content_type.split(";", 1)[0].strip().lower()
    if kind == "application/dtmf-relay":
        found = _SIGNAL.search(body)
        key = found.group(1) if found else ""
    elif kind == "application/dtmf":
        found = _SIGNAL.search(body)
        key = found.group(1) if found else body.strip()
    else:
        return ""
    key = _NAMED.get(key, key).upper()
    return key if key in KEYS else ""
