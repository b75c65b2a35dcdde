"""What a telephone line does to speech: companding, noise, level, clipping, direct current, lost and late packets."""

import io
from collections.abc import Sequence
from typing import Literal

import numpy as np
import numpy.typing as npt
import soundfile

from ivr.audio.g711 import mulaw_values

Samples = npt.NDArray[np.float32]
Codec = Literal["pcmu", "pcma", "none"]

Hop = Literal["pcmu", "pcma", "gsm", "none"]
"""One transcoding on the way; gsm: GSM 06.10, a mobile's full rate."""
HOPS: tuple[Hop, ...] = ("pcmu", "pcma", "gsm", "none")

PACKET = 160
BUFFER_MS = 60.0
"""A packet that comes later than this misses its turn: what a short jitter buffer waits."""
CONCEALED = 3
"""Packets that are bridged by the one before them; then there is silence."""


def _mulaw_table() -> npt.NDArray[np.float32]:
    return mulaw_values().astype(np.float32) / 32768.0


def _alaw_table() -> npt.NDArray[np.float32]:
    """ITU-T G.711: the 256 values of A-law."""
    code = np.arange(256, dtype=np.int32) ^ 0x55
    exponent, mantissa = (code >> 4) & 7, code & 15
    magnitude = np.where(exponent == 0, (mantissa << 4) + 8, ((mantissa << 4) + 0x108) << np.maximum(exponent - 1, 0))
    return np.where(code & 0x80, magnitude, -magnitude).astype(np.float32) / 32768.0


def g711_values(codec: Literal["pcmu", "pcma"]) -> npt.NDArray[np.float32]:
    """The 256 codes' values, ±1."""
    return _mulaw_table() if codec == "pcmu" else _alaw_table()


def g711_codes(samples: Samples, codec: Literal["pcmu", "pcma"]) -> npt.NDArray[np.uint8]:
    """One byte a sample: the code whose value is nearest."""
    values = g711_values(codec)
    order = np.argsort(values, kind="stable")
    middles = (values[order][1:] + values[order][:-1]) / 2
    return order.astype(np.uint8)[np.searchsorted(middles, samples)]


_TABLES = {"pcmu": np.unique(_mulaw_table()), "pcma": np.unique(_alaw_table())}


def g711(samples: Samples, codec: Codec) -> Samples:
    """There and back again: each sample becomes the nearest value of the codec."""
    if codec == "none":
        return samples
    table = _TABLES[codec]
    after = np.clip(np.searchsorted(table, samples), 1, len(table) - 1)
    before = after - 1
    nearer = np.where(samples - table[before] <= table[after] - samples, before, after)
    return table[nearer]


def through(samples: Samples, hops: Sequence[Hop]) -> Samples:
    """One codec after the other, as gateways transcode."""
    for hop in hops:
        samples = _gsm(samples) if hop == "gsm" else g711(samples, hop)
    return samples


def _gsm(samples: Samples) -> Samples:
    """Through GSM 06.10 and back; the same length."""
    file = io.BytesIO()
    soundfile.write(file, np.clip(samples, -1.0, 1.0), 8000, format="WAV", subtype="GSM610")
    file.seek(0)
    out, _ = soundfile.read(file, dtype="float32")
    return np.asarray(np.pad(out, (0, max(0, len(samples) - len(out))))[: len(samples)], dtype=np.float32)


def at_level(samples: Samples, level_db: float) -> Samples:
    """Scaled so that its active level (P.56) is `level_db` dBFS."""
    return np.asarray(samples * 10 ** ((level_db - active_level_db(samples)) / 20), dtype=np.float32)


def clipped(samples: Samples, over_db: float) -> Samples:
    """So loud that its peak would lie `over_db` above full scale, cut off there."""
    peak = float(np.abs(samples).max(initial=0.0)) or 1.0
    return np.asarray(np.clip(samples * (10 ** (over_db / 20) / peak), -1.0, 1.0), dtype=np.float32)


def active_level_db(samples: Samples) -> float:
    """Level of the speech, dBFS, pauses not counted: after ITU-T P.56, method B with a margin of 15.9 dB, on an
    envelope of 30 ms."""
    square = samples.astype(np.float64) ** 2
    if not square.any():
        return -120.0
    envelope = _envelope(np.abs(samples).astype(np.float64))
    total = square.sum()
    best = 10 * np.log10(total / len(samples))
    for threshold in 2.0 ** np.arange(-15, 1):
        active = (envelope >= threshold).sum()
        if not active:
            break
        level = 10 * np.log10(total / active)
        best = level
        if level - 20 * np.log10(threshold) <= 15.9:
            break
    return float(best)


def _envelope(rectified: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Two exponential averages of 30 ms, as P.56 has it, computed over blocks of a millisecond."""
    block = 8
    means = rectified[: len(rectified) // block * block].reshape(-1, block).mean(axis=1)
    keep = np.exp(-1 / 30)
    p = q = 0.0
    out = np.empty(len(means))
    for n, value in enumerate(means):
        p = keep * p + (1 - keep) * value
        q = keep * q + (1 - keep) * p
        out[n] = q
    return np.repeat(out, block)


def with_noise(samples: Samples, noise: Samples, snr_db: float, random: np.random.Generator) -> Samples:
    """Noise from a random place, `snr_db` below the speech's active level."""
    if not len(noise):
        return samples
    start = int(random.integers(0, len(noise)))
    piece = np.take(noise, np.arange(start, start + len(samples)), mode="wrap")
    power = float((piece.astype(np.float64) ** 2).mean())
    if power <= 0:
        return samples
    wanted = 10 ** ((active_level_db(samples) - snr_db) / 10)
    return np.asarray(samples + piece * np.sqrt(wanted / power), dtype=np.float32)


def lose_packets(samples: Samples, share: float, random: np.random.Generator) -> Samples:
    """Packets of 20 ms lost at random; the one before is repeated at half its level, as simple concealment does."""
    return _concealed(samples, random.random(len(samples) // PACKET) < share)


def delay_packets(samples: Samples, jitter_ms: float, random: np.random.Generator) -> Samples:
    """Each packet late by a time of its own (exponential, `jitter_ms` in the mean); those that miss a buffer of
    BUFFER_MS are concealed."""
    return _concealed(samples, random.exponential(jitter_ms, len(samples) // PACKET) > BUFFER_MS)


def _concealed(samples: Samples, missing: npt.NDArray[np.bool_]) -> Samples:
    out = samples.copy()
    run = 0
    for n in range(1, len(missing)):
        run = run + 1 if missing[n] else 0
        if run:
            before = out[(n - 1) * PACKET : n * PACKET]
            out[n * PACKET : (n + 1) * PACKET] = 0.5 * before if run <= CONCEALED else 0.0
    return out


def pcm16(samples: Samples) -> bytes:
    """Clipped where it is too loud."""
    return np.asarray(np.clip(np.rint(samples * 32768.0), -32768, 32767), dtype="<i2").tobytes()
