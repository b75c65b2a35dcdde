"""What understanding is trained on: one flow's examples in one language, and general talk that no flow means."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources

from ivr.flow.examples import Nlu

NONE = "none"
"""Class of what no intent means. Never returned."""
OUT_OF_SCOPE = "out_of_scope"
"""Intent of that in nlu.yml, as Rasa calls it."""


@dataclass(frozen=True)
class Span:
    """An entity marked in an example: `text[start:end]` is it."""

    start: int
    end: int
    name: str
    value: str
    """As a service wants it; the marked words themselves when nothing else is given."""


@dataclass(frozen=True)
class Example:
    """Something that a caller says, without marks."""

    text: str
    spans: tuple[Span, ...] = ()


@dataclass(frozen=True)
class TrainingSet:
    """One flow and language."""

    flow: str
    version: str
    """Of the flow (law 8)."""
    language: str
    intents: Mapping[str, tuple[Example, ...]]
    synonyms: Mapping[str, str] = field(default_factory=dict)
    """What is said -> value."""
    lookups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Entity -> its words."""
    regexes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Entity -> patterns."""
    outside: tuple[str, ...] = ()
    """Sentences that callers say and no intent of this flow means (Rasa's intent `out_of_scope`)."""

    @property
    def hash(self) -> str:
        """Of what is learned from, not of the flow's version: a changed prompt needs no training."""
        return digest([self])


def digest(sets: Iterable[TrainingSet]) -> str:
    """16 hex digits over the content of sets, whatever their order."""
    content = sorted(
        json.dumps(
            [
                one.flow,
                one.language,
                {name: [[e.text, [vars(s) for s in e.spans]] for e in some] for name, some in one.intents.items()},
                dict(one.synonyms),
                {name: list(words) for name, words in one.lookups.items()},
                {name: list(words) for name, words in one.regexes.items()},
                *([list(one.outside)] if one.outside else []),
            ],
            sort_keys=True,
        )
        for one in sets
    )
    return hashlib.sha256("\n".join(content).encode()).hexdigest()[:16]


@cache
def general_talk(language: str) -> tuple[str, ...]:
    """Sentences that no flow means, so that a classifier knows what it does not know (ivr/nlu/general_talk.*.txt)."""
    file = resources.files("ivr.nlu") / f"general_talk.{language}.txt"
    if not file.is_file():
        return ()
    return tuple(line for line in file.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#"))


def training_set(flow: str, version: str, nlu: Nlu) -> TrainingSet:
    """What the loader read of one flow in one language (its commands' and options' phrases included)."""
    return TrainingSet(
        flow=flow,
        version=version,
        language=nlu.language,
        intents={
            name: tuple(Example(e.text, tuple(Span(m.start, m.end, m.name, m.value) for m in e.entities)) for e in some)
            for name, some in nlu.intents.items()
            if name != OUT_OF_SCOPE
        },
        outside=tuple(e.text for e in nlu.intents.get(OUT_OF_SCOPE, ())),
        synonyms={said: value for value, others in nlu.synonyms.items() for said in others},
        lookups={name: tuple(entries) for name, entries in nlu.lookups.items()},
        regexes={name: tuple(entries) for name, entries in nlu.regexes.items()},
    )
