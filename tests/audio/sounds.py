"""Sounds made of numbers, for tests of the pure audio room."""

import numpy as np
import numpy.typing as npt

from ivr.audio.frames import FULL_SCALE

Sound = npt.NDArray[np.float64]


def sine(seconds: float, *hertz: float, level_db: float = -20.0) -> Sound:
    """Equal sines whose sum has the given level (dBFS of the mean square)."""
    t = np.arange(round(seconds * 8000)) / 8000
    return at_level(sum(np.sin(2 * np.pi * f * t) for f in hertz), level_db)


def noise(seconds: float, level_db: float = -30.0, seed: int = 1) -> Sound:
    """White noise."""
    return at_level(np.random.default_rng(seed).normal(size=round(seconds * 8000)), level_db)


def babble(seconds: float, level_db: float = -20.0, seed: int = 1) -> Sound:
    """Like speech: harmonics of a wandering pitch, and breath, in syllables of 150 to 300 ms."""
    rng = np.random.default_rng(seed)
    pieces: list[Sound] = []
    length = 0
    while length < seconds * 8000:
        n = int(rng.uniform(0.15, 0.3) * 8000)
        t = np.arange(n) / 8000
        pitch = rng.uniform(90, 220) * (1 + 0.1 * np.sin(2 * np.pi * 3 * t))
        phase = 2 * np.pi * np.cumsum(pitch) / 8000
        voice = sum(rng.uniform(0.2, 1.0) / k * np.sin(k * phase + rng.uniform(0, 6)) for k in range(1, 16))
        breath = rng.normal(size=n) * (2.0 if rng.random() < 0.3 else 0.4)
        pieces.append((np.asarray(voice) + breath) * np.hanning(n))
        length += n
    return at_level(np.concatenate(pieces)[: round(seconds * 8000)], level_db)


def at_level(x: object, level_db: float) -> Sound:
    """Scaled to a mean square in dBFS (0 dB = square wave of full scale)."""
    y = np.asarray(x, dtype=np.float64)
    scaled: Sound = y * (FULL_SCALE * 10 ** (level_db / 20) / np.sqrt(np.mean(y**2)))
    return scaled


def pcm(x: Sound) -> bytes:
    """PCM16, clipped."""
    return np.clip(np.round(x), -32768, 32767).astype(np.int16).tobytes()


def after(delay_ms: float, x: Sound, loss_db: float, length: int) -> Sound:
    """The same sound later and weaker, as a line returns it."""
    late = np.concatenate((np.zeros(round(delay_ms * 8)), x))[:length]
    return np.pad(late, (0, length - len(late))) * 10 ** (loss_db / 20)
