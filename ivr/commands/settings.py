"""`ivr settings`: each setting with value, source and meaning."""

import json
import os
from collections.abc import Iterator
from typing import Any

import typer
from pydantic import BaseModel, SecretStr
from rich.console import Console
from rich.table import Table

from ivr import settings as tree


def rows(current: tree.Settings, from_file: dict[str, Any]) -> Iterator[tuple[str, Any, str, str]]:
    """Name, value, source (`default`, `file`, `IVR_...`), meaning; secrets are `***`."""
    for name, value, meaning in _walk(current):
        variable = "IVR_" + name.upper().replace(".", "_")
        section, _, key = name.partition(".")
        written = from_file.get(section, {})
        if variable in os.environ:
            source = variable
        elif (key and isinstance(written, dict) and key in written) or (not key and section in from_file):
            source = "file"
        else:
            source = "default"
        yield name, value, source, meaning


def _walk(model: BaseModel, prefix: str = "") -> Iterator[tuple[str, Any, str]]:
    for key, info in type(model).model_fields.items():
        value = getattr(model, key)
        if isinstance(value, BaseModel):
            yield from _walk(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", _plain(value), info.description or ""


def _plain(value: Any) -> Any:
    if isinstance(value, SecretStr):
        return "***" if value.get_secret_value() else ""
    if isinstance(value, BaseModel):
        return {k: _plain(getattr(value, k)) for k in type(value).model_fields}
    if isinstance(value, list):
        return [_plain(v) for v in value]
    return value if isinstance(value, (str, int, float, bool, dict)) else str(value)


def settings(as_json: bool = typer.Option(False, "--json", help="print JSON")) -> None:
    """Print each setting with its value, where it comes from, and what it means."""
    current = tree.load()
    path = tree.config_file()
    found = list(rows(current, tree.read_file(path)))
    if as_json:
        print(json.dumps([dict(zip(("name", "value", "source", "meaning"), r, strict=True)) for r in found], indent=1))
        return
    table = Table("setting", "value", "from", "meaning", title=f"file: {path or 'none'}")
    for name, value, source, meaning in found:
        shown = json.dumps(value, ensure_ascii=False) if isinstance(value, (list, dict)) else str(value)
        table.add_row(name, shown, source, meaning)
    Console().print(table)
