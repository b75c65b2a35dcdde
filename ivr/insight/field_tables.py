"""Tables of spoken examples: one file a field and language, with what each example means and what must be refused.

A table (`tests/language/tables/date.en.yaml`) holds field, language, settings, at (wall time), `said` {text: value},
`refused` [text] and `more`: further rows under other settings.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from ivr.flow.source import parse as read_yaml
from ivr.language import fields

REFUSED = 0.45
"""Below the built-in `min_confidence` a value is not taken."""


class Example(NamedTuple):
    """One row; `value` is empty where nothing may be understood."""

    field: str
    language: str
    text: str
    value: str
    settings: Mapping[str, Any]
    at: str

    def heard(self) -> str:
        """What is understood; empty when it is refused."""
        found = fields.parse(self.field, self.text, self.language, self.settings, self.at)
        return found[0].value if found and found[0].confidence >= REFUSED else ""


@dataclass
class Passed:
    """One field in one language."""

    said: int = 0
    refused: int = 0
    passed: int = 0
    wrong: list[tuple[Example, str]] = field(default_factory=list)
    """Examples with what was understood instead."""


def examples(file: Path) -> list[Example]:
    """The rows of one table; raises ValueError with the file's mistakes."""
    source = read_yaml(file.name, file.read_bytes())
    if source.problems:
        raise ValueError("\n".join(str(problem) for problem in source.problems))
    return list(_rows(source.value, source.value))


def _rows(whole: Mapping[str, Any], part: Mapping[str, Any]) -> Iterator[Example]:
    settings, at = part.get("settings") or {}, part.get("at", whole.get("at", ""))
    name, language = whole["field"], whole["language"]
    for text, value in (part.get("said") or {}).items():
        yield Example(name, language, text, value, settings, at)
    for text in part.get("refused") or []:
        yield Example(name, language, text, "", settings, at)
    for further in part.get("more") or []:
        yield from _rows(whole, {key: value for key, value in further.items() if key != "more"})


def files(folder: Path) -> list[Path]:
    """All tables, by name."""
    return sorted(folder.glob("*.*.yaml"))


def report(folder: Path) -> dict[tuple[str, str], Passed]:
    """(field, language) -> how many of its examples pass."""
    found: dict[tuple[str, str], Passed] = {}
    for file in files(folder):
        for example in examples(file):
            row = found.setdefault((example.field, example.language), Passed())
            row.said += bool(example.value)
            row.refused += not example.value
            heard = example.heard()
            row.passed += heard == example.value
            if heard != example.value:
                row.wrong.append((example, heard))
    return found
