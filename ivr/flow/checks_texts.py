"""Texts, expressions and statements: they can be read, their names exist, are not empty, and keep secrets."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ivr.flow.expressions import ExpressionError, compiled, variables
from ivr.flow.http_request import url_trouble
from ivr.flow.names import SCOPES
from ivr.flow.path import Path
from ivr.flow.problems import Problem, warning
from ivr.flow.scalars import Means
from ivr.flow.source import Source
from ivr.flow.sql import names as statement_names
from ivr.flow.sql import trouble
from ivr.flow.template import Hole, TemplateError, holes
from ivr.flow.text import Phrases, Text

if TYPE_CHECKING:
    from ivr.flow.checks import Scene

_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")
_MEMBER = re.compile(r"(?<![\w.])([A-Za-z_]\w*)\.([A-Za-z_]\w*)(?!\w*\()")
Certain = dict[str, set[str]] | None
"""Node -> names with a value for sure on entry; None while the graph cannot be drawn."""


def texts(scene: "Scene", certain: Certain) -> Iterator[Problem]:
    """Problems of everything that speaks of values."""
    for source, base, name, leaf in scene.leaves():
        path = (*base, *leaf.path)
        node = scene.draft.nodes.get(name)
        more, lost = node.inside(leaf.path) if node else (set(), set())
        sure = (certain.get(name, set()) - lost) | more if certain is not None else None
        if not node and certain is not None:
            sure = set()
        if isinstance(leaf.value, Text):
            yield from _languages(scene, source, path, leaf.value)
            for code, text in leaf.value.root.items():
                place: Path = (*path, code) if code else path
                yield from _template(scene, source, place, text, sure, more)
        elif isinstance(leaf.value, Phrases):
            for code in leaf.value.root:
                if code and code not in scene.languages:
                    yield _unknown_language(scene, source, (*path, code), code)
        elif leaf.means in (Means.TEMPLATE, Means.URL):
            yield from _template(scene, source, path, leaf.value, sure, more)
            if leaf.means is Means.URL:
                yield from _url(source, path, leaf.value)
        elif leaf.means is Means.BODY:
            yield from _template(scene, source, path, leaf.value, sure, more, secrets=True)
        elif leaf.means is Means.EXPRESSION:
            yield from _expression(scene, source, path, leaf.value)
        elif leaf.means is Means.STATEMENT:
            yield from _statement(scene, source, path, leaf.value, bool(getattr(node, "changes", False)))


def _languages(scene: "Scene", source: Source, path: Path, text: Text) -> Iterator[Problem]:
    for code in text.root:
        if code and code not in scene.languages:
            yield _unknown_language(scene, source, (*path, code), code)
    lacking = [code for code in scene.languages if not text.root.get(code)]
    if "" in text.root and len(scene.languages) > 1 and any(c.isalpha() for c in text.root[""]):
        message = f"this text is the same in {', '.join(scene.languages)}"
        yield warning(
            source.problem(path, "untranslated", message, f"write {{{scene.languages[0]}: ..., {lacking[-1]}: ...}}")
        )
    elif "" not in text.root and lacking:
        message = f"this text is missing in {', '.join(lacking)}"
        yield warning(source.problem(path, "untranslated", message, f"write {lacking[0]}: ..."))


def _unknown_language(scene: "Scene", source: Source, path: Path, code: str) -> Problem:
    mend = f"its languages are {', '.join(scene.languages)}"
    return source.problem(path, "unknown_language", f"{code!r} is none of this flow's languages", mend, key=True)


def _template(
    scene: "Scene", source: Source, path: Path, text: str, sure: set[str] | None, more: set[str], secrets: bool = False
) -> Iterator[Problem]:
    try:
        found = holes(text)
    except TemplateError as error:
        message, _, mend = str(error).partition("; ")
        yield source.problem(path, "template", message, mend)
        return
    for hole in found:
        if not (secrets and hole.name in scene.known.sensitive):
            yield from _hole(scene, source, path, hole, sure, more)


def _hole(
    scene: "Scene", source: Source, path: Path, hole: Hole, sure: set[str] | None, more: set[str]
) -> Iterator[Problem]:
    root = hole.name.split(".")[0]
    message, mend = ("", "") if root in more else scene.known.trouble(hole.name)
    if message:
        yield source.problem(path, "unknown_name", message, mend)
    elif root in scene.known.sensitive:
        mend = "a sensitive value is never said, sent or written"
        yield source.problem(path, "sensitive", f"{hole.name!r} is sensitive and may not stand here", mend)
    elif sure is not None and hole.fallback is None and scene.known.can_be_empty(hole.name, sure):
        form = f":{hole.form}" if hole.form else ""
        mend = f"say what then: {{{hole.name}{form}|...}}"
        yield source.problem(path, "can_be_empty", f"{hole.name!r} can be empty when this is said", mend)


def _url(source: Source, path: Path, url: str) -> Iterator[Problem]:
    try:
        message, _, mend = url_trouble(url).partition("; ")
    except TemplateError:
        return
    if message:
        yield source.problem(path, "url", message, mend)


def _expression(scene: "Scene", source: Source, path: Path, expression: str) -> Iterator[Problem]:
    try:
        compiled(expression)
    except ExpressionError as error:
        mend = "compare with ==, join with && and ||, put texts in single quotes"
        yield source.problem(path, "expression", f"this is no CEL expression: {error}", mend)
        return
    spoken_of = set(variables(expression))
    members = {f"{root}.{member}" for root, member in _MEMBER.findall(_QUOTED.sub("''", expression)) if root in SCOPES}
    for name in sorted(spoken_of | {name for name in members if name.split(".")[0] in spoken_of}):
        message, mend = scene.known.trouble(name)
        if message and not message.endswith("by itself"):  # a scope is looked into with a dot
            yield source.problem(path, "unknown_name", message, mend)


def _statement(scene: "Scene", source: Source, path: Path, statement: str, changes: bool) -> Iterator[Problem]:
    message = trouble(statement, changes)
    if message:
        what, _, mend = message.partition("; ")
        yield source.problem(path, "sql", what, mend)
    for name in statement_names(statement):
        message, mend = scene.known.trouble(name)
        if message:
            yield source.problem(path, "unknown_name", message, mend)
