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


def markdown() -> str:
    """docs/settings.md: every setting with its default; a test holds the page to it."""
    lines = [
        "# Settings",
        "",
        "One tree: defaults, then `ivr.toml` (in the folder where `ivr` starts, or in the state folder, or",
        "where `IVR_CONFIG` says), then the environment. `sip.port` is `port` in table `[sip]` of the file",
        "and `IVR_SIP_PORT` in the environment; lists and tables are JSON there. `ivr settings` prints what",
        "is in force and where it came from. A wrong setting stops the start with its name, its value and",
        "what is allowed. `DATABASE_URL` stands for `database.url`.",
        "",
        "This page is printed by `ivr settings --markdown`.",
        "",
        "| setting | default | meaning |",
        "|---|---|---|",
    ]
    for name, value, meaning in _walk(tree.Settings.model_construct()):
        shown = {"state": "~/.local/state/ivr", "cache": "~/.cache/ivr", "node": "the host's name"}.get(name)
        shown = shown or f"`{json.dumps(value, ensure_ascii=False)}`"
        lines.append(f"| `{name}` | {shown} | {meaning} |")
    lines += ["", "## A trunk (`[[sip.trunks]]`)", "", "| key | meaning |", "|---|---|"]
    lines += [f"| `{k}` | {i.description or ''} |" for k, i in tree.Trunk.model_fields.items()]
    return "\n".join(lines) + "\n"


def settings(
    as_json: bool = typer.Option(False, "--json", help="print JSON"),
    as_markdown: bool = typer.Option(False, "--markdown", help="print docs/settings.md"),
) -> None:
    """Print each setting with its value, where it comes from, and what it means."""
    if as_markdown:
        print(markdown(), end="")
        return
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
