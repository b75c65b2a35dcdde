"""Single values of a flow's files set by forms: the file is written back with its comments, quotes and order kept."""

import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import YAMLError

from ivr.flow.source import parse
from ivr.insight.formatting import CannotFormat, formatted, round_trip

KEYS = 24
"""Longest path of a value."""
_NAME = re.compile(r"[a-z_][a-z0-9_.]{0,60}")


class CannotEdit(Exception):
    """The file has a mistake, or the place is not there; the text tells."""


@dataclass(frozen=True)
class Change:
    """A value set."""

    path: tuple[str | int, ...]
    """("nodes", "welcome", "say", "en"); an index equal to the list's length appends."""
    value: Any
    """Text, list of texts or mapping of texts; None or "" takes the key out."""


def edited(file: str, text: str, changes: Sequence[Change]) -> str:
    """The file with the changes in it, formatted. Raises CannotEdit."""
    source = parse(file, text)
    if source.problems:
        raise CannotEdit(f"mend this first: {source.problems[0]}")
    yaml = round_trip()
    try:
        tree = yaml.load(text)
        if tree is None:
            tree = CommentedMap()
        for change in changes:
            _set(tree, change)
        out = io.StringIO()
        yaml.dump(tree, out)
        return formatted(file, out.getvalue())
    except (YAMLError, CannotFormat) as error:
        raise CannotEdit(str(error).splitlines()[0]) from None


def _set(tree: Any, change: Change) -> None:
    if not 0 < len(change.path) <= KEYS:
        raise CannotEdit("the place is no place in a flow")
    for key, after in zip(change.path[:-1], change.path[1:], strict=True):
        tree = _into(tree, key, after)
    key, value = change.path[-1], change.value
    if isinstance(tree, CommentedSeq) and isinstance(key, int) and 0 <= key <= len(tree):
        if value in (None, ""):
            del tree[key : key + 1]
        elif key == len(tree):
            tree.append(_node(value))
        else:
            tree[key] = _node(value)
    elif isinstance(tree, CommentedMap) and isinstance(key, str) and _NAME.fullmatch(key):
        if value in (None, ""):
            tree.pop(key, None)
        else:
            tree[key] = _node(value)
    else:
        raise CannotEdit(f"there is no place {'.'.join(map(str, change.path))[:200]}")


def _into(tree: Any, key: str | int, after: str | int) -> Any:
    """The part below `key`; made when it is not there. A text that becomes one a language keeps what it said."""
    if isinstance(tree, CommentedSeq):
        if isinstance(key, int) and 0 <= key < len(tree):
            return tree[key]
        raise CannotEdit(f"there is no entry {key}")
    if not isinstance(tree, CommentedMap) or not isinstance(key, str) or not _NAME.fullmatch(key):
        raise CannotEdit(f"there is no place {str(key)[:60]!r}")
    if key not in tree:
        tree[key] = CommentedSeq() if isinstance(after, int) else CommentedMap()
    return tree[key]


def _node(value: Any) -> Any:
    if isinstance(value, dict):
        made = CommentedMap({str(key): _node(entry) for key, entry in value.items() if entry not in (None, "")})
        made.fa.set_flow_style()
        return made
    if isinstance(value, list):
        listed = CommentedSeq([_node(entry) for entry in value])
        listed.fa.set_flow_style()
        return listed
    return str(value)


def with_example(file: str, text: str, intent: str, phrase: str) -> str:
    """nlu.yml with one more example of an intent; the intent is made when there is none. Raises CannotEdit."""
    words = " ".join(phrase.split())
    if not words or len(words) > 300 or re.search(r"[\x00-\x1f\[\]{}()]", words):
        raise CannotEdit("an example is one line of words, without brackets")
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,60}", intent):
        raise CannotEdit(f"{intent[:60]!r} cannot name an intent: small letters, digits and _")
    source = parse(file, text)
    if source.problems and text.strip():
        raise CannotEdit(f"mend this first: {source.problems[0]}")
    rows = source.value.get("nlu", []) if isinstance(source.value, dict) else []
    for n, row in enumerate(rows if isinstance(rows, list) else []):
        if isinstance(row, dict) and row.get("intent") == intent and isinstance(row.get("examples"), str):
            if f"- {words}" in row["examples"].splitlines():
                return text
            return _after_line(text, source.place(("nlu", n, "examples"))[0], words)
    begun = text if rows else 'version: "3.1"\nnlu:\n'
    dashes = re.findall(r"^( *)- intent:", begun, re.MULTILINE)
    space = dashes[-1] if dashes else "  "
    row = f"{space}- intent: {intent}\n{space}  examples: |\n{space}    - {words}\n"
    made = begun.rstrip("\n") + "\n" + row
    if parse(file, made).problems:
        raise CannotEdit("the file ends in a way that nothing can be added to; add it by hand")
    return made


def _after_line(text: str, line: int, words: str) -> str:
    """Below the block's last entry, indented as it is: the rest of the file stays as it was, letter by letter."""
    rows = text.splitlines(keepends=True)
    last = indent = 0
    for n in range(line, len(rows)):
        found = re.match(r"( +)- ", rows[n])
        if found and (not indent or len(found[1]) == indent):
            indent, last = len(found[1]), n
        elif rows[n].strip():
            break
    if not indent:
        raise CannotEdit("the intent's examples are not a list of lines")
    if not rows[last].endswith("\n"):
        rows[last] += "\n"
    rows.insert(last + 1, f"{' ' * indent}- {words}\n")
    return "".join(rows)
