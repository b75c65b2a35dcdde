"""Examples of what callers say: `nlu.yml` in Rasa's own format, one file a language (`nlu.ko.yml`)."""

import json
import re
from dataclasses import dataclass, field, replace
from typing import Any

from ivr.flow.path import Path
from ivr.flow.problems import Problem, did_you_mean
from ivr.flow.source import Source

_MARK = re.compile(r"\[([^\[\]]+)\](?:\(([^()]+)\)|(\{[^{}]*\}))")
KINDS = ("intent", "synonym", "lookup", "regex")


@dataclass(frozen=True)
class Entity:
    """A marked stretch of an example."""

    name: str
    value: str
    """What it stands for; the words themselves unless the mark says otherwise."""
    start: int
    """Offsets in the example's plain text."""
    end: int


@dataclass(frozen=True)
class Example:
    text: str
    """Without marks."""
    entities: tuple[Entity, ...] = ()
    raw: str = ""
    """As it is written, with Rasa's marks."""
    line: int = field(default=0, compare=False)
    """Of its file."""


@dataclass
class Nlu:
    """The examples of one flow in one language; options' `phrases` and the commands are added by the loader."""

    language: str
    intents: dict[str, list[Example]] = field(default_factory=dict)
    synonyms: dict[str, list[str]] = field(default_factory=dict)
    """value -> other words for it."""
    lookups: dict[str, list[str]] = field(default_factory=dict)
    """entity -> every value."""
    regexes: dict[str, list[str]] = field(default_factory=dict)
    file: str = ""
    """Where they were read."""

    def values(self, entity: str) -> dict[str, str]:
        """Every way to say the entity -> value: what is marked in examples, looked up, and synonyms of those."""
        found: dict[str, str] = {text: text for text in self.lookups.get(entity, [])}
        for examples in self.intents.values():
            for example in examples:
                for mark in example.entities:
                    if mark.name == entity:
                        found.setdefault(example.text[mark.start : mark.end], mark.value)
        for value, words in self.synonyms.items():
            if value in found or value in found.values():
                found.update(dict.fromkeys(words, value))
        return found

    @property
    def entities(self) -> set[str]:
        marked = {mark.name for examples in self.intents.values() for e in examples for mark in e.entities}
        return marked | set(self.lookups)


def example(raw: str) -> Example:
    """One line; raises ValueError for a mark that cannot be read."""
    text, last = "", 0
    marks: list[Entity] = []
    for found in _MARK.finditer(raw):
        text += raw[last : found.start()]
        name, value = found[2] or "", found[1]
        if found[3]:
            try:
                data = json.loads(found[3])
            except json.JSONDecodeError as error:
                raise ValueError(f"{found[3]} is not JSON: {error.msg}") from None
            name, value = str(data.get("entity", "")), str(data.get("value", found[1]))
        if not name:
            raise ValueError(f"{found[0]} names no entity; write [words](entity)")
        marks.append(Entity(name, value, len(text), len(text) + len(found[1])))
        text += found[1]
        last = found.end()
    return Example(text + raw[last:], tuple(marks), raw)


def read_examples(source: Source, language: str) -> tuple[Nlu, list[Problem]]:
    """The whole file; what cannot be read is in the problems and left out."""
    nlu = Nlu(language, file=source.file)
    problems: list[Problem] = []
    rows = source.value.get("nlu") if isinstance(source.value, dict) else None
    if not isinstance(rows, list):
        if not source.problems:
            problems.append(
                source.problem((), "shape", "there is no list `nlu:` in this file", "write it as Rasa does")
            )
        return nlu, problems
    for n, row in enumerate(rows):
        path: Path = ("nlu", n)
        kind = next((kind for kind in KINDS if isinstance(row, dict) and kind in row), "")
        if not kind:
            wrong = next(iter(row), "") if isinstance(row, dict) else str(row)
            mend = did_you_mean(str(wrong), KINDS)
            problems.append(source.problem(path, "unknown_key", f"{wrong!r} is no part of nlu.yml", mend))
            continue
        _read_row(source, path, kind, row, nlu, problems)
    return nlu, problems


def _read_row(source: Source, path: Path, kind: str, row: dict[str, Any], nlu: Nlu, problems: list[Problem]) -> None:
    name = str(row[kind])
    texts = list(_lines(source, path, row.get("examples", "")))
    if not texts:
        problems.append(
            source.problem((*path, kind), "no_examples", f"{kind} {name!r} has no examples", "write examples: |")
        )
    if kind == "intent":
        if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", name):
            problems.append(
                source.problem((*path, kind), "name", f"{name!r} cannot name an intent", "use letters, digits, _")
            )
            return
        into = nlu.intents.setdefault(name, [])
        for line, column, text in texts:
            try:
                into.append(replace(example(text), line=line))
            except ValueError as error:
                problems.append(Problem(source.file, line, column, "mark", str(error)))
    else:
        table = {"synonym": nlu.synonyms, "lookup": nlu.lookups, "regex": nlu.regexes}[kind]
        table.setdefault(name, []).extend(text for _, _, text in texts)


def _lines(source: Source, path: Path, examples: Any) -> list[tuple[int, int, str]]:
    """(line, column, text) of `examples: |` with a dash each, or of a list (of texts, or of {text: ...})."""
    if isinstance(examples, list):
        found = []
        for n, entry in enumerate(examples):
            text = entry.get("text", "") if isinstance(entry, dict) else entry
            found.append((*source.place((*path, "examples", n)), str(text).strip().removeprefix("- ")))
        return [row for row in found if row[2]]
    first, column = source.place((*path, "examples"))
    rows = []
    for n, line in enumerate(str(examples).split("\n"), 1):
        text = line.strip().removeprefix("-").strip()
        if text:
            rows.append((first + n, column, text))
    return rows
