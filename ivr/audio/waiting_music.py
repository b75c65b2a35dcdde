"""What callers hear while they wait when the flow brings no recording: slow chords of soft tones, made here, nobody's
copyright."""

from functools import cache

import numpy as np

RATE = 8000
CHORDS = ((220.0, 277.18, 329.63), (196.0, 246.94, 293.66), (174.61, 220.0, 261.63), (196.0, 246.94, 329.63))
"""Hertz: A, G, F, C over G; each STEP_S long, its notes one after the other, each fading."""
STEP_S = 2.4
LEVEL = 1800
"""Peak of one note, of 32,768: about -27 dBFS each, below speech."""


@cache
def waiting_music() -> bytes:
    """8 kHz mono PCM16, 9.6 s, to be played in a circle: the end fades into the beginning."""
    length = int(len(CHORDS) * STEP_S * RATE)
    sound = np.zeros(length)
    for number, chord in enumerate(CHORDS):
        for place, hertz in enumerate((*chord, 2 * chord[0])):
            begin = int((number + place / 4) * STEP_S * RATE)
            t = np.arange(int(STEP_S * RATE)) / RATE
            rise = np.minimum(t / 0.03, 1.0)
            note = (
                LEVEL * rise * np.exp(-1.6 * t) * (np.sin(2 * np.pi * hertz * t) + 0.3 * np.sin(4 * np.pi * hertz * t))
            )
            note *= np.minimum((STEP_S - t) / 0.05, 1.0)
            at = (begin + np.arange(len(t))) % length
            sound[at] += note
    return bytes(np.clip(np.rint(sound), -32768, 32767).astype("<i2").tobytes())
