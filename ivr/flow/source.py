"""A flow's YAML as a tree of texts with places. Every scalar is text; YAML's traps are errors that name the mend."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from ivr.flow.path import Path
from ivr.flow.problems import Problem

LARGEST = 2_000_000
"""Characters of one flow file; 20 times that for examples."""
FEW = 3
"""Anchors of a file that are told one by one."""
CORE = ("str", "int", "float", "bool", "null", "seq", "map", "timestamp", "value", "binary", "merge")
"""YAML's own types, which plain values have without saying so."""
DEEPEST = 40
"""Levels of nesting."""


@dataclass(frozen=True)
class Unread:
    """Stands for the content of a file that could not be read."""

    reason: str

    def __len__(self) -> int:
        return 0


@dataclass
class Source:
    """One parsed file."""

    file: str
    value: Any = None
    """dict, list and str only; None when the file could not be read."""
    places: dict[Path, tuple[int, int]] = field(default_factory=dict)
    """Path of keys and indices -> line and column of the value."""
    keys: dict[Path, tuple[int, int]] = field(default_factory=dict)
    """The same for the key that stands before the value."""
    problems: list[Problem] = field(default_factory=list)

    def place(self, path: Path, key: bool = False) -> tuple[int, int]:
        """Line and column of the value (or key) at `path`, or of the nearest part around it."""
        tables = (self.keys, self.places) if key else (self.places, self.keys)
        for cut in range(len(path), -1, -1):
            for table in tables:
                if path[:cut] in table:
                    return table[path[:cut]]
        return (1, 1)

    def problem(self, path: Path, code: str, message: str, mend: str = "", *, key: bool = False) -> Problem:
        line, column = self.place(path, key)
        return Problem(self.file, line, column, code, message, mend)


def decode(file: str, data: str | bytes, largest: int = LARGEST) -> tuple[str, list[Problem]]:
    """The text of a file: UTF-8, of a sane size, without control characters."""
    if len(data) > largest:
        size = f"{len(data) / 1e6:.1f} MB, more than {largest / 1e6:.0f} MB"
        return "", [Problem(file, 0, 0, "too_large", f"the file has {size}", "split the flow into several")]
    text = data if isinstance(data, str) else ""
    if isinstance(data, bytes):
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = data.count(b"\n", 0, error.start) + 1
            column = error.start - data.rfind(b"\n", 0, error.start)
            return "", [Problem(file, line, column, "encoding", "the file is not UTF-8 text", "save it as UTF-8")]
    found = re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]", text)
    if found:
        line, column = text.count("\n", 0, found.start()) + 1, found.start() - text.rfind("\n", 0, found.start())
        message = f"there is a control character ({found[0]!r}) in the file"
        return "", [Problem(file, line, column, "encoding", message, "take it out")]
    return text, []


def parse(file: str, data: str | bytes | Unread, largest: int = LARGEST) -> Source:
    """The whole file; mistakes are in `problems`, and what could be read in `value`."""
    source = Source(file)
    if isinstance(data, Unread):
        source.problems = [Problem(file, 0, 0, "unreadable", data.reason, "make it readable, or take it out")]
        return source
    text, source.problems = decode(file, data, largest)
    if source.problems:
        return source
    root = _compose(source, text)
    if root is not None:
        source.value = _Reader(source, text.split("\n")).read(root, ())
        anchors = [problem for problem in source.problems if problem.code == "anchor"]
        if len(anchors) > FEW:  # they stand for each other: what would follow from each says nothing new
            source.value, source.problems = None, anchors[:1]
    elif not source.problems:
        source.problems.append(Problem(file, 1, 1, "empty", "the file is empty"))
    return source


def _compose(source: Source, text: str) -> Node | None:
    file = source.file
    try:
        return YAML(typ="safe", pure=True).compose(text)  # type: ignore[no-any-return]
    except RecursionError:
        source.problems.append(Problem(file, 0, 0, "too_deep", f"more than {DEEPEST} levels of nesting", "flatten it"))
    except MarkedYAMLError as error:
        source.problems.append(_syntax(file, text, error))
    except (YAMLError, ValueError, AssertionError) as error:
        source.problems.append(Problem(file, 0, 0, "yaml", f"this is not YAML: {error}".splitlines()[0]))
    return None


class _Reader:
    """Walks the nodes of one file."""

    def __init__(self, source: Source, lines: list[str]) -> None:
        self.source = source
        self.lines = lines

    def read(self, node: Node, path: Path) -> Any:
        self.source.places.setdefault(path, _place(node))
        instead = self.refused(node, path)
        if instead is not None:
            return instead
        match node:
            case SequenceNode():
                return [self.read(entry, (*path, n)) for n, entry in enumerate(node.value)]
            case MappingNode():
                return self.mapping(node, path)
        return self.scalar(node, path) if isinstance(node, ScalarNode) else ""

    def refused(self, node: Node, path: Path) -> str | None:
        """What stands for a part that no flow may hold; None for all others."""
        if len(path) > DEEPEST:
            self.report(node, "too_deep", f"more than {DEEPEST} levels of nesting", "flatten it")
            return ""
        tag = str(node.ctag or "") if hasattr(node, "ctag") else str(node.tag or "")
        if tag.startswith("!") and tag != "!":
            self.tag(node, tag, f'write "{tag} ..." in double quotes')
            return ""
        if tag.startswith("tag:") and tag.removeprefix("tag:yaml.org,2002:") not in CORE:
            self.report(node, "tag", "types (!!...) do not exist in flows", "write the text itself, in double quotes")
            return tag
        if node.anchor:
            message = f"&{node.anchor} and *aliases do not exist in flows"
            self.report(node, "anchor", message, "write it out, or include a fragment")
            return ""
        return None

    def scalar(self, node: ScalarNode, path: Path) -> Any:
        if node.style is None:
            self.comment_trap(node)
            if "body" in path[:-1] or path[-2:] == ("http", "body"):
                return typed(str(node.value))
        return str(node.value)

    def comment_trap(self, node: ScalarNode) -> None:
        """`say: Press # now`: YAML drops what follows; two spaces before # are a comment on purpose."""
        mark = node.end_mark
        rest = self.lines[mark.line][mark.column :] if mark.line < len(self.lines) else ""
        if node.value and re.match(r" #", rest):
            self.report_at(
                mark.line + 1, mark.column + 2, "comment_in_text",
                f"everything from # on is a comment, so the text is only {node.value[-40:]!r}",
                "put the text in double quotes; for a comment write two spaces before #",
            )  # fmt: skip

    def mapping(self, node: MappingNode, path: Path) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key, value in node.value:
            if not isinstance(key, ScalarNode):
                self.report(key, "braces", "a text that begins with { or [ needs quotes", 'write say: "{name} ..."')
                continue
            name = str(key.value)
            inner = (*path, name)
            if name == "<<" and key.style is None:
                self.report(key, "anchor", "merge keys (<<) do not exist in flows", "write the keys out")
                continue
            if name in found:
                line = self.source.keys[inner][0]
                self.report(key, "duplicate_key", f"{name!r} stands here already, in line {line}", "keep one of them")
                continue
            self.source.keys[inner] = _place(key)
            if isinstance(value, ScalarNode) and value.style is None and value.value == "" and not value.anchor:
                self.source.places[inner] = _place(key)
                self.empty(node, key, value)
                found[name] = ""
                continue
            found[name] = self.read(value, inner)
        return found

    def empty(self, node: MappingNode, key: ScalarNode, value: ScalarNode) -> None:
        name = str(key.value)
        if str(getattr(value, "ctag", "") or "").startswith("!"):
            tag = str(value.ctag)
            self.tag(value, tag, f'write {name}: "{tag}" in double quotes')
        elif node.flow_style and "|" in name:
            self.report(key, "braces", f"{{{name}}} is a mapping here, not a text", f'put it in quotes: "{{{name}}}"')
        elif node.flow_style and not self.has_colon(key):
            single = len(node.value) == 1
            message = (
                f"{{{name}}} is a mapping here, not a text"
                if single
                else f"a comma ends a text inside {{ }}, so {name!r} became a key"
            )
            self.report(
                key,
                "braces" if single else "comma",
                message,
                f'put the text in quotes: "{{{name}}}"' if single else "put the text in double quotes",
            )
        else:
            self.report(key, "empty_value", f"{name!r} has no value", "write one, or leave the key out")

    def tag(self, node: Node, tag: str, mend: str) -> None:
        line, column = _place(node)
        before = self.lines[line - 1].rfind(tag, 0, column + len(tag))
        message = f"a text that begins with ! needs quotes, else YAML takes {tag} for a type"
        self.report_at(line, before + 1 if before >= 0 else column, "tag", message, mend)

    def has_colon(self, key: ScalarNode) -> bool:
        mark = key.end_mark
        rest = self.lines[mark.line][mark.column :] if mark.line < len(self.lines) else ""
        return rest.lstrip().startswith(":")

    def report(self, node: Node, code: str, message: str, mend: str) -> None:
        self.report_at(*_place(node), code, message, mend)

    def report_at(self, line: int, column: int, code: str, message: str, mend: str) -> None:
        self.source.problems.append(Problem(self.source.file, line, column, code, message, mend))


def typed(text: str) -> Any:
    """A plain scalar in the body of a request, typed as JSON is."""
    if re.fullmatch(r"-?(0|[1-9]\d{0,15})(\.\d+)?([eE][+-]?\d{1,3})?|true|false|null", text):
        return json.loads(text)
    return text


def _place(node: Node) -> tuple[int, int]:
    return node.start_mark.line + 1, node.start_mark.column + 1


_MENDS = [
    (r"mapping values are not allowed", "a colon followed by a space ends a key; put the text in double quotes"),
    (r"found unexpected ':'|found character '%'|found character '@'|found character '`'",
     "put the text in double quotes"),
    (r"expected alphabetic or numeric character", 'put * or & in quotes: key: "*"'),
    (r"found undefined alias", 'put a text that begins with * in double quotes: "*"'),
    (r"found character '\\t'|found a tab|cannot start any token",
     "indent with spaces, and put texts with odd beginnings in quotes"),
    (r"expected <block end>, but found",
     "indent this line like its neighbours; a text that begins with {, [ or a quote stands whole in double quotes"),
    (r"expected ',' or|while parsing a flow", "a { or [ is not closed, or a text in it needs double quotes"),
    (r"while scanning a quoted scalar|unexpected end of stream", "a quote is not closed"),
    (r"could not find expected ':'", "a key needs a colon and a space behind it"),
    (r"expected a single document", "take out the line with ---"),
]  # fmt: skip


def _syntax(file: str, text: str, error: MarkedYAMLError) -> Problem:
    mark = error.problem_mark or error.context_mark
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    said = f"{error.context or ''} {error.problem or ''}"
    mend = next(
        (mend for pattern, mend in _MENDS if re.search(pattern, said)), "look at this line and the one above it"
    )
    shown = text.split("\n")[line - 1 : line] or [""]
    if re.match(r"\s*[\w-]+:\s+!", shown[0]):
        mend = "put a text that begins with ! in double quotes"
    return Problem(file, line, column, "yaml", f"this is not YAML: {(error.problem or said).strip()}", mend)


def leaves(value: Any, path: Path = ()) -> Iterator[tuple[Path, str]]:
    """Every text in a tree with its path."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from leaves(inner, (*path, key))
    elif isinstance(value, list):
        for n, inner in enumerate(value):
            yield from leaves(inner, (*path, n))
    elif isinstance(value, str):
        yield path, value
