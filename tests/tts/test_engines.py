"""The contract that every engine keeps, with the real engines."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from ivr import models
from ivr.ports import Synthesizer
from ivr.tts import NotForMe, SynthesisError
from ivr.tts.engines import ENGINES, EngineParts, by_language
from ivr.tts.espeak import Espeak
from ivr.tts.piper import Piper
from ivr.tts.rest import RestVoice
from ivr.tts.shape import active_level_db, from_pcm
from tests.tts.voice_server import VoiceServer

SOUNDS = Path(__file__).parents[2] / "sounds"
SENTENCES = {"en": "I heard four five six seven. Is that right?", "ko": "사 오 육 칠"}


@pytest.fixture(scope="module", params=list(ENGINES))
def engine(request: pytest.FixtureRequest) -> Synthesizer:
    name: str = request.param
    if name == "piper" and models.path("piper-joe-en") is None:
        pytest.skip("Piper's voice is not installed")
    if name == "espeak" and shutil.which("espeak-ng") is None:
        pytest.skip("espeak-ng is not installed")
    rest = RestVoice()
    if name == "rest":
        if shutil.which("espeak-ng") is None:
            pytest.skip("espeak-ng is not installed")
        rest = RestVoice(request.getfixturevalue("voice_server").url + "/v1", key="k", timeout_s=10.0)
    return ENGINES[name](EngineParts(SOUNDS, lambda: models.path("piper-joe-en"), rest, ["en", "ko"]))


@pytest.fixture(scope="module")
def voice_server() -> Iterator[VoiceServer]:
    server = VoiceServer()
    yield server
    server.stop()


def test_a_sentence_is_spoken_at_the_common_level(engine: Synthesizer) -> None:
    for language in engine.languages:
        sound = from_pcm(engine.synthesize(SENTENCES[language], language))
        assert 1.0 < len(sound) / 8000 < 6.0
        assert active_level_db(sound) == pytest.approx(-20, abs=1.5)
        assert abs(sound).max() < 0.95


def test_what_it_cannot_speak_is_said(engine: Synthesizer) -> None:
    with pytest.raises(NotForMe):
        engine.synthesize("Bonjour.", "fr")
    with pytest.raises(SynthesisError):
        engine.synthesize("...", engine.languages[0])


@pytest.mark.parametrize(
    "text", ["a; rm -rf /", "--help", "[[h@loU]]", "<speak>one</speak>", "naïve 😀 text\0", "x" * 300]
)
def test_hostile_text_is_only_text(engine: Synthesizer, text: str) -> None:
    try:
        pcm = engine.synthesize(text, "en")
    except SynthesisError:
        return
    assert 0 < len(pcm) < 16000 * 60
    assert len(pcm) % 2 == 0


def test_rate_makes_it_longer() -> None:
    if shutil.which("espeak-ng") is None:
        pytest.skip("espeak-ng is not installed")
    slow, fast = (len(Espeak().synthesize(SENTENCES["en"], "en", rate=r)) for r in (0.7, 1.4))
    assert slow > 1.4 * fast


def test_what_is_not_installed_says_so(tmp_path: Path) -> None:
    with pytest.raises(SynthesisError, match="not installed"):
        Piper(lambda: None).synthesize("Hello.", "en")
    with pytest.raises(SynthesisError, match="not installed"):
        Espeak("no-such-program").synthesize("Hello.", "en")
    (tmp_path / "voice.onnx").write_bytes(b"not a model")
    (tmp_path / "voice.onnx.json").write_text("{}")
    with pytest.raises(SynthesisError, match="cannot be loaded"):
        Piper(lambda: tmp_path).load()


def test_the_table_of_the_settings_is_checked() -> None:
    table = by_language({"en": ["recorded", "piper", "espeak"], "ko": ["recorded", "espeak"]}, SOUNDS, lambda: None)
    assert [e.name for e in table["en"]] == ["recorded", "piper", "espeak"]
    assert table["ko"][1] is table["en"][2]
    with pytest.raises(ValueError, match="festival"):
        by_language({"en": ["festival"]}, SOUNDS, lambda: None)
