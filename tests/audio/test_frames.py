"""Levels and frames."""

import pytest

from ivr.audio.frames import FLOOR_DB, FRAME_BYTES, SILENCE, frames_of_ms, level_db, power, split
from tests.audio.sounds import pcm, sine


def test_level_of_a_sine_of_full_scale_is_minus_three() -> None:
    assert level_db(power(pcm(sine(0.02, 1000, level_db=-3.01)))) == pytest.approx(-3.01, abs=0.1)


def test_silence_and_a_constant_offset_have_no_level() -> None:
    assert level_db(power(SILENCE)) == FLOOR_DB
    assert level_db(power(b"\x00\x10" * 160)) == FLOOR_DB


def test_split_fills_the_last_frame() -> None:
    frames = split(bytes([1]) * (FRAME_BYTES + 2))
    assert [len(frame) for frame in frames] == [FRAME_BYTES, FRAME_BYTES]
    assert frames[1] == b"\x01\x01" + SILENCE[2:]
    assert split(b"") == []


def test_milliseconds_are_at_least_one_frame() -> None:
    assert [frames_of_ms(ms) for ms in (5, 20, 50, 200)] == [1, 1, 2, 10]
