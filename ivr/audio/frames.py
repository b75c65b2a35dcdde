"""The unit of sound: a frame is 20 ms of 8 kHz mono PCM16 (native byte order), 160 samples, 320 bytes."""

import numpy as np
import numpy.typing as npt

RATE = 8000
FRAME_SAMPLES = 160
FRAME_BYTES = 320
FRAME_MS = 20
FRAMES_A_SECOND = 50
SILENCE = bytes(FRAME_BYTES)
FULL_SCALE = 32768.0
FLOOR_DB = -96.0
"""Level of digital silence."""

Samples = npt.NDArray[np.int16]


def frames_of(seconds: float) -> int:
    """Nearest whole number of frames."""
    return round(seconds * FRAMES_A_SECOND)


def frames_of_ms(ms: float) -> int:
    """Nearest whole number of frames, at least one."""
    return max(1, round(ms / FRAME_MS))


def samples(pcm: bytes | bytearray | memoryview) -> Samples:
    """PCM16 as numbers, without a copy."""
    return np.frombuffer(pcm, dtype=np.int16)


def power(pcm: bytes | bytearray | memoryview) -> float:
    """Mean square of the samples about their mean, so that a constant offset (DC) is no sound; 0 for silence."""
    if pcm == SILENCE:
        return 0.0
    x = np.frombuffer(pcm, dtype=np.int16).astype(np.float32)
    mean = float(x.sum()) / x.size
    return max(0.0, float(np.dot(x, x)) / x.size - mean * mean)


def level_db(mean_square: float) -> float:
    """dBFS (sine of full scale = -3) of a mean square of samples."""
    if mean_square <= 0.26:  # less than one step of G.711's finest quantizer in every second sample
        return FLOOR_DB
    return max(FLOOR_DB, 10.0 * float(np.log10(mean_square)) - 90.309)


def split(pcm: bytes) -> list[bytes]:
    """Whole frames; the last one is filled up with silence."""
    whole = [pcm[i : i + FRAME_BYTES] for i in range(0, len(pcm), FRAME_BYTES)]
    if whole and len(whole[-1]) < FRAME_BYTES:
        whole[-1] = whole[-1] + SILENCE[len(whole[-1]) :]
    return whole
