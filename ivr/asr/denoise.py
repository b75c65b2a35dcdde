"""Steady noise taken out of an utterance before it is recognized: a Wiener gain over the noise of its quiet parts.

Chosen by measurement on orders at 6 and 15 dB in three noises (docs/recognition.md). Sound that stands out of its
noise by more than CLEAN_DB is left as it is: there the gain only takes from the speech.
"""

import numpy as np
import numpy.typing as npt

from ivr.asr.sound import Floats

CLEAN_DB = 24.0
_SIZE = 256
"""32 ms at 8 kHz."""
_HOP = 64
_QUIET = 20
"""Percentile of each band's power over time that is taken for its noise,"""
_BIAS = 1.6
"""times this: the noise's mean lies above its quiet moments."""
_OVER = 3.0
"""Noise is taken out so many times over: what is left of it disturbs more than what is lost of the speech."""
_FLOOR = 0.05
"""Power gain that every band keeps."""
_WINDOW = np.hanning(_SIZE + 1)[:-1]
_SCALE = 1.5 * _SIZE / (4 * _HOP)
"""Sum of the squared windows at each sample."""


def denoised(samples: Floats, stands_out_db: float) -> Floats:
    """8 kHz, ±1, same length. `stands_out_db`: sound.voicing."""
    if stands_out_db > CLEAN_DB or len(samples) < _SIZE:
        return samples
    padded = np.pad(samples, (_SIZE, _SIZE + _HOP - len(samples) % _HOP))
    frames = np.lib.stride_tricks.sliding_window_view(padded, _SIZE)[::_HOP] * _WINDOW
    bands = np.fft.rfft(frames)
    power = np.abs(bands) ** 2
    edge = _SIZE // _HOP
    noise = np.percentile(power[edge:-edge], _QUIET, axis=0) * _BIAS
    gain = _smooth(np.maximum(1.0 - _OVER * noise / np.maximum(power, 1e-12), _FLOOR))
    cleaned = np.fft.irfft(bands * np.sqrt(gain), _SIZE) * _WINDOW
    out = np.zeros(len(padded) + _SIZE)
    for phase in range(edge):  # frames that follow each other without overlap
        part = cleaned[phase::edge].reshape(-1)
        out[phase * _HOP : phase * _HOP + len(part)] += part
    return np.asarray(out[_SIZE : _SIZE + len(samples)] / _SCALE, dtype=np.float32)


def _smooth(gain: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Mean over three frames and three bands: a gain that jumps sings."""
    for axis in (0, 1):
        edges = [(1, 1) if a == axis else (0, 0) for a in (0, 1)]
        wide = np.pad(gain, edges, mode="edge")
        gain = (
            (wide[:-2] + wide[1:-1] + wide[2:]) / 3 if axis == 0 else (wide[:, :-2] + wide[:, 1:-1] + wide[:, 2:]) / 3
        )
    return gain
