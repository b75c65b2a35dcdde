"""Engine `rest`: a voice behind HTTP. Two ways of asking: an OpenAI-compatible API, or a plain POST.

    openai   POST <url>/audio/speech  {"model", "input", "voice", "response_format": "wav", "speed"}
    plain    POST <url>?language=en&voice=...&rate=1  the text as text/plain

The answer is a WAV or FLAC file of any rate. What is sensitive is never sent (tts/speaker.py): this engine is `remote`.
"""

import hashlib
import io
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import httpx
import numpy as np
import soundfile
from numpy.typing import NDArray

from ivr.tts import NotForMe, SynthesisError
from ivr.tts.shape import finish

MAX_CHARACTERS = 4000
MAX_BYTES = 20_000_000
LONGEST_S = 300
FORMATS = frozenset({"WAV", "WAVEX", "FLAC"})
RATES = range(8000, 96001)


@dataclass(frozen=True)
class RestVoice:
    """From settings, section `tts`."""

    url: str = ""
    style: Literal["openai", "plain"] = "openai"
    model: str = "tts-1"
    voice: str = "alloy"
    key: str = ""
    timeout_s: float = 2.5


class Rest:
    """ports.Synthesizer by a server elsewhere."""

    name = "rest"
    neural = True
    """It takes as long: long prompts are made piece by piece."""
    remote = True

    def __init__(self, config: RestVoice, languages: Sequence[str] = ("en",)) -> None:
        self.languages: tuple[str, ...] = tuple(languages)
        self._config = config
        headers = {"Authorization": f"Bearer {config.key}"} if config.key else {}
        self._client = httpx.Client(headers=headers, timeout=config.timeout_s, trust_env=False)

    def load(self) -> None:
        """Raises SynthesisError when no server is named."""
        if not self._config.url:
            raise SynthesisError("no server is named (tts.rest_url)")

    def version(self, language: str) -> str:
        """Another server, model or voice makes what was rendered stale."""
        it = self._config
        return hashlib.sha256("|".join((it.url, it.model, it.voice, language)).encode()).hexdigest()[:12]

    def synthesize(self, text: str, language: str, voice: str = "", rate: float = 1.0) -> bytes:
        """`voice`: one of the server's; the setting's when empty."""
        if language not in self.languages:
            raise NotForMe(f"this voice does not speak {language}")
        if len(text) > MAX_CHARACTERS:
            raise NotForMe(f"longer than {MAX_CHARACTERS} characters")
        if not any(letter.isalnum() for letter in text):
            raise NotForMe("nothing in the text can be spoken")
        self.load()
        try:
            data = self._asked(text.replace("\0", " "), language, voice or self._config.voice, rate)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise SynthesisError(f"the voice server failed: {type(error).__name__}") from None
        return finish(*_sound(data))

    def _asked(self, text: str, language: str, voice: str, rate: float) -> bytes:
        """The file that came. Raises SynthesisError, httpx.HTTPError."""
        it = self._config
        until = time.monotonic() + it.timeout_s
        request: dict[str, Any]
        if it.style == "openai":
            url = it.url.rstrip("/") + "/audio/speech"
            body = {"model": it.model, "input": text, "voice": voice, "response_format": "wav", "speed": rate}
            request = {"json": body}
        else:
            url = it.url
            request = {
                "content": text.encode("utf-8", "replace"),
                "headers": {"Content-Type": "text/plain; charset=utf-8"},
            }
            request["params"] = {"language": language, "voice": voice, "rate": f"{rate:g}"}
        found = bytearray()
        with self._client.stream("POST", url, **request) as answer:
            if not answer.is_success:
                raise SynthesisError(f"the voice server said {answer.status_code}")
            for piece in answer.iter_bytes():
                found += piece
                if len(found) > MAX_BYTES:
                    raise SynthesisError("the voice server sent too much")
                if time.monotonic() > until:
                    raise SynthesisError("the voice server is late")
        return bytes(found)


def _sound(data: bytes) -> tuple[NDArray[np.float32], int]:
    """Mono samples -1..1 and their rate. Raises SynthesisError."""
    try:
        with soundfile.SoundFile(io.BytesIO(data)) as file:
            if file.format not in FORMATS or file.samplerate not in RATES:
                raise SynthesisError(f"the voice server sent {file.format} at {file.samplerate} Hz")
            samples = file.read(LONGEST_S * file.samplerate, dtype="float32", always_2d=True)
            rate = int(file.samplerate)
    except (soundfile.SoundFileError, RuntimeError, ValueError, OSError):
        raise SynthesisError("the voice server sent no sound") from None
    if not samples.size:
        raise SynthesisError("the voice server sent no sound")
    mono = np.nan_to_num(samples.mean(axis=1, dtype=np.float32), nan=0.0, posinf=0.0, neginf=0.0)
    return np.clip(mono, -1.0, 1.0), rate
