"""Models where they are installed, speech made by the voices that are there."""

import os
from functools import cache
from pathlib import Path

import numpy as np
import onnxruntime
import pytest

from ivr import models
from ivr.flow.grammar import Arc, Grammar


def model(name: str) -> Path:
    """Folder of a model; the test is skipped without it, or fails where everything must be there."""
    folder = models.path(name)
    if folder is None:
        reason = f"model {name} is not installed: ivr models install {name}"
        if os.environ.get("CI") and models.find(name).by_default == "yes":
            pytest.fail(reason)
        pytest.skip(reason)
    return folder


@cache
def spoken(text: str, language: str = "en", pad_s: float = 0.4, level_db: float = -20.0) -> bytes:
    """8 kHz PCM16 of a synthetic voice, silence around it, the loudest sample at about `level_db` + 12."""
    from ivr.tts.espeak import Espeak
    from ivr.tts.piper import Piper

    if language == "en":
        voice = model("piper-joe-en")
        onnxruntime.set_seed(1)  # the voice draws by chance, and now and then mumbles
        pcm = Piper(lambda: voice).synthesize(text, "en")
    else:
        pcm = Espeak().synthesize(text, language)
    samples = np.frombuffer(pcm, dtype="<i2").astype(np.float64)
    samples *= 32768 * 10 ** (level_db / 20) / max(float(np.sqrt((samples**2).mean())), 1.0)
    pad = np.random.default_rng(1).normal(0, 3, int(pad_s * 8000))
    return np.concatenate([pad, samples, pad]).clip(-32768, 32767).astype("<i2").tobytes()


def noise(seconds: float, level_db: float, seed: int = 1) -> bytes:
    """White noise, dBFS."""
    samples = np.random.default_rng(seed).normal(0, 32768 * 10 ** (level_db / 20), int(seconds * 8000))
    return samples.clip(-32768, 32767).astype("<i2").tobytes()


def phrases(*sentences: str, language: str = "en") -> Grammar:
    """One path a sentence; the sentence itself, underscored, is the intent."""
    arcs: list[list[Arc]] = [[]]
    finals: dict[int, float] = {}
    for sentence in sentences:
        state = 0
        words = sentence.split()
        for n, word in enumerate(words):
            arcs.append([])
            slot, value = ("intent", "_".join(words)) if n == 0 else ("", "")
            arcs[state].append(Arc(len(arcs) - 1, word, 0.0, slot, value))
            state = len(arcs) - 1
        finals[state] = 0.0
    return Grammar(language, arcs, finals, list(sentences), "menu")


DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


def digits(least: int, most: int, lead: str = "my number is", slot: str = "order_id") -> Grammar:
    """Digits one by one, optionally after a lead-in."""
    arcs: list[list[Arc]] = [[] for _ in range(most + 1)]
    for n in range(most):
        for value, word in enumerate(DIGITS):
            arcs[n].append(Arc(n + 1, word, 0.0, slot, str(value)))
        arcs[n].append(Arc(n + 1, "oh", 0.0, slot, "0"))
    words, state = lead.split(), 0
    for word in words:
        arcs.append([])
        arcs[state].append(Arc(len(arcs) - 1, word))
        state = len(arcs) - 1
    arcs[state].append(Arc(len(arcs)))
    arcs.append(list(arcs[0][:11]))
    texts = [" ".join(DIGITS), " ".join(reversed(DIGITS)), lead, *DIGITS, "oh"]
    return Grammar("en", arcs, dict.fromkeys(range(least, most + 1), 0.0), texts, "digits")
