"""Is this frame the caller, or what we said coming back?

A line returns what we send after 20 to 400 ms, weaker and a little coloured (hybrids, speakerphones). Nothing is
learned beforehand: when a frame could be voice, the last 160 ms of the caller are compared with what was sent before it
at every delay at once (cross-correlation by FFT); around the best delay a short filter is fitted by least squares, and
what it cannot explain is the caller. So the first echo of a call is known as such, and a caller who speaks over it is
heard.
"""

from collections import deque

import numpy as np
import numpy.typing as npt

from ivr.audio.frames import FRAME_SAMPLES, SILENCE

DELAY_FRAMES = 21
"""Longest delay, 420 ms."""
WINDOW_FRAMES = 8
"""Length that is compared, 160 ms."""
TAPS = 48
"""Length of the fitted filter in samples, 6 ms."""
TAPS_BEFORE = 12
"""Of these, so many lie before the best delay."""
ALIKE = 0.25
"""Share of the caller's power that the best delay alone must explain before a filter is fitted at all: unrelated
speech reaches less by chance."""

Array = npt.NDArray[np.float32]

_SPAN = DELAY_FRAMES * FRAME_SAMPLES
_WINDOW = WINDOW_FRAMES * FRAME_SAMPLES
_FFT = 5000
"""At least window + span, so that no delay wraps around; a product of small primes."""


class EchoGuard:
    """One a call."""

    def __init__(self) -> None:
        self._near: deque[bytes] = deque([SILENCE] * WINDOW_FRAMES, maxlen=WINDOW_FRAMES)
        self._far: deque[bytes] = deque([SILENCE] * (DELAY_FRAMES + WINDOW_FRAMES), maxlen=DELAY_FRAMES + WINDOW_FRAMES)
        self._quiet = DELAY_FRAMES + WINDOW_FRAMES
        """Frames of silence that we sent last."""

    def heard(self, near: bytes, far: bytes) -> None:
        """One frame of each side; every frame of the call, in order."""
        self._near.append(near)
        self._far.append(far)
        self._quiet = 0 if far != SILENCE else self._quiet + 1

    @property
    def possible(self) -> bool:
        """We said something lately that could be coming back."""
        return self._quiet < DELAY_FRAMES + WINDOW_FRAMES

    def residual(self) -> tuple[float, float]:
        """Mean square of the last frame without what echo explains, and the share of the frame that it is (0..1)."""
        near = _numbers(self._near)
        last = near[-FRAME_SAMPLES:]
        power = float(last @ last) / FRAME_SAMPLES
        if power <= 0.0:
            return 0.0, 1.0
        far = _numbers(self._far)
        delay = _best_delay(near, far)
        if delay is None:
            return power, 1.0
        left = _unexplained(near, far, delay)
        rest = float(left @ left) / FRAME_SAMPLES
        return rest, min(1.0, rest / power)


def _numbers(frames: deque[bytes]) -> Array:
    x = np.frombuffer(b"".join(frames), dtype=np.int16).astype(np.float32)
    return x - np.float32(x.mean())


def _best_delay(near: Array, far: Array) -> int | None:
    """Delay in samples at which `far` is most like `near`; None when it is alike nowhere."""
    spectrum = np.fft.rfft(far, _FFT)
    spectrum *= np.conj(np.fft.rfft(near, _FFT))
    products = np.fft.irfft(spectrum, _FFT)[: _SPAN + 1]
    energies = np.concatenate(([0.0], np.cumsum(far.astype(np.float64) ** 2)))
    energy = energies[_WINDOW : _WINDOW + _SPAN + 1] - energies[: _SPAN + 1]
    own = float(near @ near)
    explained = products**2 / ((energy + 1e4) * (own + 1e-9))
    at = int(np.argmax(explained))
    return _SPAN - at if explained[at] >= ALIKE else None


def _unexplained(near: Array, far: Array, delay: int) -> Array:
    """Last frame of `near` less the best filter of `far` around `delay`."""
    first = min(max(0, _SPAN - delay - (TAPS - 1 - TAPS_BEFORE)), _SPAN - TAPS + 1)
    shifted = np.lib.stride_tricks.sliding_window_view(far[first : first + _WINDOW + TAPS - 1], TAPS)
    gram = shifted.T @ shifted
    gram[np.diag_indices(TAPS)] += 1e-4 * float(np.trace(gram)) / TAPS + 1.0
    taps = np.linalg.solve(gram, shifted.T @ near)
    left: Array = near[-FRAME_SAMPLES:] - shifted[-FRAME_SAMPLES:] @ taps
    return left
