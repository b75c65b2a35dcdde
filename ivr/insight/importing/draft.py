"""What an import makes: a flow, its examples and conversations, and the list of what was left. Pure.

Whatever the source holds is text: it never becomes a template, an expression, an address or markup here.
"""

import io
import re
from dataclasses import dataclass, field
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.scalarstring import DoubleQuotedScalarString, LiteralScalarString

from ivr.flow.names import SCOPES

LONGEST_TEXT = 2000
RESERVED = frozenset({*SCOPES, "item", "confirm", "intent", "value"})


class ImportFailed(Exception):
    """Nothing can be made of the source; the message says why."""


@dataclass(frozen=True)
class Left:
    """One thing that was not carried over, or only in part."""

    where: str
    """File, or file and element."""
    what: str
    mend: str
    """What the administrator does about it."""


@dataclass
class Draft:
    """A first flow."""

    name: str
    source: str
    """What it was made from: `Rasa`, `VoiceXML 2.1`."""
    start: str = ""
    nodes: dict[str, dict[str, Any]] = field(default_factory=dict)
    more: dict[str, Any] = field(default_factory=dict)
    """Further keys of flow.yaml."""
    nlu: list[dict[str, str]] = field(default_factory=list)
    tests: list[dict[str, Any]] = field(default_factory=list)
    carried: dict[str, int] = field(default_factory=dict)
    """Kind -> how many were carried over."""
    left: list[Left] = field(default_factory=list)

    def count(self, kind: str, number: int = 1) -> None:
        self.carried[kind] = self.carried.get(kind, 0) + number

    def leave(self, where: str, what: str, mend: str) -> None:
        row = Left(_line(where), _line(what), _line(mend))
        if row not in self.left:
            self.left.append(row)

    def files(self) -> dict[str, str]:
        """File name -> text."""
        flow = {"flow": self.name, "start": self.start, **self.more, "nodes": self.nodes}
        head = f"# Made from {self.source} by `ivr import`; IMPORT.md tells what is missing.\n"
        found = {"flow.yaml": head + _yaml(flow), "IMPORT.md": self.report()}
        if self.nlu:
            rows = [{k: LiteralScalarString(v) if k == "examples" else v for k, v in row.items()} for row in self.nlu]
            found["nlu.yml"] = _yaml({"version": "3.1", "nlu": rows})
        if self.tests:
            found["tests.yaml"] = _yaml(self.tests)
        return found

    def report(self) -> str:
        """IMPORT.md."""
        rows = "".join(f"| {kind} | {number} |\n" for kind, number in self.carried.items())
        left = "".join(f"| {_cell(it.where)} | {_cell(it.what)} | {_cell(it.mend)} |\n" for it in self.left)
        return (
            f"# {self.name}: imported from {self.source}\n\nCarried over:\n\n| What | How many |\n|---|---|\n{rows}\n"
            f"Not carried over, or only in part:\n\n| Where | What | What to do |\n|---|---|---|\n{left}"
        )


def name_of(text: str, fallback: str = "x") -> str:
    """A name as flows have it: lower case letters, digits, underscores."""
    found = re.sub(r"[^a-z0-9]+", "_", str(text).lower()).strip("_")[:60]
    return found if found and found[0].isalpha() else f"{fallback}_{found}".strip("_")


def value_name(text: str) -> str:
    """A name that a slot may have."""
    found = name_of(text, "value")
    return f"{found}_value" if found in RESERVED else found


def spoken(text: str, known: dict[str, str] | None = None) -> str:
    """A prompt: one line, braces only around names in `known` (their name -> the flow's)."""
    names = known or {}
    plain = re.sub(r"\s+", " ", str(text)).strip()[:LONGEST_TEXT]
    plain = "".join(c for c in plain if c.isprintable())

    def one(found: re.Match[str]) -> str:
        name = found[1].strip()
        return f"\1{names[name]}|that\2" if name in names else name

    marked = re.sub(r"\{([^{}|:]*)\}", one, plain).replace("{", "").replace("}", "")
    return marked.replace("\1", "{").replace("\2", "}").strip()


def _yaml(value: Any) -> str:
    yaml = YAML()
    yaml.default_flow_style = False
    yaml.width = 110
    out = io.StringIO()
    yaml.dump(_quoted(value), out)
    return out.getvalue()


def _quoted(value: Any) -> Any:
    """Every text in quotes, so that none is read as anything else."""
    match value:
        case LiteralScalarString():
            return value
        case str():
            return value if re.fullmatch(r"[a-z][a-z0-9_]*", value) else DoubleQuotedScalarString(value)
        case dict():
            return {_quoted(str(k)): _quoted(v) for k, v in value.items()}
        case list() | tuple():
            return [_quoted(one) for one in value]
    return value


def _line(text: str) -> str:
    plain = "".join(c if c.isprintable() else " " for c in str(text))
    return re.sub(r"\s+", " ", plain).strip()[:300]


def _cell(text: str) -> str:
    return re.sub(r"([\\|`<>\[\]])", r"\\\1", text)
