"""G.711 µ-law: 8 bits a sample, as telephones send it."""

import numpy as np
import numpy.typing as npt


def mulaw_values() -> npt.NDArray[np.int16]:
    """ITU-T G.711: what each of the 256 codes stands for, in the scale of 16 bits."""
    code = ~np.arange(256, dtype=np.int32) & 0xFF
    exponent, mantissa = (code >> 4) & 7, code & 15
    magnitude = ((mantissa << 3) + 0x84 << exponent) - 0x84
    return np.where(code & 0x80, -magnitude, magnitude).astype(np.int16)


def _codes() -> npt.NDArray[np.uint8]:
    """For each PCM16 sample, as an unsigned index, the code whose value is nearest."""
    values = mulaw_values().astype(np.int32)
    order = np.argsort(values, kind="stable")
    middles = (values[order][1:] + values[order][:-1]) / 2
    every = np.arange(65536, dtype=np.uint16).view(np.int16)
    return order.astype(np.uint8)[np.searchsorted(middles, every)]


_VALUES, _CODES = mulaw_values(), _codes()


def decode(codes: bytes) -> bytes:
    """One byte a sample to PCM16."""
    return _VALUES[np.frombuffer(codes, dtype=np.uint8)].tobytes()


def encode(pcm: bytes) -> bytes:
    """PCM16 to one byte a sample."""
    return _CODES[np.frombuffer(pcm, dtype=np.uint16)].tobytes()
