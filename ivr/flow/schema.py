"""The JSON Schema of flow.yaml, for editors. Everything in a flow is text, so numbers and lengths of time are too."""

from typing import Any

from ivr.flow.base import Part
from ivr.flow.models import FlowFile

_TEXT: dict[str, Any] = {
    "description": "one text, or one a language",
    "anyOf": [{"type": "string"}, {"type": "object", "additionalProperties": {"type": "string"}}],
}
_PHRASES: dict[str, Any] = {
    "description": "what may be said: a list, or a list a language",
    "anyOf": [
        {"type": "string"},
        {"type": "array", "items": {"type": "string"}},
        {"type": "object", "additionalProperties": {"type": "array", "items": {"type": "string"}}},
    ],
}
_SHORT: dict[str, list[dict[str, Any]]] = {
    "BargeIn": [{"enum": ["true", "false", "keys", True, False]}],
    "Confirm": [{"enum": ["always", "unsure", "never"]}],
    "Except": [{"type": "object", "properties": {"except": {"type": ["array", "string"]}}, "required": ["except"]}],
    "MaxVisits": [{"type": "object", "maxProperties": 1, "additionalProperties": {"type": "string"}}],
    "Choice": [{"type": "string"}],
}
"""Shorter ways to write a part."""


def flow_schema() -> dict[str, Any]:
    """Draft 2020-12."""
    schema = FlowFile.model_json_schema(by_alias=True, mode="validation")
    definitions = schema["$defs"]
    _without_consent(schema)
    definitions["Text"], definitions["Phrases"] = _TEXT, _PHRASES
    for name, shorter in _SHORT.items():
        if name in definitions:
            definitions[name] = {"anyOf": [*shorter, definitions[name]]}
    return _finished(schema, "flow.yaml")


def schema_of(model: type[Part], title: str) -> dict[str, Any]:
    """Of another file: lines.yaml, a conversation of tests.yaml."""
    schema = model.model_json_schema(by_alias=True, mode="validation")
    definitions = schema.get("$defs", {})
    for name, loose in (("Text", _TEXT), ("Phrases", _PHRASES)):
        if name in definitions:
            definitions[name] = loose
    for inner in ("line", "lines") if title == "a conversation" else ():  # the reader fills them in
        schema["properties"].pop(inner, None)
    return _finished(schema, title)


def _finished(schema: dict[str, Any], title: str) -> dict[str, Any]:
    loose: dict[str, Any] = _loosen(schema)
    for part in (loose, *loose.get("$defs", {}).values()):
        for name, entry in part.get("properties", {}).items():
            if "description" not in entry:
                entry["description"] = _COMMON.get(name, name.replace("_", " "))
    loose["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    loose["title"] = title
    return loose


_COMMON = {
    "type": "What kind of node this is.",
    "next": "Node that follows.",
    "say": "What callers hear.",
    "if": "A condition in CEL.",
    "to": "Where to.",
    "key": "Key of the telephone, in quotes.",
    "intent": "Intent with examples in nlu.yml.",
    "phrases": "What may be said, word by word.",
    "label": 'Read by the keypad fallback: "For the status of an order, press 1."',
    "language": "en, ko, ...",
    "flow": "Name of a flow.",
    "save": "Name that the result is saved under.",
    "on": "Other ways out, by what happened.",
    "nodes": "The nodes of the flow, by name.",
    "defaults": "Settings of every node that does not say otherwise.",
    "no_input": "What happens at the first, second, ... silence.",
    "no_match": "What happens at the first, second, ... answer that is not understood.",
    "sensitive": "The value lives in memory only.",
    "field": "What is asked for: digits, date, yes_no, ...",
    "name": "Name of the conversation.",
    "call": "How the call comes in.",
    "talk": "What both sides say and do, in order.",
    "ends": "What must be true when the call is over.",
}
"""Keys that mean the same everywhere."""


def _without_consent(schema: dict[str, Any]) -> None:
    """The compiler's own node is nothing that a flow can write."""
    del schema["$defs"]["ConsentNode"]
    nodes = schema["properties"]["nodes"]["additionalProperties"]
    nodes["oneOf"] = [part for part in nodes["oneOf"] if not part["$ref"].endswith("/ConsentNode")]
    del nodes["discriminator"]["mapping"]["consent"]


def _loosen(part: Any) -> Any:
    """Editors read `5` as a number and `true` as a truth where the loader reads texts: both are allowed."""
    if isinstance(part, list):
        return [_loosen(entry) for entry in part]
    if not isinstance(part, dict):
        return part
    if part.get("type") in ("number", "integer", "boolean"):
        kept = {key: value for key, value in part.items() if key in ("title", "description")}
        return {**kept, "type": [part["type"], "string"]}
    if part.get("type") == "array" and "prefixItems" in part:
        return {"type": "string", "description": part.get("description", "6, or 4..8")}
    if part.get("type") == "array" and part.get("items", {}).get("type") == "string":
        return {**{key: _loosen(value) for key, value in part.items() if key != "type"}, "type": ["array", "string"]}
    return {key: value if key in ("default", "enum", "const") else _loosen(value) for key, value in part.items()}
