"""espeak-ng: parametric synthesis, the last resort in English, the voice of Korean and of any language that is added.
About 20 ms a sentence.

The text goes in through standard input, never through a shell or an argument; markup and phoneme codes (`[[...]]`) are
not interpreted.
"""

import shutil
import struct
import subprocess

import numpy as np

from ivr.language.table import LANGUAGES
from ivr.tts import NotForMe, SynthesisError
from ivr.tts.shape import finish

VOICES = {"en": "en-us"}
"""Where espeak's name is not the language's code."""
WORDS_A_MINUTE = {"ko": 150}
USUAL_WORDS_A_MINUTE = 160


class Espeak:
    """ports.Synthesizer by the program `espeak-ng`."""

    name = "espeak"

    def __init__(
        self, program: str = "espeak-ng", timeout_s: float = 5.0, variant: str = "", rate: float = 1.0
    ) -> None:
        """`variant`: one of espeak's (`f5`: a woman's voice); `rate` times what is asked for."""
        self.languages: tuple[str, ...] = tuple(LANGUAGES)
        self.program = program
        self.timeout_s = timeout_s
        self.variant = f"+{variant}" if variant else ""
        self.rate = rate

    def load(self) -> None:
        """Raises SynthesisError when the program is not there."""
        if shutil.which(self.program) is None:
            raise SynthesisError(f"{self.program} is not installed")

    def synthesize(self, text: str, language: str, voice: str = "", rate: float = 1.0) -> bytes:
        """`voice` is one of `espeak-ng --voices`; names of other engines' voices are passed over."""
        del voice  # one setting names a voice for all engines of a language; espeak's own is chosen by language
        if language not in self.languages:
            raise NotForMe(f"espeak is not asked for {language!r}, which is no language of this server")
        speed = max(80, min(450, round(WORDS_A_MINUTE.get(language, USUAL_WORDS_A_MINUTE) * rate * self.rate)))
        command = [
            self.program,
            "-v",
            VOICES.get(language, language) + self.variant,
            "-s",
            str(speed),
            "-b",
            "1",
            "--stdin",
            "--stdout",
        ]
        spoken = text.replace("[[", " ").replace("]]", " ").replace("\0", " ")
        try:
            done = subprocess.run(
                command, input=spoken.encode(), capture_output=True, timeout=self.timeout_s, check=False
            )
        except FileNotFoundError:
            raise SynthesisError(f"{self.program} is not installed") from None
        except subprocess.TimeoutExpired:
            raise SynthesisError(f"{self.program} took more than {self.timeout_s:g} s") from None
        except OSError as error:
            raise SynthesisError(f"{self.program}: {error.strerror}") from None
        if done.returncode != 0:
            raise SynthesisError(f"{self.program} ended with {done.returncode}: has it a voice for {language!r}?")
        return _from_stream(done.stdout)


def _from_stream(data: bytes) -> bytes:
    """A WAV written to a pipe has no true length in its header: everything after `data` is sound."""
    start = data.find(b"data", 12)
    if data[:4] != b"RIFF" or start < 0:
        raise SynthesisError("espeak-ng gave no sound")
    (rate,) = struct.unpack_from("<I", data, 24)
    body = data[start + 8 :]
    samples = np.frombuffer(body[: len(body) // 2 * 2], dtype="<i2").astype(np.float32) / 32768
    return finish(samples, rate)
