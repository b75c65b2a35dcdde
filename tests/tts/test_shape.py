"""What comes out of an engine has one rate, one level and no silence around it."""

import wave
from pathlib import Path

import numpy as np
import pytest

from ivr.tts import SynthesisError
from ivr.tts.shape import active_level_db, finish, from_pcm, read_wav, trim


def tone(seconds: float, rate: int, level: float = 0.1) -> np.ndarray:
    return (level * np.sin(2 * np.pi * 440 * np.arange(int(seconds * rate)) / rate)).astype(np.float32)


@pytest.mark.parametrize("level", [0.001, 0.05, 0.9])
def test_any_level_becomes_the_common_one(level: float) -> None:
    sound = from_pcm(finish(tone(1.0, 22050, level), 22050))
    assert active_level_db(sound) == pytest.approx(-20, abs=0.3)
    assert len(sound) == pytest.approx(8000, abs=200)


def test_peaks_stay_below_full_scale() -> None:
    clicks = tone(1.0, 8000, 0.01)
    clicks[::400] = 1.0
    assert np.abs(from_pcm(finish(clicks, 8000))).max() <= 0.9


def test_silence_around_speech_goes_but_for_60_ms() -> None:
    padded = np.concatenate([np.zeros(8000, np.float32), tone(0.5, 8000), np.zeros(16000, np.float32)])
    assert len(trim(padded)) == pytest.approx(4000 + 2 * 480, abs=320)


def test_silence_is_no_prompt() -> None:
    with pytest.raises(SynthesisError):
        finish(np.zeros(8000, np.float32), 8000)


@pytest.mark.parametrize(("width", "channels"), [(1, 1), (2, 1), (2, 2), (3, 1), (4, 2)])
def test_wav_files_of_all_widths_are_read(tmp_path: Path, width: int, channels: int) -> None:
    samples = tone(0.1, 16000, 0.5)
    whole = np.repeat(samples, channels)
    scaled = (whole * (2 ** (8 * width - 1) - 1)).astype(np.int64) + (128 if width == 1 else 0)
    data = b"".join(int(v).to_bytes(width, "little", signed=width > 1) for v in scaled)
    with wave.open(str(tmp_path / "a.wav"), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(width)
        file.setframerate(16000)
        file.writeframes(data)
    read, rate = read_wav(tmp_path / "a.wav")
    assert rate == 16000
    assert np.abs(read - samples).max() < 0.02


@pytest.mark.parametrize("content", [b"", b"RIFF", b"not a sound at all" * 10])
def test_a_file_that_is_no_wav_is_said_so(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "bad.wav").write_bytes(content)
    with pytest.raises(SynthesisError, match=r"bad\.wav"):
        read_wav(tmp_path / "bad.wav")
