"""A recording that somebody uploads for a prompt: looked at, brought to what a call plays."""

import io
import wave

import soundfile

from ivr.tts import SynthesisError
from ivr.tts.shape import RATE, level, resample, to_pcm

LARGEST = 20_000_000
"""Bytes."""
SHORTEST_S, LONGEST_S = 0.1, 120.0


class NotASound(Exception):
    """It cannot be a prompt; the text tells why and the mend."""


def as_prompt(data: bytes) -> bytes:
    """A WAV file of 8 kHz mono PCM16 at the common level, made of an uploaded WAV or FLAC. Raises NotASound."""
    if len(data) > LARGEST:
        raise NotASound(f"the file has {len(data) / 1e6:.0f} MB; take one under {LARGEST / 1e6:.0f} MB")
    try:
        with soundfile.SoundFile(io.BytesIO(data)) as file:
            seconds = file.frames / file.samplerate
            if file.format not in ("WAV", "WAVEX", "FLAC"):
                raise NotASound(f"the file is {file.format}; save it as WAV or FLAC")
            if not SHORTEST_S <= seconds <= LONGEST_S:
                raise NotASound(f"the sound lasts {seconds:.1f} s; a prompt lasts {SHORTEST_S} to {LONGEST_S:.0f} s")
            if file.channels > 8 or not 8000 <= file.samplerate <= 192_000:
                raise NotASound("save it with 8000 to 192000 samples a second, one or two channels")
            samples, rate = file.read(dtype="float32", always_2d=True), file.samplerate
    except (soundfile.LibsndfileError, RuntimeError, ZeroDivisionError):
        raise NotASound("this is no sound file; save it as WAV or FLAC") from None
    mono = samples.mean(axis=1, dtype="float32")
    if not mono.size or float(abs(mono).max()) < 1e-3:
        raise NotASound("the sound is silent; was the microphone off?")
    try:
        pcm = to_pcm(level(resample(mono, rate)))
    except SynthesisError as error:
        raise NotASound(str(error)) from None
    return wav(pcm)


def wav(pcm: bytes) -> bytes:
    """8 kHz mono PCM16 as a WAV file."""
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(pcm)
    return out.getvalue()
