"""Key tones in the sound: what Q.24 asks to accept and to refuse."""

import numpy as np
import pytest

from ivr.audio.frames import split
from ivr.audio.inband_keys import HIGH, KEYS, LOW, KeyTones
from tests.audio.sounds import Sound, babble, noise, pcm, sine

ALL = [(KEYS[row][column], LOW[row], HIGH[column]) for row in range(4) for column in range(4)]


def heard(x: Sound) -> str:
    tones = KeyTones()
    return "".join(tones.frame(frame) for frame in split(pcm(x)))


def key(low: float, high: float, seconds: float = 0.08, level_db: float = -16.0) -> Sound:
    return sine(seconds, low, high, level_db=level_db)


def gap(seconds: float = 0.06) -> Sound:
    return np.zeros(round(seconds * 8000))


def test_every_key_once() -> None:
    row = np.concatenate([piece for _, low, high in ALL for piece in (key(low, high), gap())])
    assert heard(row) == "".join(name for name, _, _ in ALL)


@pytest.mark.parametrize("offset", range(0, 160, 23))
def test_forty_milliseconds_are_enough_wherever_frames_begin(offset: int) -> None:
    assert heard(np.concatenate((np.zeros(offset), key(770, 1336, 0.045), gap(0.1)))) == "5"


@pytest.mark.parametrize("off", [0.985, 1.015])
def test_frequencies_may_be_a_little_off(off: float) -> None:
    assert heard(np.concatenate((key(852 * off, 1477 * off), gap()))) == "9"


def test_the_same_key_twice_and_a_long_press_once() -> None:
    assert heard(np.concatenate((key(697, 1209), gap(), key(697, 1209), gap()))) == "11"
    assert heard(key(697, 1209, 2.0)) == "1"


def test_twist_up_to_eight_decibels_in_noise() -> None:
    low, high = sine(0.1, 941, level_db=-16), sine(0.1, 1336, level_db=-24)
    assert heard(np.concatenate((low + high + noise(0.1, -36), gap()))) == "0"


@pytest.mark.parametrize(
    "x",
    [
        sine(0.5, 697, level_db=-10),
        sine(0.5, 350, 440, level_db=-13),
        key(697, 1209, 0.02),
        key(697, 1209, 0.5, level_db=-50),
        noise(5, -20),
        sine(0.3, 697, 770, 1209, level_db=-10),
    ],
    ids=["one tone", "dial tone", "too short", "too quiet", "noise", "three tones"],
)
def test_what_is_no_key(x: Sound) -> None:
    assert heard(np.concatenate((gap(), x, gap()))) == ""


def test_talk_is_no_key() -> None:
    assert heard(babble(40, -18)) == ""


def test_tone_is_told_for_frames_that_hold_it() -> None:
    tones = KeyTones()
    told = []
    for frame in split(pcm(np.concatenate((gap(0.1), key(697, 1209, 0.1), gap(0.2))))):
        tones.frame(frame)
        told.append(tones.tone)
    assert told[:5] == [False] * 5
    assert sum(told) >= 5
    assert told[-3:] == [False] * 3
