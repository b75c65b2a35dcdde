"""How words are spoken: `pronounce.yaml` beside flow.yaml and in shared/, one mapping a language.

    en: {Acme: ack me, SQL: sequel}

What is written stays in texts and records; synthesizers get what is to be spoken. The flow's own file wins over the
shared one.
"""

import re
from collections.abc import Mapping
from functools import lru_cache

from ivr.flow.problems import Problem
from ivr.flow.source import Source
from ivr.language.table import LANGUAGES

NAME = "pronounce.yaml"
MOST = 2000
LONGEST = 200
Lexicon = Mapping[str, str]
"""word, in small letters -> how it is spoken."""


def read_lexicon(source: Source) -> tuple[dict[str, dict[str, str]], list[Problem]]:
    """language -> lexicon. A language that a flow does not speak is no mistake: the file may be shared."""
    found: dict[str, dict[str, str]] = {}
    problems: list[Problem] = []
    value = source.value if source.value is not None else {}
    if not isinstance(value, dict):
        mend = "write en: {Acme: ack me}"
        return {}, [source.problem((), "shape", "this holds no languages", mend)]
    for code, words in value.items():
        if code not in LANGUAGES:
            known = f"there are {', '.join(LANGUAGES)}"
            problems.append(
                source.problem((code,), "unknown_language", f"there is no language {code!r} here", known, key=True)
            )
        elif not isinstance(words, dict):
            problems.append(source.problem((code,), "shape", f"{code!r} must be a mapping", "write {Acme: ack me}"))
        else:
            problems += _taken(source, code, words, found.setdefault(code, {}))
    return found, problems


def _taken(source: Source, code: str, words: dict[str, object], into: dict[str, str]) -> list[Problem]:
    problems = []
    for n, (word, spoken) in enumerate(words.items()):
        why = ""
        if n >= MOST:
            why = f"there are more than {MOST} words"
        elif not isinstance(spoken, str) or not spoken.strip():
            why = f"how {word!r} is spoken must be one text"
        elif max(len(word), len(spoken)) > LONGEST or set(word + spoken) & set("{}<>[]"):
            why = f"{word!r}: words alone, at most {LONGEST} letters, without brackets"
        if why:
            problems.append(source.problem((code, word), "value", why, "write it as it would be read: ack me"))
        elif isinstance(spoken, str):
            into[word.lower()] = " ".join(spoken.split())
    return problems


def spoken(text: str, lexicon: Lexicon) -> str:
    """The text as synthesizers get it: whole words replaced, longer ones first, once."""
    if not lexicon:
        return text
    return _pattern(tuple(lexicon)).sub(lambda found: lexicon[found[0].lower()], text)


@lru_cache(maxsize=64)
def _pattern(words: tuple[str, ...]) -> re.Pattern[str]:
    """Words of other scripts may have an ending cling to them (Korean particles)."""
    parts = (re.escape(word) + (r"(?!\w)" if word.isascii() else "") for word in sorted(words, key=len, reverse=True))
    return re.compile(rf"(?<!\w)(?:{'|'.join(parts)})", re.IGNORECASE)
