"""Recordings joined: which files, in which take, with which gaps."""

import wave
from pathlib import Path

import numpy as np
import pytest

from ivr.tts import NotForMe, SynthesisError
from ivr.tts.recorded import Recorded, own_recording
from ivr.tts.shape import active_level_db, from_pcm

SOUNDS = Path(__file__).parents[2] / "sounds"


def write_wav(path: Path, seconds: float, pitch: float = 300, level: float = 0.2) -> None:
    samples = level * np.sin(2 * np.pi * pitch * np.arange(int(seconds * 8000)) / 8000)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes((samples * 32767).astype("<i2").tobytes())


@pytest.fixture
def sounds(tmp_path: Path) -> Path:
    folder = tmp_path / "en"
    folder.mkdir()
    words = {w: {"mid": f"{w}.mid.wav", "end": f"{w}.wav"} for w in ["four", "five", "twenty", "one", "hundred"]}
    phrases = {"I heard": "heard.wav", "Is that right?": "right.wav", "I heard four": "heard-four.wav"}
    for number, file in enumerate([f for w in words.values() for f in w.values()] + list(phrases.values())):
        write_wav(folder / file, 0.3, 200 + 40 * number, 0.02 * (number + 1))
    lines = [f"  {w}: {{mid: {f['mid']}, end: {f['end']}}}" for w, f in words.items()]
    lines = ["words:", *lines, "phrases:", *[f"  {t}: {f}" for t, f in phrases.items()]]
    (folder / "index.yaml").write_text("\n".join(lines))
    return tmp_path


def files(recorded: Recorded, text: str, language: str = "en") -> list[str]:
    return [piece.file for piece in recorded.plan(text, language)]


def test_words_have_the_take_of_their_place(sounds: Path) -> None:
    plan = Recorded(sounds).plan("I heard five, four five. Is that right?", "en")
    assert [p.file for p in plan] == ["heard.wav", "five.wav", "four.mid.wav", "five.wav", "right.wav"]
    gaps = [p.gap_s for p in plan]
    assert gaps[0] == gaps[2] < gaps[1] < gaps[3]


def test_the_fewest_pieces_win(sounds: Path) -> None:
    assert files(Recorded(sounds), "i heard four five") == ["heard-four.wav", "five.wav"]


def test_figures_are_read_as_numbers_or_singly(sounds: Path) -> None:
    recorded = Recorded(sounds)
    assert files(recorded, "25") == ["twenty.mid.wav", "five.wav"]
    assert files(recorded, "twenty-five") == ["twenty.mid.wav", "five.wav"]
    assert files(recorded, "45154") == [f"{w}.mid.wav" for w in ["four", "five", "one", "five"]] + ["four.wav"]


@pytest.mark.parametrize("text", ["I heard six.", "", "...", "four apples", "4 €", "아니요"])
def test_only_the_whole_text_is_spoken(sounds: Path, text: str) -> None:
    recorded = Recorded(sounds)
    assert not recorded.covers(text, "en")
    with pytest.raises(NotForMe):
        recorded.synthesize(text, "en")


def test_another_voice_or_speed_is_left_to_others(sounds: Path) -> None:
    recorded = Recorded(sounds)
    assert recorded.covers("four", "en")
    assert not recorded.covers("four", "en", voice="mary")
    assert not recorded.covers("four", "en", rate=0.8)
    assert not recorded.covers("four", "fr")


def test_pieces_are_level_and_as_long_as_their_files_and_gaps(sounds: Path) -> None:
    recorded = Recorded(sounds)
    sound = from_pcm(recorded.synthesize("four five. one", "en"))
    assert len(sound) / 8000 == pytest.approx(0.9 + 0.03 + 0.4, abs=0.05)
    first, last = sound[:2000], sound[-2000:]
    assert active_level_db(first) == pytest.approx(active_level_db(last), abs=0.5)


@pytest.mark.parametrize(
    "index",
    ["[]", "words: {four: missing.wav}", "words: {four: ../secret.wav}", "words: {four: {mid: four.wav}}", "a: ["],
)
def test_a_wrong_index_names_its_file(sounds: Path, index: str) -> None:
    (sounds / "secret.wav").write_bytes(b"x")
    (sounds / "en" / "index.yaml").write_text(index)
    with pytest.raises(SynthesisError, match=r"en/index\.yaml"):
        Recorded(sounds).load()


def test_a_new_take_changes_the_version(sounds: Path) -> None:
    recorded = Recorded(sounds)
    before = recorded.version("en")
    write_wav(sounds / "en" / "four.wav", 0.5)
    assert recorded.version("en") != before


def test_the_shipped_english_speaks_digits_numbers_and_dates() -> None:
    recorded = Recorded(SOUNDS)
    assert files(recorded, "I heard four five six seven. Is that right?") == [
        "i-heard.wav", "four.mid.wav", "five.mid.wav", "six.mid.wav", "seven.wav", "is-that-right.wav",
    ]  # fmt: skip
    for text in ["Monday, January the fourth"[:6], "january fourth", "two thousand twenty-seven", "1234", "May 31"]:
        assert recorded.covers(text, "en"), text
    seconds = len(recorded.synthesize("I heard four five six seven. Is that right?", "en")) / 16000
    assert 2.0 < seconds < 5.0


def test_the_shipped_korean_speaks_digits() -> None:
    recorded = Recorded(SOUNDS)
    assert len(recorded.plan("사 오 육 칠", "ko")) == 4
    assert len(from_pcm(recorded.synthesize("공 일 이", "ko"))) > 4000


def test_shipped_recordings_are_small() -> None:
    assert sum(p.stat().st_size for p in SOUNDS.rglob("*.wav")) < 3_000_000


def test_own_recording_keeps_its_length(tmp_path: Path) -> None:
    write_wav(tmp_path / "welcome.wav", 0.7, level=0.01)
    sound = from_pcm(own_recording(tmp_path / "welcome.wav"))
    assert len(sound) == 5600
    assert active_level_db(sound) == pytest.approx(-20, abs=0.5)
    write_wav(tmp_path / "silent.wav", 0.7, level=0.0)
    with pytest.raises(SynthesisError, match="silent"):
        own_recording(tmp_path / "silent.wav")
    for name, content in {"text": b"this is no sound", "cut": b"RIFF\x10\0\0\0WAVE", "empty": b""}.items():
        (tmp_path / f"{name}.wav").write_bytes(content)
        with pytest.raises(SynthesisError, match=name):
            own_recording(tmp_path / f"{name}.wav")
