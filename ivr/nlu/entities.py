"""Entities of a text by lists, patterns and figures: what the examples mark, lookups, synonyms, regexes. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ivr.events import Entity
from ivr.nlu.speech_text import figures, words
from ivr.nlu.training import TrainingSet

MAX_LENGTH = 400
"""Characters of a text that patterns look at: an administrator's pattern must not run away on a caller's monologue."""


@dataclass(frozen=True)
class _Digits:
    """An entity whose marked values are figures only, such as an order number."""

    name: str
    least: int
    most: int


class EntityFinder:
    """Entities of one flow and language."""

    def __init__(self, training: TrainingSet) -> None:
        self.language = training.language
        self.phrases: dict[tuple[str, ...], list[tuple[str, str]]] = {}
        """Words -> (entity, value)."""
        marked: dict[str, dict[str, str]] = {}
        for examples in training.intents.values():
            for example in examples:
                for span in example.spans:
                    marked.setdefault(span.name, {})[example.text[span.start : span.end]] = span.value
        synonyms = {" ".join(words(said)): value for said, value in training.synonyms.items()}
        self.digits = [
            _Digits(name, min(map(len, found)), max(map(len, found)))
            for name, said in marked.items()
            if (found := self._all_figures(said))
        ]
        numeric = {d.name for d in self.digits}
        for name in {*marked, *training.lookups} - numeric:
            said = {**{w: w for w in training.lookups.get(name, ())}, **marked.get(name, {})}
            values = set(said.values())
            said |= {spoken: value for spoken, value in training.synonyms.items() if value in values}
            for text, value in said.items():
                key = tuple(words(text))
                if key:
                    self.phrases.setdefault(key, []).append((name, synonyms.get(" ".join(key), value)))
        self.longest = max(map(len, self.phrases), default=0)
        self.patterns = [
            (name, re.compile(pattern, re.IGNORECASE))
            for name, patterns in training.regexes.items()
            for pattern in patterns
            if name in marked or name in training.lookups
        ]

    def _all_figures(self, said: dict[str, str]) -> list[str]:
        """The figures of marked words when each of them is a string of figures; empty when one is not."""
        found = []
        for text, value in said.items():
            runs = figures(text, self.language)
            if len(runs) != 1 or runs[0][1:] != (0, len(words(text))):
                return []
            found.append(value if value.isdecimal() else runs[0][0])
        return found

    def find(self, text: str) -> list[Entity]:
        """In the order of the text; of phrases the longest, of an entity each value once."""
        said = words(text)
        found: list[tuple[int, Entity]] = []
        at = 0
        while at < len(said):
            size = next((n for n in range(self.longest, 0, -1) if tuple(said[at : at + n]) in self.phrases), 0)
            for name, value in dict.fromkeys(self.phrases.get(tuple(said[at : at + size]), []) if size else []):
                found.append((at, Entity(name=name, value=value, text=" ".join(said[at : at + size]), confidence=0.95)))
            at += max(size, 1)
        for run, start, end in figures(text, self.language):
            spoken = " ".join(said[start:end])
            for digits in self.digits:
                # Only what could be such a number: "one" in "that one" is none where numbers have four digits.
                if digits.least <= len(run) <= digits.most:
                    found.append((start, Entity(name=digits.name, value=run, text=spoken, confidence=0.9)))
        found += self._matched(said, text)
        unique = {(e.name, e.value): (place, e) for place, e in reversed(found)}
        return [entity for _, entity in sorted(unique.values(), key=lambda pair: pair[0])]

    def _matched(self, said: Sequence[str], text: str) -> list[tuple[int, Entity]]:
        """Patterns see the words as they are, and with spoken digits as figures."""
        written = list(said)
        for run, start, end in reversed(figures(text, self.language)):
            written[start:end] = [run]
        found = []
        for name, pattern in self.patterns:
            for form in dict.fromkeys((" ".join(written)[:MAX_LENGTH], " ".join(said)[:MAX_LENGTH])):
                if (match := pattern.search(form)) is not None and match.group():
                    place = len(form[: match.start()].split())
                    found.append((place, Entity(name=name, value=match.group(), text=match.group(), confidence=0.9)))
                    break
        return found
