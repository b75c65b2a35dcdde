"""How a caller sounds: a changed voice is told from the usual one, after the turn, off the way of what was heard."""

import json
import shutil
import threading
import wave
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from ivr.asr.emotion import Emotions, measured
from ivr.asr.server import RecognizerServer
from ivr.commands.eval_emotion import emotion
from ivr.events import EmotionHeard, Heard
from ivr.insight import emotion_eval
from ivr.tts.espeak import Espeak
from ivr.wire.messages import StreamEnd
from ivr.wire.rings import FRAME_BYTES
from tests.asr.test_server import CountingEngine, Media

pytestmark = pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="espeak-ng is not installed")
TEXT = "I have been waiting for my order since last week and nobody tells me where it is."


@pytest.fixture(scope="module")
def usual() -> bytes:
    return Espeak().synthesize(TEXT, "en")


@pytest.fixture(scope="module")
def raised(usual: bytes) -> bytes:
    """6 dB louder, 3 semitones higher, a fifth faster."""
    samples = np.frombuffer(usual, dtype="<i2").astype(np.float64) / 32768
    return emotion_eval._pcm(emotion_eval._raised(samples, "clearly"))


def test_a_raised_voice_sounds_frustrated_and_the_same_voice_calm(usual: bytes, raised: bytes) -> None:
    emotions = Emotions()
    emotions.heard("a", usual)
    same, other = emotions.heard("a", usual), emotions.heard("a", raised)
    assert same is not None
    assert other is not None
    assert same.calm > 0.5 > same.frustrated
    assert other.frustrated > 0.5 > other.calm


def test_calls_are_not_compared_with_each_other(usual: bytes, raised: bytes) -> None:
    emotions, alone = Emotions(), Emotions()
    emotions.heard("a", usual)
    assert emotions.heard("b", raised) == alone.heard("b", raised)


@pytest.mark.parametrize("samples", [0, 100, 8000])
def test_where_there_is_no_voice_nothing_is_told(samples: int) -> None:
    noise = np.random.default_rng(1).normal(0, 2000, samples).astype("<i2").tobytes()
    assert measured(bytes(2 * samples)) is None
    assert measured(noise) is None
    assert measured(b"\xff\x7f" * samples) is None or samples == 8000


@pytest.fixture
def media(tmp_path: Path) -> Iterator[Media]:
    media = Media(tmp_path)
    yield media
    media.close()


@pytest.mark.parametrize("on", [True, False])
def test_it_is_told_after_what_was_heard_and_only_when_wanted(media: Media, usual: bytes, on: bool) -> None:
    run = media.folder / "run"
    server = RecognizerServer(
        {"en": [CountingEngine()]}, run / "recognizer-0.sock", run / "rings", media.folder / "grammars",
        emotions=Emotions() if on else None,
    )  # fmt: skip
    running = True
    thread = threading.Thread(target=lambda: server.run(lambda: running, 0.05))
    thread.start()
    try:
        media.until(lambda: media.came)
        frames = [usual[n : n + FRAME_BYTES] for n in range(0, len(usual) - FRAME_BYTES, FRAME_BYTES)]
        for id in (1, 2):
            begin = media.writers[0].written
            for frame in frames:
                media.writers[0].write(frame)
            media.start(id, 0, from_t=begin)
            media.link.send(StreamEnd(call="c0", id=id, until_t=begin + len(frames)))
            media.until(lambda id=id: len(media.answers(EmotionHeard if on else Heard)) == id)  # type: ignore[misc]
        kinds = [type(message) for message in media.came[1:]]
        assert kinds == ([Heard, EmotionHeard] * 2 if on else [Heard] * 2)
        if on:
            last = media.answers(EmotionHeard)[-1]
            assert (last.call, last.turn, last.emotion) == ("c0", 7, "calm")
            assert last.calm == last.confidence > 0.5 > last.frustrated
    finally:
        running = False
        thread.join(10)
        server.close()


def test_the_command_measures_on_labels_and_on_changed_turns(
    tmp_path: Path, usual: bytes, raised: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, pcm in (("a-1", usual), ("a-2", usual), ("a-3", raised)):
        with wave.open(str(tmp_path / f"{name}.wav"), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(8000)
            file.writeframes(pcm)
    with pytest.raises(SystemExit):
        emotion(tmp_path)
    (tmp_path / "labels.csv").write_text("file,label,caller\na-1.wav,calm,a\na-2.wav,calm,a\na-3.wav,angry,a\n")
    capsys.readouterr()
    emotion(tmp_path)
    told = json.loads(capsys.readouterr().out)
    assert (told["turns"], told["false_frustrated"], told["frustrated"]["found"]) == (2, 0.0, 1.0)
    emotion(tmp_path, made=True)
    assert json.loads(capsys.readouterr().out)["clearly"]["found"] == 1.0
