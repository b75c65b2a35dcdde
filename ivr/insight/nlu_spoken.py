"""Sentences said by a voice and heard through a telephone line, as an open step hears them."""

from collections.abc import Callable, Sequence

import jiwer
import numpy as np

from ivr.events import Hypothesis
from ivr.insight.channel import pcm16, through
from ivr.insight.nlu_eval import Heard
from ivr.insight.scoring import normal
from ivr.ports import Recognizer

QUIET = np.zeros(2400, np.float32)
"""Before and after each sentence, 0.3 s."""
Speak = Callable[[str], bytes]
"""A text -> 8 kHz mono PCM16."""


def heard(texts: Sequence[str], speak: Speak, recognizer: Recognizer, language: str) -> list[Heard]:
    """Each said once, through G.711, recognized without a grammar; the hypotheses, best first, may be none."""
    found = []
    for text in texts:
        sound = np.frombuffer(speak(text), dtype="<i2").astype(np.float32) / 32768
        stream = recognizer.start(language, None)
        stream.audio(pcm16(through(np.concatenate([QUIET, sound, QUIET]), ("pcmu",))))
        found.append(list(stream.end().hypotheses))
    return found


def word_error_rate(texts: Sequence[str], found: Sequence[Heard]) -> float:
    """Of the best hypotheses."""
    said = [(normal(text), normal(each[0].text if each else "")) for text, each in zip(texts, found, strict=True)]
    kept = [(text, best) for text, best in said if text]
    return round(float(jiwer.wer([text for text, _ in kept], [best for _, best in kept])), 4) if kept else 0.0


def nothing(found: Sequence[Heard]) -> list[Heard]:
    """A sentence of which nothing was heard is asked as an empty text: it counts as not understood."""
    return [each or [Hypothesis(text="", confidence=0.0)] for each in found]
