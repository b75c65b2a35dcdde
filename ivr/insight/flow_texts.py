"""What a flow says and hears, text by text: for translations side by side and the list of its prompts."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ivr.flow.models import Flow
from ivr.flow.path import Path
from ivr.flow.source import parse
from ivr.flow.text import Text
from ivr.flow.walk import walk


@dataclass(frozen=True)
class Said:
    """One text of a flow's file."""

    path: Path
    """("nodes", "welcome", "say")."""
    line: int
    texts: dict[str, str]
    """language -> text; "" is one for all languages."""
    missing: tuple[str, ...] = ()
    """Languages of the flow without a translation."""


def texts(flow: Flow, file: str, data: bytes) -> list[Said]:
    """Every text of the flow's own file, in the order of the file."""
    source = parse(file, data)
    found = []
    for path, text in _texts(flow):
        if not _written(source.value, path):
            continue  # of a fragment
        line = source.place(path)[0]
        missing = () if len(flow.languages) == 1 else tuple(code for code in flow.languages if code not in text.root)
        found.append(Said(path, line, dict(text.root), missing))
    return sorted(found, key=lambda said: said.line)


def _texts(flow: Flow) -> Iterator[tuple[Path, Text]]:
    for leaf in walk(flow):
        if isinstance(leaf.value, Text):
            yield leaf.path, leaf.value


def _written(value: Any, path: Path) -> bool:
    for key in path:
        try:
            value = value[key]
        except (LookupError, TypeError):
            return False
    return isinstance(value, str | dict)


@dataclass(frozen=True)
class Prompt:
    """One prompt of a node in one language."""

    node: str
    part: str
    """Slot of a collect; empty else."""
    language: str
    text: str
    recording: str
    """Path in the flow's folder of what was recorded for it; empty: synthesized."""
    fixed: bool
    """No values in it: a recording can replace it."""

    @property
    def file(self) -> str:
        """Path in the flow's folder that a recording of it has."""
        return f"prompts/{'.'.join(part for part in (self.node, self.part, self.language) if part)}.wav"


def prompts(flow: Flow) -> list[Prompt]:
    """What each node says first, in each language."""
    found = []
    for name, node in flow.nodes.items():
        said: list[tuple[str, Any]] = [("", getattr(node, "say", None))]
        said += [(slot, getattr(one, "say", None)) for slot, one in getattr(node, "slots", {}).items()]
        for part, text in said:
            if not isinstance(text, Text):
                continue
            for code in flow.languages:
                key = "/".join(piece for piece in (name, part, code) if piece)
                words = text.of(code)
                found.append(Prompt(name, part, code, words, flow.recordings.get(key, ""), "{" not in words))
    return found
