"""How often a prompt is interrupted for nothing, and how often a caller who interrupts is missed: offline, through the
very objects that a call uses (call/listening.py: detector, ends of utterances, echo guard)."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from ivr.audio.frames import RATE, SILENCE, split
from ivr.call.config import HearingConfig
from ivr.call.listening import Listening
from ivr.events import VoiceStarted
from ivr.insight.channel import Codec, Samples, active_level_db, at_level, g711, pcm16, with_noise

DELAYS_MS = (20, 60, 120, 200, 300, 400)
LOSSES_DB = (-12, -18, -24, -30)
LEAD_IN_S = 1.5
"""Prompt before the caller begins, so that a line's echo is there already."""
ONSET_DB = 15.9
"""The voice begins where the clean source comes within this of its active level: ITU-T P.56's margin, below which it
counts no sound as active speech."""
FIRST_SOUND_DB = 25.0
"""The same for its first sound, which may be a breath, lips or the room."""


@dataclass(frozen=True)
class Noise:
    """One noise under one prompt."""

    name: str
    minutes: float
    starts: int
    """Times the prompt would have paused."""


@dataclass(frozen=True)
class Interruption:
    """One caller who interrupts."""

    name: str
    condition: str
    heard: bool
    delay_ms: float = 0.0
    """From the onset of the clean voice to the pause of the prompt; only when heard; below 0: at a breath before it."""
    first_sound_ms: float = 0.0
    """The same from its first sound."""


def prompt_of(prompts: Sequence[Samples], seconds: float, first: int = 0) -> Samples:
    """Prompts in a row, from number `first` on, so long."""
    length = round(seconds * RATE)
    pieces: list[Samples] = []
    have = 0
    while have < length:
        pieces.append(prompts[(first + len(pieces)) % len(prompts)])
        have += len(pieces[-1])
    return np.concatenate(pieces)[:length]


def at_mean_level(samples: Samples, level_db: float) -> Samples:
    """Scaled so that its mean level is `level_db` dBFS."""
    power = float(np.mean(samples.astype(np.float64) ** 2)) or 1e-12
    return np.asarray(samples * 10 ** ((level_db - 10 * np.log10(power)) / 20), dtype=np.float32)


def echo_of(far: Samples, delay_ms: float, loss_db: float) -> Samples:
    """What a line returns: later, weaker, and through a short hybrid of four taps."""
    taps = np.zeros(round(delay_ms * RATE / 1000) + 26, dtype=np.float32)
    taps[-26], taps[-23], taps[-17], taps[-1] = 1.0, -0.4, 0.2, 0.1
    taps *= 10 ** (loss_db / 20) / float(np.sqrt((taps**2).sum()))
    return np.asarray(np.convolve(far, taps)[: len(far)], dtype=np.float32)


def starts(near: Samples, far: Samples, config: HearingConfig, codec: Codec) -> list[int]:
    """Frames in which voice was found in `near` while `far` was played."""
    listening = Listening(config)
    ours, sent = split(pcm16(g711(near, codec))), split(pcm16(far))
    found: list[int] = []
    for t, frame in enumerate(ours):
        told = listening.frame(t, frame, sent[t] if t < len(sent) else SILENCE)
        found += [t for event in told if isinstance(event, VoiceStarted)]
    return found


def under_noise(
    name: str, noise: Samples, prompts: Sequence[Samples], level_db: float | None, config: HearingConfig, codec: Codec
) -> Noise:
    """A caller who is silent in this noise, while prompts are played; no echo. `level_db` None: as recorded."""
    near = noise if level_db is None else at_mean_level(noise, level_db)
    seconds = len(near) / RATE
    found = starts(near, prompt_of(prompts, seconds), config, codec)
    return Noise(name, seconds / 60, len(found))


def under_echo(
    prompts: Sequence[Samples], config: HearingConfig, codec: Codec, seconds: float = 12.0
) -> Iterator[Noise]:
    """The line's own echo at every delay and loss, in the slight noise of a line."""
    random = np.random.default_rng(1)
    for n, (delay, loss) in enumerate(product(DELAYS_MS, LOSSES_DB)):
        far = prompt_of(prompts, seconds, n)
        near = echo_of(far, delay, loss) + random.normal(0, 3e-4, len(far)).astype(np.float32)
        yield Noise(f"echo {delay} ms {loss} dB", seconds / 60, len(starts(near, far, config, codec)))


def onset(clean: Samples, below_db: float = ONSET_DB) -> int:
    """Sample where the voice begins: first of three blocks of 10 ms that come near the active level."""
    level = active_level_db(clean)
    blocks = clean[: len(clean) // 80 * 80].reshape(-1, 80).astype(np.float64)
    loud = 10 * np.log10((blocks**2).mean(axis=1) + 1e-12) > level - below_db
    for n in range(len(loud) - 2):
        if loud[n : n + 3].all():
            return n * 80
    return 0


def interruption(
    name: str,
    voice: Samples,
    far: Samples,
    near_noise: Samples,
    condition: str,
    config: HearingConfig,
    codec: Codec,
) -> Interruption:
    """`voice` after LEAD_IN_S of what `near_noise` holds (echo, noise), while `far` is played."""
    begin = round(LEAD_IN_S * RATE)
    near = near_noise.copy()
    near[begin : begin + len(voice)] += voice[: len(near) - begin]
    speaks, first = begin + onset(voice), begin + onset(voice, FIRST_SOUND_DB)
    found = [t for t in starts(near, far, config, codec) if (t + 1) * 160 > first]
    if not found:
        return Interruption(name, condition, False)
    paused = (found[0] + 1) * 20
    return Interruption(name, condition, True, paused - speaks / 8, paused - first / 8)


def interruptions(
    voices: Iterable[tuple[str, Samples]],
    prompts: Sequence[Samples],
    noises: Sequence[tuple[str, Samples]],
    snrs: Sequence[float],
    level_db: float,
    config: HearingConfig,
    codec: Codec,
    seed: int = 1,
) -> Iterator[Interruption]:
    """Each caller on a quiet line, over the line's echo, and in one of the noises at each distance."""
    random = np.random.default_rng(seed)
    places = list(product(DELAYS_MS, LOSSES_DB))
    for n, (name, recorded) in enumerate(voices):
        voice = at_level(recorded, level_db)
        length = round((LEAD_IN_S + 0.5) * RATE) + len(voice)
        far = prompt_of(prompts, length / RATE, n)[:length]
        length = len(far)
        quiet = random.normal(0, 3e-4, length).astype(np.float32)
        yield interruption(name, voice, far, quiet, "quiet line", config, codec)
        delay, loss = places[n % len(places)]
        yield interruption(name, voice, far, quiet + echo_of(far, delay, loss), "over echo", config, codec)
        for snr in snrs:
            noise = noises[n % len(noises)][1]
            whole = np.zeros(length, dtype=np.float32)
            begin = round(LEAD_IN_S * RATE)
            whole[begin : begin + len(voice)] = voice[: length - begin]
            noisy = with_noise(whole, noise, snr, random) - whole
            yield interruption(name, voice, far, noisy, f"noise {snr:g} dB", config, codec)
