"""µ-law against the figures of ITU-T G.711."""

import numpy as np

from ivr.audio import g711
from ivr.audio.frames import SILENCE


def test_every_code_comes_back() -> None:
    codes = bytes(range(256))
    back = g711.encode(g711.decode(codes))
    differs = [n for n in range(256) if back[n] != codes[n]]
    assert len(differs) == 1, "0x7f and 0xff are both nothing"
    assert {back[n] for n in differs} <= {0x7F, 0xFF}


def test_figures_of_the_recommendation() -> None:
    values = g711.mulaw_values()
    assert (values[0x80], values[0x00], values[0xFF]) == (32124, -32124, 0)  # ±8031 of 14 bits
    assert set(np.frombuffer(g711.decode(g711.encode(SILENCE)), np.int16)) == {0}


def test_a_sine_keeps_36_db_of_itself() -> None:
    sine = (10_000 * np.sin(np.arange(8000) * 0.7)).astype(np.int16)
    back = np.frombuffer(g711.decode(g711.encode(sine.tobytes())), np.int16)
    noise = (back.astype(np.float64) - sine).var()
    assert 10 * np.log10(sine.astype(np.float64).var() / noise) > 36
