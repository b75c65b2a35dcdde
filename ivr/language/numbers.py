"""Whole numbers as people say them: "forty five", "one hundred and twenty", 이십삼, 스물셋."""

from collections.abc import Mapping
from typing import Any

from text_to_num import text2num

from ivr.language.candidate import Candidate
from ivr.language.table import language as lookup

_KOREAN_ONES = {
    "영": 0,
    "공": 0,
    "일": 1,
    "이": 2,
    "삼": 3,
    "사": 4,
    "오": 5,
    "육": 6,
    "륙": 6,
    "칠": 7,
    "팔": 8,
    "구": 9,
}
_KOREAN_SMALL = {"십": 10, "백": 100, "천": 1000}
_KOREAN_LARGE = {"만": 10_000, "억": 100_000_000}
_NATIVE_TENS = {
    "열": 10,
    "스물": 20,
    "스무": 20,
    "서른": 30,
    "마흔": 40,
    "쉰": 50,
    "예순": 60,
    "일흔": 70,
    "여든": 80,
    "아흔": 90,
}
_NATIVE_ONES = {
    "하나": 1, "한": 1, "둘": 2, "두": 2, "셋": 3, "세": 3, "넷": 4, "네": 4, "다섯": 5,
    "여섯": 6, "일곱": 7, "여덟": 8, "아홉": 9,
}  # fmt: skip


def number(words: list[str], language: str, settings: Mapping[str, Any]) -> list[Candidate]:
    """The longest stretch of words that is a number; digits one by one count as one number too."""
    data = lookup(language)
    best: tuple[int, int] | None = None
    for start in range(len(words)):
        for end in range(len(words), start, -1):
            value = cardinal(words[start:end], language)
            if value is None:
                value = _one_by_one(words[start:end], language)
            if value is not None and (best is None or end - start > best[0]):
                best = (end - start, value)
    if best is None:
        return []
    rest = len(words) - best[0]
    known = {w for phrase in (*data.lead_ins, *data.before, *data.after, *data.fillers) for w in phrase.split()}
    strange = min(rest, sum(word not in known for word in words) - best[0] + 0)
    return [Candidate(str(best[1]), max(0.3, 0.97 - 0.1 * max(0, strange)))]


def _one_by_one(words: list[str], language: str) -> int | None:
    digits = lookup(language).digits
    if words and all(word in digits for word in words) and len(words) <= 15:
        return int("".join(digits[word] for word in words))
    return None


def cardinal(words: list[str], language: str) -> int | None:
    """The number that exactly these words say; None when they are none."""
    if language == "ko":
        return _korean("".join(words))
    try:
        return int(text2num(" ".join(words), language))
    except (ValueError, KeyError, LookupError):
        return None


def _korean(text: str) -> int | None:
    """이만 삼천 -> 23000 and 스물셋 -> 23."""
    native = _native(text)
    if native is not None:
        return native
    total = section = ones = 0
    seen = False
    for letter in text:
        if letter in _KOREAN_ONES and not seen:
            ones, seen = _KOREAN_ONES[letter], True
        elif letter in _KOREAN_SMALL:
            section += (ones if seen else 1) * _KOREAN_SMALL[letter]
            ones, seen = 0, False
        elif letter in _KOREAN_LARGE:
            total += (section + ones if section or seen else 1) * _KOREAN_LARGE[letter]
            section, ones, seen = 0, 0, False
        else:
            return None
    return total + section + ones if text else None


def _native(text: str) -> int | None:
    for word, value in _NATIVE_TENS.items():
        if text == word:
            return value
        if text.startswith(word) and text[len(word) :] in _NATIVE_ONES:
            return value + _NATIVE_ONES[text[len(word) :]]
    return _NATIVE_ONES.get(text)
