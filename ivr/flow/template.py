"""Texts with values: `{name}`, `{name:format}`, `{name|what to say when it is empty}`; `{{` and `}}` are braces.

Values are data: what they hold is never read as a template again.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

from ivr.flow.text import Text
from ivr.language.spoken import FORMS, GROUPED, say

_NAME = re.compile(r"[A-Za-z_]\w*(\.\w+)*")
_TOKEN = re.compile(r"\{\{|\}\}|\{[^{}]*\}|[{}]")


class TemplateError(ValueError):
    """The text is not a template; `at` is the offset of the place."""

    def __init__(self, message: str, at: int) -> None:
        super().__init__(message)
        self.at = at


@dataclass(frozen=True)
class Hole:
    """One `{...}`."""

    name: str
    form: str = ""
    fallback: str | None = None
    at: int = 0
    """Offset in the text."""


class Rendered(NamedTuple):
    text: str
    missing: tuple[str, ...]
    """Names without a value and without a fallback; nothing is said for them."""


@lru_cache(maxsize=8192)
def parse(text: str) -> tuple[str | Hole, ...]:
    """Raises TemplateError."""
    parts: list[str | Hole] = []
    last = 0
    for found in _TOKEN.finditer(text):
        parts.append(text[last : found.start()])
        parts.append(_token(found[0], found.start()))
        last = found.end()
    parts.append(text[last:])
    return tuple(part for part in parts if part != "")


def _token(token: str, at: int) -> str | Hole:
    if token in ("{{", "}}"):
        return token[0]
    if token in ("{", "}"):
        raise TemplateError(f"a lone {token!r}; write {{name}} for a value, or {token * 2} for the brace itself", at)
    inside, _, fallback = token[1:-1].partition("|")
    name, _, form = inside.partition(":")
    name, form = name.strip(), form.strip()
    if not _NAME.fullmatch(name):
        raise TemplateError(f"{token!r} holds no name; write {{name}}, {{name:format}} or {{name|fallback}}", at)
    kind, _, groups = form.partition(" ")
    if groups and not (kind in GROUPED and re.fullmatch(r"\d+( \d+)*", groups)):
        raise TemplateError(f"{form!r} is no format; only {', '.join(GROUPED)} take groups: {{name:digits 4 4}}", at)
    if form and kind not in FORMS:
        raise TemplateError(f"no format {form!r}; there are {', '.join(FORMS)}", at)
    return Hole(name, form, fallback if "|" in token else None, at)


def holes(text: str) -> list[Hole]:
    """Every value that the text speaks of; raises TemplateError."""
    return [part for part in parse(text) if isinstance(part, Hole)]


def is_fixed(text: str) -> bool:
    """It holds no value: it can be rendered before any call."""
    return not holes(text)


def look_up(names: Mapping[str, Any], name: str) -> Any:
    """A value by name, dotted into mappings; None when it is not there."""
    value: Any = names
    for part in name.split("."):
        if not isinstance(value, Mapping) or part not in value:
            return None
        value = value[part]
    return value


def render(text: Text, language: str, names: Mapping[str, Any]) -> Rendered:
    """The text in `language` with its values in words, for speech."""
    missing: list[str] = []
    parts = []
    for part in parse(text.of(language)):
        if isinstance(part, str):
            parts.append(part)
            continue
        value = look_up(names, part.name)
        if value is None or value == "":
            if part.fallback is None:
                missing.append(part.name)
            parts.append(part.fallback or "")
        else:
            parts.append(say(value, part.form, language))
    return Rendered(re.sub(r"[ \t]+", " ", "".join(parts)).strip(), tuple(missing))


def plain(template: str, names: Mapping[str, Any]) -> Rendered:
    """The template with its values as they are: for headers and saved values. Line ends in values become spaces."""
    missing: list[str] = []
    parts = []
    for part in parse(template):
        if isinstance(part, str):
            parts.append(part)
            continue
        value = look_up(names, part.name)
        if value is None or value == "":
            if part.fallback is None:
                missing.append(part.name)
            parts.append(part.fallback or "")
        else:
            parts.append(re.sub(r"[\x00-\x1f\x7f]+", " ", str(value)))
    return Rendered("".join(parts), tuple(missing))
