"""Make the recordings in `sounds/`: `python -m scripts.make_sounds [en] [ko]`. sounds/README.md tells about the voices.

English is spoken by Piper's voice "joe", so that what is joined sounds like what is synthesized beside it; Korean by
espeak-ng. A recording by a human voice replaces a file under the same name, and `index.yaml` may name others.
"""

import sys
import wave
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from num2words import num2words

from ivr import models
from ivr.language.table import LANGUAGES
from ivr.tts.espeak import Espeak
from ivr.tts.shape import RATE, finish

SOUNDS = Path(__file__).resolve().parents[1] / "sounds"
TAKES = 5
MONTHS = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
]
DAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
UNITS = ["hundred", "thousand", "million", "and", "oh", "point", "star", "pound", "double", "minus"]
DATE_WORDS = ["today", "tomorrow", "yesterday"]
CLOCK = ["o'clock", "noon", "midnight"]
MONEY = ["dollar", "dollars", "cent", "cents", "percent"]
ENGLISH_PIECES = ["I heard", "press", "for yes", "for no"]
"""Beginnings and middles of sentences that end in a number."""
KOREAN_WORDS = [
    "공",
    "영",
    "일",
    "이",
    "삼",
    "사",
    "오",
    "육",
    "칠",
    "팔",
    "구",
    "십",
    "백",
    "천",
    "만",
    "월",
    "번",
    "별표",
]

Speak = Callable[[str], bytes]


def english_words() -> list[str]:
    cardinals = [num2words(n) for n in [*range(20), *range(20, 100, 10)]]
    ordinals = [num2words(n, to="ordinal") for n in [*range(1, 21), 30]]
    return [*cardinals, *ordinals, *UNITS, *MONTHS, *DAYS, *DATE_WORDS, *CLOCK, *MONEY]


def phrases(language: str) -> list[str]:
    """Built-in sentences without values, and the end of a confirmation."""
    fixed = [text for text in LANGUAGES[language].phrases.values() if "{" not in text]
    return [text for text in fixed if text.endswith((".", "?"))] + ["Is that right?"] * (language == "en")


def piper_take(pieces: int) -> Speak:
    """Speaks with less chance than in calls; of several takes the one of middle length."""
    from piper import PiperVoice, SynthesisConfig

    folder = models.path("piper-joe-en")
    if folder is None:
        sys.exit("Piper's voice is not installed: ivr models install piper-joe-en")
    voice = PiperVoice.load(next(folder.glob("*.onnx")))
    how = SynthesisConfig(noise_scale=0.4, noise_w_scale=0.4, length_scale=1.0)

    def speak(text: str) -> bytes:
        takes = []
        for _ in range(pieces):
            chunks = list(voice.synthesize(text, how))
            sound = np.concatenate([c.audio_float_array for c in chunks])
            takes.append(finish(sound, chunks[0].sample_rate, keep_s=0.02))
        return sorted(takes, key=len)[len(takes) // 2]

    return speak


def write(path: Path, pcm: bytes) -> None:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(pcm)


def slug(text: str) -> str:
    kept = "".join(c if c.isalnum() else "-" for c in text.lower().replace("'", ""))
    return "-".join(part for part in kept.split("-") if part)


def make_english(folder: Path) -> dict[str, Any]:
    speak = piper_take(TAKES)
    words: dict[str, Any] = {}
    for word in english_words():
        files = {"mid": f"{slug(word)}.mid.wav", "end": f"{slug(word)}.wav"}
        write(folder / files["mid"], speak(f"{word},"))
        write(folder / files["end"], speak(f"{word}."))
        words[word] = files
    whole: dict[str, Any] = {}
    for text in ENGLISH_PIECES:
        whole[text] = f"{slug(text)}.wav"
        write(folder / whole[text], speak(f"{text},"))
    for text in phrases("en"):
        whole[text] = f"{slug(text)}.wav"
        write(folder / whole[text], speak(text))
    return {"phrases": whole, "words": words}


def make_korean(folder: Path) -> dict[str, Any]:
    espeak = Espeak()
    words = {}
    for number, word in enumerate(KOREAN_WORDS):
        words[word] = f"word-{number:02}.wav"
        write(folder / words[word], espeak.synthesize(word, "ko"))
    return {"phrases": {}, "words": words}


def main(languages: list[str]) -> None:
    from ruamel.yaml import YAML

    makers = {"en": make_english, "ko": make_korean}
    for language in languages or list(makers):
        folder = SOUNDS / language
        folder.mkdir(parents=True, exist_ok=True)
        for old in folder.glob("*.wav"):
            old.unlink()
        index = makers[language](folder)
        yaml = YAML()
        yaml.width = 120
        yaml.allow_unicode = True
        with (folder / "index.yaml").open("w", encoding="utf-8") as file:
            file.write("# What is recorded: text -> file in this folder. Form: docs/speaking.md.\n")
            yaml.dump(index, file)
        size = sum(path.stat().st_size for path in folder.glob("*.wav"))
        print(f"{language}: {len(list(folder.glob('*.wav')))} files, {size / 1e6:.2f} MB")


if __name__ == "__main__":
    main(sys.argv[1:])
