"""Every detector by one contract: silence is no speech, speech is; frames in, a probability out."""

import shutil

import pytest

from ivr import models
from ivr.audio.frames import SILENCE, split
from ivr.hearing import DETECTORS, LEAST_START, choose
from ivr.ports import SpeechDetector
from ivr.tts.espeak import Espeak


@pytest.fixture(params=sorted(DETECTORS))
def detector(request: pytest.FixtureRequest) -> SpeechDetector:
    if request.param == "silero" and models.path("silero-vad") is None:
        pytest.skip("silero-vad is not installed (make setup)")
    return choose(request.param)()


def test_silence_is_no_speech(detector: SpeechDetector) -> None:
    assert isinstance(detector, SpeechDetector)
    assert max(detector.voiced(SILENCE, SILENCE) for _ in range(50)) < 0.35


@pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="espeak-ng is not installed")
def test_speech_is(detector: SpeechDetector) -> None:
    told = [detector.voiced(frame, SILENCE) for frame in split(Espeak().synthesize("Where is my order?", "en"))]
    assert all(0.0 <= value <= 1.0 for value in told)
    assert sum(value >= 0.5 for value in told) > len(told) / 3


def test_each_has_a_least_start_and_unknown_names_are_told() -> None:
    assert set(LEAST_START) == set(DETECTORS)
    with pytest.raises(ValueError, match="webrtcvad, silero"):
        choose("ear")
