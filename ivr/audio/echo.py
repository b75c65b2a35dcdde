"""Is this frame the caller, or what we said coming back?

A line returns what we send after 20 to 400 ms, weaker and a little coloured (hybrids, speakerphones). While a frame
could be voice, the last 160 ms of the caller are compared with what was sent before at every delay at once
(cross-correlation by FFT, also summed over the last such frames). An echo names the same delay again and again, chance
does not; until that is decided a window that looks like an echo counts as one, so the first echo of a call starts no
voice. Around the delay a short filter is then fitted by least squares over about a second, always to what came before
the frame that it judges, and what it cannot explain is the caller: one who speaks over the echo is heard, and noise
over it does not make the echo a voice.
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
"""Share of the caller's power that one delay alone must explain in one window; unrelated speech reaches less."""
ALIKE_SUMMED = 0.1
"""The same over several windows, where chance averages out."""
SUMMED = 15
"""Windows from which the sum counts."""
AGREED = 2
"""Windows in a row that must name the same delay as the one before them: an echo keeps its delay, chance does not."""
SAME = 2
"""Samples within which two delays are the same."""
EXPLAINED = 0.2
"""Share of a frame that may be left when it is an echo and nothing else."""
JUMPS = (-1, 1, -2, 2, -3, 3, -4, 4, -5, 5)
"""Frames that a jitter buffer may drop or repeat at once."""
CONCEALED = 6
"""Frames for which a jitter buffer makes up sound when packets fail: right after an echo, sound no louder than it
was is still taken for it."""
LOUDER = 1.5
KEEP_LOUDEST = 0.9
DOUBTED = 4
"""Windows in a row that named another delay each: no echo, however alike they were."""
KEEP_SUM = 0.92
KEEP_FIT = 0.98
"""What is kept of the sums from frame to frame."""

Array = npt.NDArray[np.float32]

_SPAN = DELAY_FRAMES * FRAME_SAMPLES
_WINDOW = WINDOW_FRAMES * FRAME_SAMPLES
_FFT = 5000
"""At least window + span, so that no delay wraps around; a product of small primes."""
_QUIET = DELAY_FRAMES + WINDOW_FRAMES
_DIAGONAL = np.diag_indices(TAPS)


class EchoGuard:
    """One a call."""

    def __init__(self) -> None:
        self._near: deque[bytes] = deque([SILENCE] * WINDOW_FRAMES, maxlen=WINDOW_FRAMES)
        self._far: deque[bytes] = deque([SILENCE] * _QUIET, maxlen=_QUIET)
        self._quiet = _QUIET
        """Frames of silence that we sent last."""
        self.delay: int | None = None
        """Samples after which the line answers with an echo; None: it does not, as far as is known."""
        self._windows = 0
        self._candidate = 0
        """Best delay of the last window that looked like an echo."""
        self._agreed = 0
        """Windows in a row that named this delay; below zero: windows in a row that named others."""
        self._products = np.zeros(_SPAN + 1, dtype=np.float32)
        self._energies = np.zeros(_SPAN + 1, dtype=np.float32)
        self._own = 0.0
        self._learns = True
        """The last frame is not known to hold more than echo."""
        self._since = 1000
        """Frames since one that was an echo and nothing else."""
        self._loudest = 0.0
        """Power of the loudest such frame lately."""
        self._gram = np.zeros((TAPS, TAPS), dtype=np.float32)
        self._cross = np.zeros(TAPS, dtype=np.float32)

    def heard(self, near: bytes, far: bytes) -> None:
        """One frame of each side; every frame of the call, in order."""
        if self.delay is not None and self.possible and self._learns:
            shifted = self._shifted(_numbers(self._far), self.delay)[-FRAME_SAMPLES:]
            self._learn(shifted, _numbers(self._near)[-FRAME_SAMPLES:])
        self._learns = True
        self._since += 1
        self._near.append(near)
        self._far.append(far)
        self._quiet = 0 if far != SILENCE else self._quiet + 1

    @property
    def possible(self) -> bool:
        """We said something lately that could be coming back."""
        return self._quiet < _QUIET

    def residual(self) -> tuple[bytes, float] | None:
        """The last frame without what echo explains, and the share of its power that is left (0..1); None when nothing
        of it is echo. For frames that could be voice."""
        near, far = _numbers(self._near), _numbers(self._far)
        last = near[-FRAME_SAMPLES:]
        power = float(last @ last)
        suspect = self._look(near, far)
        if self.delay is None and suspect and self._agreed > -DOUBTED:
            return SILENCE, 0.0
        if self.delay is None or power <= 0.0:
            return None
        gram = self._gram.copy()
        gram[_DIAGONAL] += 1e-4 * float(np.trace(gram)) / TAPS + 1.0
        taps = np.linalg.solve(gram, self._cross)
        left = last - self._shifted(far, self.delay)[-FRAME_SAMPLES:] @ taps
        if float(left @ left) > EXPLAINED * power:
            left = self._jumped(last, far, taps, left, power)
        share = min(1.0, float(left @ left) / power)
        if share <= EXPLAINED:
            self._since, self._loudest = 0, max(power, KEEP_LOUDEST * self._loudest)
        elif self._since <= CONCEALED and power <= LOUDER * self._loudest:
            return SILENCE, 0.0
        self._learns = share < 0.5
        return np.clip(left, -32768, 32767).astype(np.int16).tobytes(), share

    def _jumped(self, last: Array, far: Array, taps: Array, left: Array, power: float) -> Array:
        """A jitter buffer on the way drops or repeats whole frames: the same echo, at a delay that differs by them."""
        assert self.delay is not None
        for frames in JUMPS:
            delay = self.delay + frames * FRAME_SAMPLES
            if 0 <= delay <= _SPAN:
                rest: Array = last - self._shifted(far, delay)[-FRAME_SAMPLES:] @ taps
                if float(rest @ rest) <= EXPLAINED * power:
                    self.delay = delay
                    return rest
        return left

    def _look(self, near: Array, far: Array) -> bool:
        """Find the delay, or notice that it is another one now. True: this window alone looks like an echo."""
        spectrum = np.fft.rfft(far, _FFT)
        spectrum *= np.conj(np.fft.rfft(near, _FFT))
        products = np.fft.irfft(spectrum, _FFT)[: _SPAN + 1].astype(np.float32)
        squares = np.concatenate((np.zeros(1), np.cumsum(far.astype(np.float64) ** 2)))
        energies = (squares[_WINDOW : _WINDOW + _SPAN + 1] - squares[: _SPAN + 1] + 1e4).astype(np.float32)
        own = float(near @ near) + 1.0
        self._windows += 1
        self._products = KEEP_SUM * self._products + products
        self._energies = KEEP_SUM * self._energies + energies
        self._own = KEEP_SUM * self._own + own
        delay = _clear(products, energies, own, ALIKE)
        suspect = delay is not None
        if delay is None and self._windows >= SUMMED:
            delay = _clear(self._products, self._energies, self._own, ALIKE_SUMMED)
        if delay is None:
            return False
        same = abs(delay - self._candidate) <= SAME
        self._agreed = max(self._agreed, 0) + 1 if same else min(self._agreed, 0) - 1
        self._candidate = delay
        if self._agreed >= AGREED and (self.delay is None or abs(delay - self.delay) > TAPS_BEFORE):
            self.delay = delay
            self._gram[:] = 0
            self._cross[:] = 0
            self._learn(self._shifted(far, delay)[:-FRAME_SAMPLES], near[:-FRAME_SAMPLES])
        return suspect

    @staticmethod
    def _shifted(far: Array, delay: int) -> Array:
        """(WINDOW, TAPS): what was sent around `delay` before each sample of the window."""
        first = min(max(0, _SPAN - delay - (TAPS - 1 - TAPS_BEFORE)), _SPAN - TAPS + 1)
        return np.lib.stride_tricks.sliding_window_view(far[first : first + _WINDOW + TAPS - 1], TAPS)

    def _learn(self, shifted: Array, near: Array) -> None:
        self._gram *= KEEP_FIT
        self._gram += shifted.T @ shifted
        self._cross *= KEEP_FIT
        self._cross += shifted.T @ near


def _numbers(frames: deque[bytes]) -> Array:
    x = np.frombuffer(b"".join(frames), dtype=np.int16).astype(np.float32)
    return x - np.float32(x.mean())


def _clear(products: Array, energies: Array, own: float, alike: float) -> int | None:
    """The delay that explains the most, when that is enough."""
    explained = products**2 / (energies * own)
    at = int(np.argmax(explained))
    return _SPAN - at if explained[at] >= alike else None
