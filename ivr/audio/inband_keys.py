"""Keys as tones in the sound (ITU-T Q.23, Q.24): two tones at once, one of four low and one of four high ones.

Every 10 ms the last 25 ms are measured at the eight frequencies and 1.2 % beside each. A window is a tone pair when one
low and one high frequency carry nearly all of its power (speech does not, which is what keeps talk from being taken for
keys), neither is much stronger than the other (twist), and each stands out of its group. Two such windows in a row are
a key; three without end it.
"""

import numpy as np
import numpy.typing as npt

from ivr.audio.frames import FRAME_SAMPLES, RATE, SILENCE

LOW = (697, 770, 852, 941)
HIGH = (1209, 1336, 1477, 1633)
KEYS = ("123A", "456B", "789C", "*0#D")
WINDOW = 200
HOP = 80
SHARE = 0.75
"""Least share of the window's power in the two tones."""
TWIST = 10.0 ** (8.5 / 10)
"""Most that one tone may be stronger than the other (8.5 dB; Q.24 asks for 4 and 8)."""
STANDS_OUT = 4.0
"""Times that a tone must be stronger than every other of its group."""
LEAST_POWER = 32768.0**2 / 2 * 10 ** (-42 / 10)
"""-42 dBm0, a little under what Q.24 asks for."""
STARTS = 2
ENDS = 3

Array = npt.NDArray[np.float32]


def _probes() -> Array:
    """(48, WINDOW): each frequency 1.2 % lower, itself, 1.2 % higher; cosines, then sines. Real, for speed."""
    frequencies = np.array([f * off for f in LOW + HIGH for off in (0.988, 1.0, 1.012)])
    phases = 2 * np.pi * frequencies[:, None] * np.arange(WINDOW) / RATE
    return np.concatenate((np.cos(phases), np.sin(phases))).astype(np.float32)


_PROBES = _probes()
_SCALE = 2.0 / WINDOW


def pair(window: Array) -> str:
    """The key whose tones fill this window of 200 samples; empty for none."""
    total = float(window @ window)
    if total < LEAST_POWER * WINDOW:
        return ""
    parts = _PROBES @ window
    parts *= parts
    power = (parts[:24] + parts[24:]).reshape(8, 3).max(axis=1).tolist()
    lows, highs, whole = power[:4], power[4:], total / _SCALE
    low, high = max(lows), max(highs)
    if low + high < SHARE * whole or low > TWIST * high or high > TWIST * low:
        return ""
    row, column = lows.index(low), highs.index(high)
    lows.pop(row)
    highs.pop(column)
    if STANDS_OUT * max(lows) > low or STANDS_OUT * max(highs) > high:
        return ""
    return KEYS[row][column]


class KeyTones:
    """One a call."""

    def __init__(self) -> None:
        self._last = np.zeros(WINDOW - HOP, dtype=np.float32)
        self._candidate = ""
        self._hits = 0
        self._misses = 0
        self._pressed = ""
        self.tone = False
        """The last frame holds, or just held, a tone pair."""

    def frame(self, pcm: bytes) -> str:
        """One frame of 320 bytes; the key that it completes, once a press, else empty."""
        if pcm == SILENCE and not self._pressed and not self._candidate:
            self._last[:] = 0
            self.tone = False
            return ""
        samples = np.concatenate((self._last, np.frombuffer(pcm, dtype=np.int16).astype(np.float32)))
        self._last = samples[FRAME_SAMPLES:]
        found, self.tone = "", bool(self._pressed)
        for start in range(0, FRAME_SAMPLES, HOP):
            key = pair(samples[start : start + WINDOW])
            self.tone = self.tone or bool(key)
            found = self._step(key) or found
        return found

    def _step(self, key: str) -> str:
        if not key:
            self._hits, self._candidate = 0, ""
            self._misses += 1
            if self._misses >= ENDS:
                self._pressed = ""
            return ""
        self._misses = 0
        self._hits = self._hits + 1 if key == self._candidate else 1
        self._candidate = key
        if self._hits >= STARTS and key != self._pressed:
            self._pressed = key
            return key
        return ""
