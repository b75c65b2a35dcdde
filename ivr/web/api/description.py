"""The OpenAPI document of what stands below a path, with the scope that each operation needs, and how errors look."""

import json
import re
from collections import defaultdict
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import Any

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.openapi.utils import get_openapi
from fastapi.routing import iter_route_contexts

from ivr.web.rights import Need, Right

PROBLEM = {
    "type": "object",
    "description": "RFC 9457. `detail` says why in words; `errors` (422) where.",
    "required": ["type", "title", "status"],
    "properties": {
        "type": {"type": "string"}, "title": {"type": "string"}, "status": {"type": "integer"}, "detail": {},
        "errors": {"type": "array", "items": {"type": "object", "properties": {
            "where": {"type": "string"}, "why": {"type": "string"}}}},
    },
}  # fmt: skip
ABOUT = (
    "A program sends `Authorization: Bearer ivr_...` with each request. Lists are read page by page: `after` of a page "
    "is the cursor of the next one. Errors are RFC 9457 (`application/problem+json`). Times are ISO 8601 with a zone."
)


def needed(dependant: Dependant | None) -> list[Right]:
    """Rights that a route's dependencies ask for."""
    found: list[Right] = []
    left = [dependant] if dependant else []
    while left:
        here = left.pop()
        left += here.dependencies
        if isinstance(here.call, Need):
            found.append(here.call.right)
    return found


def describe(app: FastAPI, prefix: str) -> dict[str, Any]:
    """OpenAPI 3.1 of the routes below `prefix`."""
    made = get_openapi(title="ivr", version=version("ivr"), description=ABOUT, routes=app.routes)
    scopes = {
        (re.sub(r":\w+}", "}", it.path or ""), method.lower()): needed(getattr(it, "dependant", None))
        for it in iter_route_contexts(app.routes)
        for method in it.methods or ()
    }
    paths = {path: item for path, item in made.get("paths", {}).items() if path.startswith(f"{prefix}/")}
    for path, item in paths.items():
        for method, operation in item.items():
            _finish(operation, path, scopes.get((path, method), []))
    schemas = {"Problem": PROBLEM} | _used(paths, made.get("components", {}).get("schemas", {}))
    bearer = {"type": "http", "scheme": "bearer", "description": "a token of /account/tokens"}
    return made | {"paths": paths, "components": {"schemas": schemas, "securitySchemes": {"bearer": bearer}}}


def _finish(operation: dict[str, Any], path: str, scopes: list[Right]) -> None:
    operation["security"] = [{"bearer": [str(it) for it in scopes]}]
    operation["responses"].pop("422", None)
    problem = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    operation["responses"]["default"] = {"description": "refused, or failed: why", "content": problem}
    operation.setdefault("tags", [path.split("/")[3]])


def _used(paths: dict[str, Any], schemas: dict[str, Any]) -> dict[str, Any]:
    """Schemas that the paths name, and those that these name."""
    found: dict[str, Any] = {}
    left = _named(paths)
    while left:
        name = left.pop()
        if name not in found and name in schemas:
            found[name] = schemas[name]
            left |= _named(schemas[name])
    return dict(sorted(found.items()))


def _named(part: Any) -> set[str]:
    return set(re.findall(r"#/components/schemas/([\w.-]+)", json.dumps(part)))


@dataclass
class Operation:
    """As the page shows it."""

    method: str
    path: str
    summary: str
    about: str
    scopes: list[str]
    parameters: list[tuple[str, str, str, str]] = field(default_factory=list)
    """Name, where, type, meaning."""
    body: str = ""
    answer: str = ""


def readable(document: dict[str, Any]) -> dict[str, list[Operation]]:
    """Tag -> operations, in the order of their paths."""
    groups: dict[str, list[Operation]] = defaultdict(list)
    schemas = document["components"]["schemas"]
    for path, item in sorted(document["paths"].items()):
        for method, told in item.items():
            made = Operation(method.upper(), path, told.get("summary", ""), told.get("description", ""),
                             [it for one in told["security"] for it in one["bearer"]])  # fmt: skip
            for it in told.get("parameters", []):
                needed = "" if it.get("required") else "?"
                made.parameters.append((
                    it["name"] + needed, it["in"], _kind(it.get("schema", {})), it.get("description", ""),
                ))  # fmt: skip
            made.body = _shape(told.get("requestBody", {}).get("content", {}), schemas)
            good: dict[str, Any] = next((one for code, one in told["responses"].items() if code.startswith("2")), {})
            made.answer = _shape(good.get("content", {}), schemas)
            groups[told["tags"][0]].append(made)
    return dict(groups)


def _kind(schema: dict[str, Any]) -> str:
    if "enum" in schema:
        return " | ".join(json.dumps(it) for it in schema["enum"])
    if "anyOf" in schema:
        return " | ".join(_kind(it) for it in schema["anyOf"])
    if schema.get("type") == "array":
        return f"[{_kind(schema.get('items', {}))}]"
    if "$ref" in schema:
        return str(schema["$ref"].rpartition("/")[2])
    return str(schema.get("format") or schema.get("type") or "any")


def _shape(content: dict[str, Any], schemas: dict[str, Any]) -> str:
    """The first type of content, and what it is made of, two levels deep."""
    for kind, told in content.items():
        if "json" not in kind:
            return str(kind)
        return _drawn(told.get("schema", {}), schemas, 2)
    return ""


def _drawn(schema: dict[str, Any], schemas: dict[str, Any], deep: int) -> str:
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return _drawn(schemas.get(name, {}), schemas, deep) if deep else name
    if schema.get("type") == "array":
        return f"[{_drawn(schema.get('items', {}), schemas, deep)}, …]"
    if properties := schema.get("properties"):
        inside = ", ".join(
            f"{name}: {_drawn(it, schemas, deep - 1) if deep else '…'}" for name, it in properties.items()
        )
        return f"{{{inside}}}"
    return _kind(schema)
