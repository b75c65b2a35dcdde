"""Text as recognizers return it: no case, no punctuation, numbers as words or figures alike. Pure."""

import re
import unicodedata
from functools import cache

from ivr.language.base import Language
from ivr.language.table import LANGUAGES

WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*")
NUMBER = "0"
"""Stands for any run of figures and number words: "where is order 4567" and "... four five six seven" are one."""


@cache
def _number_words(language: str) -> frozenset[str]:
    found = LANGUAGES.get(language)
    if found is None:
        return frozenset()
    return frozenset(found.digits) | frozenset(found.digit_groups) | found.scales - {"a", "and", "point"}


def words(text: str) -> list[str]:
    """Lower-case words, without punctuation; figures stay."""
    return WORD.findall(unicodedata.normalize("NFKC", text).casefold().replace("’", "'"))


def speech_like(text: str) -> str:
    """The words, joined by single blanks."""
    return " ".join(words(text))


def without_numbers(text: str, language: str) -> str:
    """`speech_like` with each run of two or more number words, and each figure, as NUMBER. A single number word stays:
    it is mostly no number ("that one", "no one", Korean "이")."""
    numbers = _number_words(language)
    result: list[str] = []
    run: list[str] = []
    for word in [*words(text), ""]:
        if word in numbers or word.isdecimal():
            run.append(word)
            continue
        result += [NUMBER] if len(run) > 1 or any(w.isdecimal() for w in run) else run
        run = []
        result.append(word)
    return " ".join(result[:-1])


def figures(text: str, language: str) -> list[tuple[str, int, int]]:
    """Runs of digits in what was said, spoken or typed: (figures, first word, word after the last)."""
    found = LANGUAGES.get(language)
    spoken = words(text)
    runs: list[tuple[str, int, int]] = []
    start = 0
    while start < len(spoken):
        digits, end = _run(spoken, start, found)
        if digits:
            runs.append((digits, start, end))
        start = max(end, start + 1)
    return runs


def _run(spoken: list[str], start: int, language: Language | None) -> tuple[str, int]:
    """Digits from word `start` on, and the word after them. Numbers said as a whole ("two hundred") end the run."""
    digits, at, times = "", start, 1
    while at < len(spoken):
        word, following = spoken[at], spoken[at + 1] if at + 1 < len(spoken) else ""
        if word.isdecimal() and word.isascii():
            digits += word * times
        elif language is None:
            break
        elif word in language.repeats and (following in language.digits or following.isdecimal()):
            times = language.repeats[word]
            at += 1
            continue
        elif word in language.digits:
            digits += language.digits[word] * times
        elif word in language.tens and language.digits.get(following, "0") != "0":
            digits += language.tens[word]
        elif word in language.digit_groups:
            digits += language.digit_groups[word] * times
        else:
            break
        times = 1
        at += 1
    return digits, at
