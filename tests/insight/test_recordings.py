import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from ivr.insight.recordings import RecordingsError, find, load


def tone(path: Path, rate: int = 8000, seconds: float = 0.5, channels: int = 1, **options: str) -> None:
    t = np.arange(int(rate * seconds)) / rate
    wave = 0.5 * np.sin(2 * np.pi * 440 * t)
    soundfile.write(path, np.stack([wave] * channels, axis=1), rate, **options)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("a.wav", {}),
        ("a.wav", {"subtype": "ULAW"}),
        ("a.flac", {}),
        ("a.sph", {"format": "NIST", "subtype": "PCM_16"}),
        ("a.ogg", {}),
    ],
)
@pytest.mark.parametrize("rate", [8000, 16000, 44100])
def test_any_format_and_rate_becomes_8_khz(tmp_path: Path, name: str, options: dict[str, Any], rate: int) -> None:
    tone(tmp_path / name, rate, **options)
    samples = load(tmp_path / name)
    assert abs(len(samples) - 4000) <= 2
    middle = samples[1000:3000]
    assert abs(np.sqrt((middle**2).mean()) - 0.5 / np.sqrt(2)) < 0.03
    spectrum = np.abs(np.fft.rfft(middle * np.hanning(len(middle))))
    assert abs(np.argmax(spectrum) * 8000 / len(middle) - 440) < 5


def test_raw_is_8_khz_pcm_and_stereo_is_mixed(tmp_path: Path) -> None:
    (tmp_path / "a.raw").write_bytes(np.array([0, 16384, -16384], "<i2").tobytes())
    assert load(tmp_path / "a.raw").tolist() == [0.0, 0.5, -0.5]
    tone(tmp_path / "b.wav", channels=2)
    assert load(tmp_path / "b.wav").shape == (4000,)


def test_what_is_no_audio_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_text("hello")
    with pytest.raises(RecordingsError, match=r"a\.wav: not audio"):
        load(tmp_path / "a.wav")
    with pytest.raises(RecordingsError, match="is no folder"):
        find(tmp_path / "nothing")
    (tmp_path / "empty").mkdir()
    with pytest.raises(RecordingsError, match="holds no audio"):
        find(tmp_path / "empty")


def test_labels_with_intent_and_slots(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    for name in ("a.wav", "deep/b.wav", "c.wav"):
        tone(tmp_path / name)
    labels = {
        "a.wav": {"intent": "order", "slots": {"size": " big  one "}},
        "deep/b.wav": {"intent": "stop", "slots": {}, "text": "Stop it"},
    }
    (tmp_path / "labels.json").write_text(json.dumps(labels))
    a, c, b = find(tmp_path)
    assert (a.intent, a.slots, a.words) == ("order", {"size": "big one"}, None)
    assert (b.intent, b.words) == ("stop", "stop it")
    assert not c.labelled
    other = tmp_path / "other.json"
    other.write_text(json.dumps({"c.wav": "hello there"}))
    assert [r.words for r in find(tmp_path, other)] == [None, "hello there", None]
    other.write_text("[]")
    with pytest.raises(RecordingsError, match="expected file -> label"):
        find(tmp_path, other)


def test_transcripts_of_sphinx_plain_lines_and_beside(tmp_path: Path) -> None:
    for name in ("an101-mrcb-b.wav", "x.wav", "fv01_t01_s02.wav", "3_jackson_7.wav"):
        tone(tmp_path / name)
    (tmp_path / "transcripts.txt").write_text("<s> R E W Y EIGHT </s> (an101-mrcb-b)\nx some words\n")
    (tmp_path / "fv01_t01_s02.txt").write_text("기차도 없었다\n")
    found = {r.name: r for r in find(tmp_path)}
    assert found["an101-mrcb-b"].words == "r e w y eight"
    assert found["x"].words == "some words"
    assert found["fv01_t01_s02"].words == "기차도 없었다"
    assert found["3_jackson_7"].words == "three"
    speakers = {name: r.speaker for name, r in found.items()}
    assert speakers == {"an101-mrcb-b": "mrcb", "x": "", "fv01_t01_s02": "fv01", "3_jackson_7": "jackson"}
