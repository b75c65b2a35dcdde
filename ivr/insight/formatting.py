"""One way to write a flow's files: indentation, quotes and comments kept, nothing said otherwise than before."""

import io
import re
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.nodes import ScalarNode
from ruamel.yaml.resolver import VersionedResolver

from ivr.flow.source import parse

WIDTH = 120


class CannotFormat(Exception):
    """The file has a mistake, or would say something else afterwards; it is left as it is."""


class _Texts(VersionedResolver):
    """Every scalar is text: `012`, `+1415`, `yes` are written back as they stood."""

    def resolve(self, kind: Any, value: Any, implicit: Any) -> Any:
        from ruamel.yaml.tag import Tag

        if kind is ScalarNode:
            return Tag(suffix="tag:yaml.org,2002:str")
        return super().resolve(kind, value, implicit)


def round_trip() -> YAML:
    """Reads and writes with comments and quotes kept, every scalar a text."""
    yaml = YAML(typ="rt")
    yaml.Resolver = _Texts
    yaml.preserve_quotes = True
    yaml.width = WIDTH
    yaml.brace_single_entry_mapping_in_flow_sequence = True
    yaml.indent(mapping=2, sequence=4, offset=2)
    return yaml


def formatted(file: str, text: str) -> str:
    """The file as it should look; the same again when it is formatted twice. Raises CannotFormat."""
    before = parse(file, text)
    if before.problems:
        raise CannotFormat(str(before.problems[0]))
    yaml = round_trip()
    out = io.StringIO()
    if isinstance(before.value, list) and re.search("^-", text, re.MULTILINE):  # as it will be written, see below
        text = "".join(f"  {line}" if line.strip() else line for line in text.splitlines(keepends=True))
    try:
        yaml.dump(yaml.load(text), out)
    except YAMLError as error:
        raise CannotFormat(f"{file}: {error}".splitlines()[0]) from None
    rows = [line.rstrip() for line in out.getvalue().splitlines()]
    if isinstance(before.value, list):  # the list that is the whole file begins at the margin
        rows = [row[2:] if row.startswith("  ") else row for row in rows]
    made = "\n".join(rows) + "\n"
    after = parse(file, made)
    if after.problems or after.value != before.value:
        raise CannotFormat(f"{file}: it would say something else: left as it is")
    return made
