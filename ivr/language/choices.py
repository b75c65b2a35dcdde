"""One of a few values: by its phrases, by a phrase inside what was said, by spelling that is close, by sound."""

from collections.abc import Mapping
from difflib import SequenceMatcher
from typing import Any
from unicodedata import normalize

from ivr.language.candidate import Candidate
from ivr.language.heard import bare
from ivr.language.sound import sounds
from ivr.language.table import language as lookup
from ivr.language.words import words as split
from ivr.language.yes_no import stripped

CLOSE = 0.75
"""Least likeness of letters, 0 to 1."""


def forms(choice: Mapping[str, Any], language: str) -> list[list[str]]:
    """Every way to say one choice, as words."""
    phrases: Mapping[str, list[str]] = choice.get("phrases") or {}
    label: Mapping[str, str] = choice.get("label") or {}
    texts = [choice["value"], *phrases.get("", []), *phrases.get(language, [])]
    texts += [text for text in (label.get(""), label.get(language)) if text]
    return [said for said in (split(text, language) for text in dict.fromkeys(texts)) if said]


def by_key(settings: Mapping[str, Any]) -> dict[str, str]:
    """key -> value; keys 1, 2, 3 ... in order where none is given."""
    choices = settings.get("choices") or []
    if any(choice.get("key") for choice in choices):
        return {choice["key"]: choice["value"] for choice in choices if choice.get("key")}
    return {str(n): choice["value"] for n, choice in enumerate(choices[:9], 1)}


def parse(heard: list[str], language: str, settings: Mapping[str, Any]) -> list[Candidate]:
    """Candidates, best first."""
    data = lookup(language)
    plain = [word for word in heard if word not in data.fillers]
    kept = stripped(heard, data)
    said = [words for words in (plain, kept, bare(plain, data), bare(kept, data)) if words]
    scores: dict[str, float] = {}
    for choice in settings.get("choices") or []:
        options = forms(choice, language)
        score = max((_likeness(words, form, language) for form in options for words in said), default=0.0)
        if score:
            scores[choice["value"]] = score
    for key, value in by_key(settings).items():
        if any("".join(words) == phrase.replace(" ", "") for words in said for phrase in data.choose.get(key, ())):
            scores[value] = max(scores.get(value, 0.0), 0.9)
    return [Candidate(*item) for item in sorted(scores.items(), key=lambda item: -item[1])]


def intent(heard: list[str], language: str, settings: Mapping[str, Any]) -> list[Candidate]:
    """A wish out of a list, by its examples. `settings`: intents {language: {intent: [examples]}}."""
    examples = (settings.get("intents") or {}).get(language) or {}
    listed = [{"value": name, "phrases": {"": texts}} for name, texts in examples.items()]
    return parse(heard, language, {"choices": listed})


def entity(heard: list[str], language: str, settings: Mapping[str, Any]) -> list[Candidate]:
    """A value out of what nlu.yml lists. `settings`: values {language: {words: value}}."""
    values: dict[str, list[str]] = {}
    for text, value in ((settings.get("values") or {}).get(language) or {}).items():
        values.setdefault(value, []).append(text)
    listed = [{"value": value, "phrases": {"": texts}, "key": "-"} for value, texts in values.items()]
    return parse(heard, language, {"choices": listed})


def _likeness(heard: list[str], form: list[str], language: str) -> float:
    said, meant = "".join(heard), "".join(form)
    spaces = lookup(language).values.spaces
    if heard == form or (said == meant and not spaces):
        return 0.97
    if _inside(form, heard) or (not spaces and len(meant) > 1 and said.startswith(meant)):
        return 0.85
    letters = (said, meant) if spaces else (normalize("NFD", said), normalize("NFD", meant))
    ratio = SequenceMatcher(None, *letters).ratio()
    if sounds(said, language) == sounds(meant, language) and len(meant) > 2:
        return max(0.75, ratio * 0.9)
    return ratio * 0.8 if ratio >= CLOSE else 0.0


def _inside(form: list[str], heard: list[str]) -> bool:
    return any(heard[n : n + len(form)] == form for n in range(len(heard) - len(form) + 1))
