"""Where a voice begins, for the delay of an interruption."""

import numpy as np
import pytest

from ivr.insight.bargein_eval import FIRST_SOUND_DB, onset


def sound(*parts: tuple[float, float]) -> np.ndarray:
    """(seconds, level in dBFS) one after the other."""
    random = np.random.default_rng(1)
    return np.concatenate([random.normal(0, 10 ** (db / 20), int(s * 8000)) for s, db in parts]).astype(np.float32)


def test_the_room_and_a_breath_are_a_first_sound_and_no_voice() -> None:
    clean = sound((0.4, -70.0), (0.5, -42.0), (2.0, -20.0))
    assert onset(clean) / 8000 == pytest.approx(0.9, abs=0.02)
    assert onset(clean, FIRST_SOUND_DB) / 8000 == pytest.approx(0.4, abs=0.02)


def test_a_voice_that_begins_softly_begins_there() -> None:
    clean = sound((0.4, -70.0), (0.2, -30.0), (2.0, -20.0))
    assert onset(clean) / 8000 == pytest.approx(0.4, abs=0.02)
