"""`ivr check`: every mistake of a flows folder at once."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from ivr.flow.loader import Loaded
    from ivr.flow.problems import Problem


def check(
    folder: Annotated[Path, typer.Argument(help="folder of flows, or of one flow")] = Path("flows"),
    as_json: Annotated[bool, typer.Option("--json", help="print JSON")] = False,
    words: Annotated[bool, typer.Option("--words", help="also words that the recognizer does not know")] = False,
    strict: Annotated[bool, typer.Option("--strict", help="warnings count as errors")] = False,
) -> None:
    """Check a folder of flows: all mistakes with file, line, column and the mend (docs/flows/problems.md).

    Exit code 0: no errors (there may be warnings); 1: errors; 2: no such folder.
    """
    from ivr.services.flow_files import load_folder

    if not folder.is_dir():
        typer.echo(f"there is no folder {folder}", err=True)
        raise typer.Exit(2)
    loaded = load_folder(folder)
    base = folder.parent if (folder / "flow.yaml").is_file() else folder
    told = tests_of(folder, base)
    if words:
        told += unknown_words(loaded)
    loaded.problems = sorted({*loaded.problems, *told})
    errors = len(loaded.errors)
    flows = sorted(loaded.published.flows) if loaded.published else []
    if as_json:
        problems = [asdict(p) | {"file": str(base / p.file)} for p in loaded.problems]
        typer.echo(json.dumps({"ok": not errors, "flows": flows, "problems": problems}, ensure_ascii=False))
    else:
        for problem in loaded.problems:
            typer.echo(f"{base / str(problem)}" if problem.file else str(problem))
        warnings = len(loaded.problems) - errors
        typer.echo(f"{errors} errors, {warnings} warnings; flows that serve: {', '.join(flows) or 'none'}")
    raise typer.Exit(1 if errors or (strict and loaded.problems) else 0)


def tests_of(folder: Path, base: Path) -> "list[Problem]":
    """Problems of the conversations beside the flows, with paths relative to `base`."""
    from dataclasses import replace

    from ivr.commands.test import conversations

    _, problems = conversations(folder)
    return [replace(it, file=str(Path(it.file).relative_to(base))) for it in problems]


def unknown_words(loaded: "Loaded") -> "list[Problem]":
    """Words of the grammars that no installed recognizer knows; loads the models."""
    from ivr.commands.flow_words import lacking
    from ivr.flow.problems import Problem

    return [
        Problem(f"{name}/flow.yaml", 0, 0, "unknown_word", f"{word!r} ({language}) is in no recognizer's vocabulary",
                "use other words, or callers can only use keys for it", "warning")
        for name, language, word, pieces in lacking(loaded) if not pieces
    ]  # fmt: skip
