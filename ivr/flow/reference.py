"""The reference part of docs/flows.md, made of the models: every key, every node type with its example."""

import types
import typing
from collections.abc import Iterator
from typing import Any, Literal

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from ivr.flow.base import Part
from ivr.flow.lines import Line, Lines, rate
from ivr.flow.listening import Overrides, Retry, Settings
from ivr.flow.models import CallerProfile, FlowFile, Limits, Recording
from ivr.flow.nodes.base import Node
from ivr.flow.nodes.table import NODE_TYPES
from ivr.flow.option import Anywhere, Option
from ivr.flow.scalars import Means, flag, key, length, seconds
from ivr.flow.slot import Choice, Confirm, Slot
from ivr.language.spoken import FORMS

BEGIN = "<!-- reference: printed by `ivr flow reference`, held by tests/flow/test_docs.py -->"
END = "<!-- end of the reference -->"

_KINDS = {flag: "true or false", seconds: "time", key: "key", length: "length", rate: "rate"}
_MEANS = {
    Means.NODE: "node", Means.INTENT: "intent", Means.DESTINATION: "destination", Means.LANGUAGE: "language",
    Means.FLOW: "flow",
    Means.VALUE: "name", Means.EXPRESSION: "condition", Means.TEMPLATE: "text with {names}", Means.STATEMENT: "SQL",
    Means.URL: "address", Means.BODY: "JSON",
}  # fmt: skip


def reference() -> str:
    """Markdown, between the two markers."""
    rows = [BEGIN, ""]
    rows += _section("### The flow", FlowFile)
    rows += _section("`recording`", Recording)
    rows += _section("`limits`", Limits)
    rows += _section("`profile`", CallerProfile)
    rows += ["### Node types", "", "Every node may have:", ""]
    rows += _table(Node, skip={*Overrides.model_fields, "type"})
    for name, kind in NODE_TYPES.items():
        rows += [f"#### `{name}`", "", " ".join((kind.__doc__ or "").split()), ""]
        rows += ["```yaml", kind.example.rstrip(), "```", ""]
        rows += _table(kind, skip={*Node.model_fields})
    rows += _section("Options of a menu", Option)
    rows += _section("Slots of a collect", Slot)
    rows += _section("`choices`", Choice)
    rows += _section("`confirm`", Confirm)
    rows += _section("`anywhere`", Anywhere)
    rows += ["### How a node listens", "", "In `defaults`, and in every node to override them there.", ""]
    rows += _table(Overrides, built_in=True)
    rows += _section("`no_input` and `no_match`: a list of steps", Retry)
    rows += _section("### lines.yaml", Lines)
    rows += _section("One line", Line)
    rows += [f"Formats of `{{name:format}}`: {', '.join(f'`{form}`' for form in FORMS)}.", "", END]
    return "\n".join(rows)


def node_page(name: str, example: str, conversations: str) -> str:
    """docs/flows/nodes/<name>.md: a node type with a whole flow that uses it and conversations that hold."""
    kind = NODE_TYPES[name]
    rows = [f"# `{name}`", "", " ".join((kind.__doc__ or "").split()), "", "```yaml", kind.example.rstrip(), "```", ""]
    rows += _table(kind, skip={*Node.model_fields})
    rows += ["Keys that every node may have, and how nodes listen: [the reference](../../flows.md#node-types).", ""]
    rows += ["## A whole flow", "", "```yaml", example.rstrip(), "```", "", "## Conversations that hold", ""]
    return "\n".join([*rows, "```yaml", conversations.rstrip(), "```", ""])


def _section(title: str, model: type[Part]) -> list[str]:
    heading = title if title.startswith("#") else f"#### {title}"
    about = " ".join((model.__doc__ or "").split())
    return [heading, "", about, "", *_table(model)]


def _table(model: type[Part], skip: set[str] | frozenset[str] = frozenset(), built_in: bool = False) -> list[str]:
    rows = ["| Key | Value | Meaning |", "|---|---|---|"]
    for name, info in model.model_fields.items():
        if name in skip:
            continue
        meaning = " ".join((info.description or "").split()).replace("|", "\\|")
        default = _default(Settings.model_fields[name] if built_in else info)
        if info.is_required():
            meaning = f"{meaning} **Needed.**".strip()
        elif default:
            meaning = f"{meaning} Else: {default}.".strip()
        rows.append(f"| `{info.alias or name}` | {_kind(info)} | {meaning} |")
    return [*rows, ""] if len(rows) > 2 else []


def _default(info: FieldInfo) -> str:
    value = info.get_default(call_default_factory=True) if not info.is_required() else None
    if value is None or isinstance(value, BaseModel) or value in ((), {}, "", False):
        return ""
    if isinstance(value, float) and seconds in [getattr(m, "func", None) for m in info.metadata]:
        return f"`{value:g}s`"
    shown = (
        ", ".join(map(str, value)) if isinstance(value, tuple) else str(value).lower() if value is True else f"{value}"
    )
    return f"`{shown}`"


def _kind(info: FieldInfo) -> str:
    metadata = [getattr(m, "func", m) for m in info.metadata]
    return " or ".join(dict.fromkeys(_words(info.annotation, metadata)))


def _words(hint: Any, metadata: list[Any]) -> Iterator[str]:
    """An annotation in an administrator's words."""
    known = next((_KINDS[m] for m in metadata if callable(m) and m in _KINDS), None)
    known = known or next((_MEANS[m] for m in metadata if isinstance(m, Means)), None)
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if known:
        yield known
    elif origin is typing.Annotated:
        yield from _words(arguments[0], [getattr(m, "func", m) for m in arguments[1:]])
    elif origin in (typing.Union, types.UnionType):
        for arm in arguments:
            if arm is not type(None):
                yield from _words(arm, [])
    elif origin is Literal:
        yield ", ".join(f"`{value}`" for value in arguments)
    elif origin in (tuple, list):
        yield "list of " + " or ".join(_words(arguments[0], []))
    elif origin is dict:
        yield f"{{{' or '.join(_words(arguments[0], []))}: {' or '.join(dict.fromkeys(_words(arguments[1], [])))}}}"
    elif isinstance(hint, type) and issubclass(hint, Node):
        yield "node"
    elif isinstance(hint, type) and issubclass(hint, BaseModel):
        yield _NAMES.get(hint.__name__, hint.__name__.lower())
    else:
        yield {str: "text", int: "number", float: "number", bool: "true or false"}.get(hint, "text")


_NAMES = {
    "Text": "text, or one a language",
    "Phrases": "list of texts, or one list a language",
    "Overrides": "how nodes listen",
    "BargeIn": "true, false, keys, {min_words: 2} or {protect: 2s}",
    "MaxVisits": "{times: node}",
    "Retry": "step",
    "Except": "{except: [names]}",
    "Confirm": "`always`, `unsure`, `never`, or {when, say}",
    "When": "{if: condition, next: node}",
    "Cache": "{for: time, shared: true}",
    "Recording": "{consent, say}",
    "CallerProfile": "{remember, unverified}",
}
