"""The name under which a rendered prompt is kept: media (which looks it up) and services (which render it) agree."""

import hashlib
import unicodedata

FORMAT = "1"
"""Changes when old files must not be found any more."""


def prompt_key(
    text: str, language: str, voice: str = "", rate: float = 1.0, recording: str = "", flow: str = ""
) -> str:
    """32 hex digits for one prompt. A prompt with a `recording` of a flow is another one than its text alone;
    without one, every flow shares what was rendered. Blanks and Unicode forms of the text make no difference."""
    spoken = " ".join(unicodedata.normalize("NFC", text).split())
    parts = (FORMAT, spoken, language, voice, f"{rate:.2f}", recording, flow if recording else "")
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]
