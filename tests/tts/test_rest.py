"""The voice behind HTTP: what is asked, hostile answers, and what never goes there."""

import asyncio
import io
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile

from ivr.ports import Synthesizer
from ivr.tts import SynthesisError
from ivr.tts.cache import PromptCache
from ivr.tts.espeak import Espeak
from ivr.tts.rest import Rest, RestVoice
from ivr.tts.speaker import Speaker
from ivr.wire.messages import Synthesize
from tests.tts.voice_server import VoiceServer

pytestmark = pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="espeak-ng is not installed")


@pytest.fixture
def server() -> Iterator[VoiceServer]:
    made = VoiceServer()
    yield made
    made.stop()


def wav(samples: "np.ndarray[tuple[int, ...], np.dtype[np.float64]]", rate: int, kind: str = "WAV") -> bytes:
    out = io.BytesIO()
    soundfile.write(out, samples, rate, format=kind)
    return out.getvalue()


def test_both_ways_of_asking(server: VoiceServer) -> None:
    Rest(RestVoice(server.url + "/v1/", key="k", timeout_s=10)).synthesize("Hello there.", "en", rate=1.2)
    Rest(RestVoice(server.url + "/say", "plain", timeout_s=10)).synthesize("Hello & <b>.", "en", "mary")
    (path, headers, asked), (plain_path, _, plain) = server.asked
    assert (path, headers["Authorization"]) == ("/v1/audio/speech", "Bearer k")
    assert asked == {
        "model": "tts-1", "input": "Hello there.", "voice": "alloy", "response_format": "wav", "speed": 1.2,
    }  # fmt: skip
    assert (plain_path, plain) == (
        "/say", {"input": "Hello & <b>.", "language": "en", "voice": "mary", "rate": "1"},
    )  # fmt: skip


NOISE = np.random.default_rng(1).normal(0, 0.1, 16000)
STREAMED = bytearray(wav(NOISE, 16000))
STREAMED[4:8] = STREAMED[40:44] = b"\xff\xff\xff\xff"


def test_a_file_whose_header_was_written_before_its_end_is_read(server: VoiceServer) -> None:
    server.answer = (200, bytes(STREAMED))
    assert len(Rest(RestVoice(server.url)).synthesize("Hello.", "en")) == pytest.approx(16000, abs=400)


@pytest.mark.parametrize(
    "answer",
    [
        (500, b""),
        (302, b""),
        (200, b""),
        (200, b"<html>"),
        (200, wav(NOISE[:0], 16000)),
        (200, wav(NOISE * 0, 16000)),
        (200, wav(NOISE, 4000)),
        (200, wav(NOISE, 16000, "AIFF")),
        (200, bytes(STREAMED)[:30]),
    ],
)
def test_a_bad_answer_is_a_failure(server: VoiceServer, answer: tuple[int, bytes]) -> None:
    server.answer = answer
    with pytest.raises(SynthesisError):
        Rest(RestVoice(server.url)).synthesize("Hello.", "en")


def test_a_slow_or_dead_server_fails_in_time(server: VoiceServer) -> None:
    server.drip_s = 0.05
    started = time.monotonic()
    with pytest.raises(SynthesisError, match="late"):
        Rest(RestVoice(server.url, timeout_s=0.3)).synthesize("Hello.", "en")
    with pytest.raises(SynthesisError, match="ConnectError"):
        Rest(RestVoice("http://127.0.0.1:1")).synthesize("Hello.", "en")
    with pytest.raises(SynthesisError, match="rest_url"):
        Rest(RestVoice()).synthesize("Hello.", "en")
    assert time.monotonic() - started < 5


def test_what_is_sensitive_is_spoken_here(server: VoiceServer, tmp_path: Path) -> None:
    engines: list[Synthesizer] = [Rest(RestVoice(server.url, timeout_s=10)), Espeak()]
    long = "Your code is four five six seven, and I will say it again for you, slowly: four five six seven. " * 3

    async def run() -> list[list[str]]:
        speaker = Speaker({"en": engines}, PromptCache(tmp_path), engine_deadline_s=10)
        asked = [
            Synthesize(call="c", id=n, text=text, language="en", deadline_s=20, sensitive=sensitive)
            for n, (text, sensitive) in enumerate([("Hello.", False), ("It is four five.", True), (long, True)])
        ]
        return [(await speaker.speak(one)).sources for one in asked]

    assert asyncio.run(run()) == [["rest"], ["espeak"], ["espeak"]]
    assert [asked["input"] for _, _, asked in server.asked] == ["Hello."]
