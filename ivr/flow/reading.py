"""From a tree of texts to models: pydantic's findings as problems with place and mend."""

import types
import typing
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from pydantic import BaseModel, RootModel, ValidationError

from ivr.flow.models import FlowFile
from ivr.flow.nodes.base import Node
from ivr.flow.nodes.table import NODE_TYPES
from ivr.flow.path import Path
from ivr.flow.problems import Problem, did_you_mean
from ivr.flow.source import Source
from ivr.flow.text import Text

MOST_KEYS = 100
"""Keys at the top that are looked at: a flow has a dozen."""
Model = TypeVar("Model", bound=BaseModel)


@dataclass
class Draft:
    """A flow whose parts were read one by one: what is wrong stands in `problems`, the rest is here."""

    source: Source
    top: dict[str, Any] = field(default_factory=dict)
    """Keys of the file but `nodes`."""
    nodes: dict[str, Node] = field(default_factory=dict)
    origin: dict[str, Source] = field(default_factory=dict)
    """Node -> the file that it stands in (a fragment's nodes stand elsewhere)."""
    texts: dict[str, Text] = field(default_factory=dict)
    """Texts of fragments, by name."""
    problems: list[Problem] = field(default_factory=list)
    names: set[str] = field(default_factory=set)
    """Every node that is written, also those with mistakes."""
    values: set[str] = field(default_factory=set)
    """Names that nodes with mistakes meant to fill: they are not reported a second time where they are used."""

    def at(self, node: str) -> Source:
        return self.origin.get(node, self.source)


def read(model: type[Model], source: Source, path: Path, value: Any) -> tuple[Model | None, list[Problem]]:
    """One model from the part of a file at `path`; None when there are problems."""
    try:
        return model.model_validate(value), []
    except ValidationError as error:
        return None, [explain(source, path, model, value, entry) for entry in error.errors(include_url=False)]


def read_nodes(draft: Draft, source: Source, nodes: Any) -> None:
    """`nodes:` of the flow or of a fragment."""
    if not isinstance(nodes, dict):
        draft.problems.append(
            source.problem(("nodes",), "shape", "nodes must be a mapping", "write nodes: {name: ...}")
        )
        return
    for name, value in nodes.items():
        path: Path = ("nodes", name)
        if name in draft.names:
            first = draft.at(name)
            place = f"{first.file}:{first.place(path, key=True)[0]}"
            draft.problems.append(source.problem(path, "duplicate_node", f"node {name!r} exists already, at {place}",
                                                 "give one of them another name", key=True))  # fmt: skip
            continue
        draft.names.add(name)
        draft.origin[name] = source
        node, problems = read_node(source, path, name, value)
        draft.problems += problems
        if node is not None:
            draft.nodes[name] = node
        elif isinstance(value, dict):
            draft.values |= _meant(value)


def _meant(node: Mapping[str, Any]) -> set[str]:
    tables = [node.get(key) for key in ("slots", "values", "compute")]
    saved = [node["save"]] if isinstance(node.get("save"), str) else []
    return {name for table in tables if isinstance(table, dict) for name in table} | set(saved)


def read_node(source: Source, path: Path, name: str, value: Any) -> tuple[Node | None, list[Problem]]:
    """One node by its `type`."""
    if not name.replace("_", "a").isalnum() or not name.isascii() or name[0].isdigit():
        return None, [
            source.problem(path, "name", f"{name!r} cannot name a node", "use letters, digits and _", key=True)
        ]
    if not isinstance(value, dict):
        mend = f"write {name}: {{type: say, ...}}"
        return None, [source.problem(path, "shape", f"node {name!r} must be a mapping", mend, key=True)]
    kind = value.get("type")
    if kind is None:
        known = ", ".join(NODE_TYPES)
        return None, [source.problem(path, "no_type", f"node {name!r} has no type", f"there are {known}", key=True)]
    if not isinstance(kind, str) or kind not in NODE_TYPES:
        later, mend = f"there is no node type {kind!r}", did_you_mean(str(kind), NODE_TYPES)
        return None, [source.problem((*path, "type"), "unknown_type", later, mend)]
    return read(NODE_TYPES[kind], source, path, value)


def read_top(draft: Draft, value: Mapping[str, Any]) -> None:
    """Every key of flow.yaml but `nodes`, each by itself, so that one mistake does not hide the others."""
    known = {info.alias or name for name, info in FlowFile.model_fields.items()}
    for key in list(value)[:MOST_KEYS]:
        if key not in known:
            message = f"a flow has no key {key!r}"
            draft.problems.append(
                draft.source.problem((key,), "unknown_key", message, did_you_mean(key, known), key=True)
            )
    stub = {"flow": "x", "start": "x", "nodes": {"x": {"type": "hangup"}}}
    for key in sorted(known - {"nodes"}):
        if key not in value:
            if key in ("flow", "start"):
                mend = "write `flow: orders`, its name" if key == "flow" else "write `start: welcome`, its first node"
                draft.problems.append(draft.source.problem((), "missing", f"{key!r} is missing", mend))
            continue
        part, problems = read(FlowFile, draft.source, (), {**stub, key: value[key]})
        draft.problems += problems
        if part is not None:
            draft.top[key] = getattr(part, key)


def explain(source: Source, base: Path, model: type[BaseModel], value: Any, error: Any) -> Problem:
    """One finding of pydantic."""
    path, inner = _path(error["loc"], value)
    place = (*base, *path)
    kind, context = error["type"], error.get("ctx") or {}
    name = next((step for step in reversed(place) if isinstance(step, str)), "value")
    if kind == "extra_forbidden":
        known = _keys_at(model, path[:-1])
        return source.problem(
            place, "unknown_key", f"there is no key {name!r} here", did_you_mean(name, known), key=True
        )
    if kind == "missing":
        lacking = str(error["loc"][-1])
        around = f" in {name!r}" if place and not isinstance(place[-1], int) else ""
        return source.problem(place, "missing", f"{lacking!r} is missing{around}", f"write {lacking}: ...", key=True)
    if kind == "literal_error":
        known = context["expected"].replace("'", "").replace(" or ", ", ").split(", ")
        return source.problem(
            place, "not_allowed", f"{name}: {inner!r} is not allowed", did_you_mean(str(inner), known)
        )
    if kind == "value_error":
        message, _, mend = str(context.get("error", error["msg"])).partition("; ")
        return source.problem(place, "value", message, mend)
    return source.problem(place, "value", f"{name}: {_WORDS.get(kind, error['msg'])}", _hint(kind, context))


_WORDS = {
    "string_type": "must be one text",
    "int_parsing": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_parsing": "must be a number",
    "dict_type": "must be a mapping, like {name: value}",
    "model_type": "must be a mapping, like {name: value}",
    "model_attributes_type": "must be a mapping, like {name: value}",
    "tuple_type": "must be a list, like [one, two]",
    "list_type": "must be a list, like [one, two]",
    "greater_than_equal": "is too small",
    "less_than_equal": "is too large",
    "too_short": "is empty",
    "string_too_short": "is empty",
    "string_pattern_mismatch": "is not written as it must be",
}


def _hint(kind: str, context: Mapping[str, Any]) -> str:
    if kind == "string_pattern_mismatch":
        return f"it must look like {context.get('pattern')}"
    if kind in ("greater_than_equal", "less_than_equal"):
        return f"the limit is {context.get('ge', context.get('le'))}"
    return ""


def _path(loc: tuple[str | int, ...], value: Any) -> tuple[Path, Any]:
    """The part of pydantic's location that exists in the file, and the value there."""
    path: list[str | int] = []
    for step in loc:
        if isinstance(value, dict) and str(step) in value:
            value = value[str(step)]
            path.append(str(step))
        elif isinstance(value, list) and isinstance(step, int) and step < len(value):
            value = value[step]
            path.append(step)
    return tuple(path), value


def _keys_at(model: type[BaseModel], path: Path) -> list[str]:
    """Keys that a mapping at `path` may have."""
    kind: Any = model
    for step in path:
        found = list(_parts(kind))
        kind = None
        for part in found:
            if isinstance(step, int):
                kind = part
            elif issubclass(part, RootModel):
                continue
            else:
                info = next((i for n, i in part.model_fields.items() if step in (n, i.alias)), None)
                kind = info.annotation if info else part
            break
        if kind is None:
            return []
    return [info.alias or name for part in _parts(kind) for name, info in part.model_fields.items() if name != "root"]


def _parts(kind: Any) -> Iterator[type[BaseModel]]:
    """Models inside an annotation: `tuple[Option, ...] | None` -> Option."""
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        yield kind
        return
    if typing.get_origin(kind) in (typing.Union, types.UnionType, tuple, list, dict, typing.Annotated):
        for inner in typing.get_args(kind):
            yield from _parts(inner)
