"""Words of a conversation: picking from a list, more of it, leaving a message, waiting in line. A data file: one entry
a language in each table."""

from ivr.language.base import rows
from ivr.language.words import words

PHRASES: dict[str, dict[str, str]] = {
    "en": {
        "list.more": "more",
        "record.listen": "listening to your message",
        "record.again": "recording it again",
        "record.keep": "sending it",
        "record.empty": "I did not hear a message.",
        "wish.next": "Now to your other question: {wish}.",
        "wish.other": "Now to your other question.",
        "queue.position": "You are number {position} in line.",
        "queue.next": "You are next in line.",
        "queue.wait": "The wait is about {minutes} minutes.",
        "queue.minute": "The wait is about one minute.",
        "queue.callback": "To be called back instead of waiting, press {key}.",
    },
    "ko": {
        "list.more": "더 듣기",
        "record.listen": "메시지 듣기",
        "record.again": "다시 녹음",
        "record.keep": "메시지 보내기",
        "record.empty": "메시지가 들리지 않았습니다.",
        "wish.next": "이어서 다른 문의, {wish}.",
        "wish.other": "이어서 다른 문의를 도와드리겠습니다.",
        "queue.position": "대기 순서는 {position} 번째입니다.",
        "queue.next": "다음 순서입니다.",
        "queue.wait": "예상 대기 시간은 약 {minutes} 분입니다.",
        "queue.minute": "예상 대기 시간은 약 1 분입니다.",
        "queue.callback": "기다리지 않고 전화를 받으시려면 {key} 번을 눌러 주세요.",
    },
}
"""Built-in prompts, as Language.phrases."""

MORE: dict[str, tuple[str, ...]] = {
    "en": rows("more, more please, next, others, the others, none of these, none of those, something else"),
    "ko": rows("더, 더 있어요, 다음, 다른 거, 더 듣기"),
}
"""The next page of a list."""

ORDINALS: dict[str, tuple[tuple[str, ...], ...]] = {
    "en": (
        rows("first, first one, the first, the first one, number one, one, option one, 1"),
        rows("second, second one, the second, the second one, number two, two, option two, 2"),
        rows("third, third one, the third, the third one, number three, three, option three, 3"),
        rows("fourth, fourth one, the fourth, the fourth one, number four, four, option four, 4"),
        rows("fifth, fifth one, the fifth, the fifth one, number five, five, option five, 5"),
    ),
    "ko": (
        rows("첫 번째, 첫번째, 첫 번째 거, 일 번, 일번, 1번, 하나"),
        rows("두 번째, 두번째, 두 번째 거, 이 번, 이번, 2번, 둘"),
        rows("세 번째, 세번째, 세 번째 거, 삼 번, 삼번, 3번, 셋"),
        rows("네 번째, 네번째, 네 번째 거, 사 번, 사번, 4번, 넷"),
        rows("다섯 번째, 다섯번째, 다섯 번째 거, 오 번, 오번, 5번, 다섯"),
    ),
}
"""Words that pick the first, second, ... of what was read out."""

LAST: dict[str, tuple[str, ...]] = {
    "en": rows("last, last one, the last, the last one"),
    "ko": rows("마지막, 마지막 거, 마지막 번"),
}

_EMPTY: dict[str, frozenset[str]] = {
    "en": frozenset(
        [
            "the",
            "a",
            "an",
            "of",
            "on",
            "in",
            "at",
            "for",
            "to",
            "my",
            "one",
            "order",
            "please",
            "i",
            "want",
            "it",
            "is",
            "that",
            "from",
            "and",
        ]
    ),
    "ko": frozenset(),
}
"""Words that tell nothing apart."""


def ordinal(text: str, language: str, count: int) -> int | None:
    """ "the second one" -> 1, "the last one" -> count - 1: position among `count`; None when it picks none."""
    said = " ".join(words(text, language))
    bare = said.removesuffix(" please").strip()
    if bare in LAST.get(language, ()):
        return count - 1
    for n, forms in enumerate(ORDINALS.get(language, ())[:count]):
        if bare in forms:
            return n
    found = [n for n, forms in enumerate(ORDINALS.get(language, ())[:count]) for f in forms if f" {f} " in f" {bare} "]
    strong = {n for n in found if any(f" {form} " in f" {bare} " for form in ORDINALS[language][n] if " " in form)}
    return strong.pop() if len(strong) == 1 else None


def likest(text: str, labels: list[str], language: str) -> int | None:
    """The label that shares most words with what was said, when no other shares as many."""
    said = set(words(text, language)) - _EMPTY.get(language, frozenset())
    shared = [len(said & set(words(label, language))) for label in labels]
    best = max(shared, default=0)
    if not best or 2 * best < len(said) or shared.count(best) > 1:
        return None
    return shared.index(best)
