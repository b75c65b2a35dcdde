"""Warnings: what works, and callers stumble over."""

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from ivr.flow.models import Node, Option
from ivr.flow.path import Path
from ivr.flow.problems import Problem, warning
from ivr.flow.source import Source
from ivr.flow.template import TemplateError, holes
from ivr.flow.text import Text
from ivr.language.sound import sounds
from ivr.language.table import LANGUAGES
from ivr.language.words import words

if TYPE_CHECKING:
    from ivr.flow.checks import Scene

LONGEST_PROMPT_S = 15.0
"""Callers forget how a longer prompt began."""
LETTERS_A_SECOND = {"ko": 5.5}
"""Speed of a usual voice, spaces not counted; other languages: 13 (English at 165 words a minute)."""
MOST_OPTIONS = 5
"""What a caller keeps in mind of a list that is heard."""
SHORTEST_SOUND = 3
"""Keys of sound that are shorter say nothing: nearly all short words would be alike."""
RUN = 5
"""Digits in a row that a voice reads as one number."""
AS_DIGITS = ("digits", "phone")
"""Fields whose values are read digit by digit."""


def advice(scene: "Scene") -> Iterator[Problem]:
    """Every warning of one flow that needs no graph."""
    for source, base, _, leaf in scene.leaves():
        if isinstance(leaf.value, Text) and leaf.path[-1] != "label":
            yield from _prompt(scene, source, (*base, *leaf.path), leaf.value)
    for name, node in scene.draft.nodes.items():
        for question in node.questions():
            yield from _options(scene, name, node, question.options)
    yield from _taught_twice(scene)


def seconds_of(text: str, language: str) -> float:
    """How long a usual voice needs, values left out."""
    plain = re.sub(r"\{[^{}]*\}|\s", "", text)
    return len(plain) / LETTERS_A_SECOND.get(language, 13.0)


def _prompt(scene: "Scene", source: Source, path: Path, text: Text) -> Iterator[Problem]:
    for code, said in text.root.items():
        place = (*path, code) if code else path
        seconds = seconds_of(said, code or scene.languages[0])
        if seconds > LONGEST_PROMPT_S:
            message = f"this takes about {seconds:.0f} s to say; callers keep {LONGEST_PROMPT_S:.0f} s in mind"
            yield warning(source.problem(place, "long_prompt", message, "say the end first, or split it"))
        yield from _digits(scene, source, place, said)


def _digits(scene: "Scene", source: Source, place: Path, said: str) -> Iterator[Problem]:
    run = re.search(rf"(?<![\w.])\d{{{RUN},}}(?!\w)", re.sub(r"\{[^{}]*\}", " ", said))
    if run:
        message = f"{run[0]} is read as one number"
        yield warning(source.problem(place, "digits_as_number", message, f"write {' '.join(run[0])}"))
    try:
        found = holes(said)
    except TemplateError:
        return
    for hole in found:
        if not hole.form and _field(scene, hole.name) in AS_DIGITS:
            message = f"the digits of {hole.name!r} are read as one number"
            yield warning(source.problem(place, "digits_as_number", message, f"write {{{hole.name}:digits}}"))


def _field(scene: "Scene", name: str) -> str:
    for node in scene.draft.nodes.values():
        slot = getattr(node, "slots", {}).get(name)
        if slot is not None:
            return str(slot.field)
    return ""


def _options(scene: "Scene", name: str, node: Node, options: Sequence[Option]) -> Iterator[Problem]:
    source, path = scene.draft.at(name), ("nodes", name, "options")
    if len(options) > MOST_OPTIONS:
        message = f"{len(options)} options: callers keep {MOST_OPTIONS} in mind"
        yield warning(
            source.problem(path, "many_options", message, "ask twice, or let a second menu take the rarer ones")
        )
    if any(option.key for option in options):
        for n, option in enumerate(options):
            if option.label is not None and not option.key:  # without both it is meant to be only said
                message = "this option has no key, so it cannot be taken when speech fails"
                yield warning(source.problem((*path, n), "option_without_key", message, 'write key: "4"'))
    for code in set(scene.languages) & set(LANGUAGES):
        yield from _alike(scene, source, path, options, code)


def _alike(scene: "Scene", source: Source, path: Path, options: Sequence[Option], code: str) -> Iterator[Problem]:
    """Phrases of two options that a recognizer, or a caller, takes for each other."""
    heard: dict[str, tuple[int, str]] = {}
    for n, option in enumerate(options):
        said = list(option.phrases.of(code)) if option.phrases else []
        if option.label is not None and option.label.has(code):
            said.append(option.label.of(code))
        for text in said:
            key = sounds(" ".join(words(text, code)), code)
            first, other = heard.setdefault(key, (n, text))
            same = words(text, code) == words(other, code)
            if first != n and not same and len(key) >= SHORTEST_SOUND:
                message = f"{text!r} sounds like {other!r} of the option in line {source.place((*path, first))[0]}"
                yield warning(source.problem((*path, n), "sounds_alike", message, "choose other words for one of them"))


def _taught_twice(scene: "Scene") -> Iterator[Problem]:
    """The same words as an example of two intents: neither can be learned."""
    for code, nlu in scene.nlu.items():
        if code not in LANGUAGES:
            continue
        seen: dict[tuple[str, ...], str] = {}
        told: set[tuple[str, str]] = set()
        for intent, examples in nlu.intents.items():
            for example in examples:
                first = seen.setdefault(tuple(words(example.text, code)), intent)
                if first != intent and (first, intent) not in told:
                    told.add((first, intent))
                    message = f"{example.text!r} is an example of both {first!r} and {intent!r} ({code})"
                    yield warning(Problem(nlu.file, example.line, 1, "taught_twice", message, "keep it in one"))
