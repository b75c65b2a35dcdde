"""What is to be spoken, and its sound."""

from dataclasses import dataclass

from ivr.audio.prompt_key import prompt_key


@dataclass(frozen=True)
class Prompt:
    """What is to be spoken, and how."""

    text: str
    """In words, as for a reader."""
    language: str
    voice: str = ""
    """Empty: the language's voice in the settings."""
    rate: float = 1.0
    recording: str = ""
    """Path of a recording made for this prompt, relative to the flow's folder."""
    flow: str = ""

    @property
    def key(self) -> str:
        """Its name in the cache."""
        return prompt_key(self.text, self.language, self.voice, self.rate, self.recording, self.flow)


@dataclass(frozen=True)
class Sound:
    """8 kHz mono PCM16 and where it comes from."""

    pcm: bytes
    source: str
    """Name of the engine; `recorded` also for a prompt's own recording."""
    why: str = ""
    """Why a better engine did not make it; empty when it is the best one for this text."""
