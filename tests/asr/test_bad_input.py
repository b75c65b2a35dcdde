"""What is no answer, and models whose files are not what they should be."""

from pathlib import Path

import numpy as np
import pytest

from ivr.asr.engines import EngineOptions, load_engines
from tests.asr.conftest import model, phrases, spoken

RATE = 8000
GRAMMAR = phrases("opening hours", "where is my order", "yes", "no", "speak to an agent", "cancel my order")


def music(seconds: float, level_db: float, seed: int) -> bytes:
    """Chords of plucked strings, four a second, over a bass: nothing that anybody says."""
    chance = np.random.default_rng(seed)
    t = np.arange(int(seconds * RATE)) / RATE
    sound = np.zeros(len(t))
    for beat in np.arange(0, seconds, 0.25):
        since = np.clip(t - beat, 0, None)
        decay = np.where(t >= beat, np.exp(-6 * since), 0)
        for note in chance.choice([220, 262, 330, 392, 440, 523, 659], 3, replace=False):
            sound += decay * sum(np.sin(2 * np.pi * note * k * since) / k for k in range(1, 5))
        sound += 1.5 * decay * np.sin(2 * np.pi * 110 * since)
    sound *= 32768 * 10 ** (level_db / 20) / np.sqrt((sound**2).mean())
    return sound.clip(-32768, 32767).astype("<i2").tobytes()


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_music_is_no_answer_to_be_believed(seed: int) -> None:
    loaded = load_engines({"en": ["moonshine"]}, model, EngineOptions())
    stream = loaded["en"][0].start("en", GRAMMAR)
    stream.audio(music(2.0, -22, seed))
    result = stream.end()
    assert not result.hypotheses or not result.in_grammar or result.hypotheses[0].confidence < 0.45


def test_a_model_with_wrong_files_is_left_out_and_the_others_serve(tmp_path: Path) -> None:
    """Files of the right names and sizes, with nonsense inside: as after a disk's fault behind the checksums' back."""
    good = model("moonshine-tiny-en")
    bad = tmp_path / "moonshine"
    bad.mkdir()
    chance = np.random.default_rng(1)
    for file in good.iterdir():
        (bad / file.name).write_bytes(chance.bytes(min(file.stat().st_size, 100_000)))
    korean = tmp_path / "vosk"
    for file in model("vosk-ko").rglob("*"):
        if file.is_file():
            damaged = korean / file.relative_to(model("vosk-ko"))
            damaged.parent.mkdir(parents=True, exist_ok=True)
            damaged.write_bytes(chance.bytes(min(file.stat().st_size, 10_000)))
    found = {"moonshine-tiny-en": bad, "vosk-ko": korean}
    assert load_engines({"en": ["moonshine"], "ko": ["vosk"]}, found.get, EngineOptions()) == {}
    found["moonshine-tiny-en"] = good
    loaded = load_engines({"en": ["moonshine"], "ko": ["vosk"]}, found.get, EngineOptions())
    assert list(loaded) == ["en"]
    stream = loaded["en"][0].start("en", GRAMMAR)
    stream.audio(spoken("speak to an agent"))
    assert stream.end().hypotheses[0].text == "speak to an agent"
