import numpy as np
import pytest

from ivr.asr.denoise import CLEAN_DB, denoised
from ivr.asr.sound import voicing
from ivr.insight.channel import with_noise


def voice(seconds: float = 3.0) -> np.ndarray:
    """Vowels of 0.3 s at 120 Hz with pauses."""
    t = np.arange(int(seconds * 8000)) / 8000
    tone = sum(np.sin(2 * np.pi * 120 * k * t) / k for k in range(1, 20))
    return (0.1 * tone * ((t % 0.6) < 0.3)).astype(np.float32)


def residue(clean: np.ndarray, heard: np.ndarray) -> float:
    """dB of what is not the speech, below the speech."""
    scale = float((clean * heard).sum() / (clean * clean).sum())
    return float(10 * np.log10((clean**2).mean() / ((heard / scale - clean) ** 2).mean()))


@pytest.mark.parametrize("snr", [3.0, 9.0])
def test_steady_noise_goes_and_speech_stays(snr: float) -> None:
    random = np.random.default_rng(1)
    clean = voice()
    noisy = with_noise(clean, random.normal(0, 1, 60_000).astype(np.float32), snr, random)
    out = denoised(noisy, voicing(noisy)[1])
    assert len(out) == len(noisy)
    assert residue(clean, out) > residue(clean, noisy) + 2.5
    pauses = (np.arange(len(clean)) / 8000 % 0.6) > 0.4
    assert (out[pauses] ** 2).mean() < 0.3 * (noisy[pauses] ** 2).mean()


def test_clean_sound_is_left_alone() -> None:
    clean = voice()
    assert denoised(clean, CLEAN_DB + 1) is clean


@pytest.mark.parametrize("length", [0, 10, 256, 257, 8000, 8063])
def test_any_length_and_silence(length: int) -> None:
    out = denoised(np.zeros(length, np.float32), 0.0)
    assert len(out) == length
    assert not out.any()


def test_without_noise_the_frames_join_to_what_they_were() -> None:
    """Nothing is quiet in a band of this sound, and the gain is 1 where the noise is little."""
    t = np.arange(16_000) / 8000
    sound = (np.sin(2 * np.pi * 700 * t) * (np.arange(16_000) > 8000)).astype(np.float32)
    out = denoised(sound, 0.0)
    assert np.abs(out[8600:15800] - sound[8600:15800]).max() < 0.02
