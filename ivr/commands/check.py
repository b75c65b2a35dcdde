"""`ivr check`: every mistake of a flows folder at once."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer


def check(
    folder: Annotated[Path, typer.Argument(help="folder of flows, or of one flow")] = Path("flows"),
    as_json: Annotated[bool, typer.Option("--json", help="print JSON")] = False,
) -> None:
    """Check a folder of flows: all mistakes with file, line, column and the mend.

    Exit code 0: no errors (there may be warnings); 1: errors; 2: no such folder.
    """
    from ivr.services.flow_files import load_folder

    if not folder.is_dir():
        typer.echo(f"there is no folder {folder}", err=True)
        raise typer.Exit(2)
    loaded = load_folder(folder)
    base = folder.parent if (folder / "flow.yaml").is_file() else folder
    errors = len(loaded.errors)
    flows = sorted(loaded.published.flows) if loaded.published else []
    if as_json:
        problems = [asdict(p) | {"file": str(base / p.file)} for p in loaded.problems]
        typer.echo(json.dumps({"ok": loaded.ok, "flows": flows, "problems": problems}, ensure_ascii=False))
    else:
        for problem in loaded.problems:
            typer.echo(f"{base / str(problem)}" if problem.file else str(problem))
        warnings = len(loaded.problems) - errors
        typer.echo(f"{errors} errors, {warnings} warnings; flows that serve: {', '.join(flows) or 'none'}")
    raise typer.Exit(0 if loaded.ok else 1)
