"""`ivr flow texts`: what a flow says, text by text, and what is not translated."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from ivr.flow.loader import Loaded
    from ivr.flow.models import Flow

Row = dict[str, Any]


def texts(
    name: Annotated[str, typer.Argument(help="name of the flow; all when not given")] = "",
    missing: Annotated[
        bool, typer.Option("--missing", help="only what is not translated; exit code 1: there is some")
    ] = False,
    language: Annotated[str, typer.Option(help="only this language")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="for programs and translators")] = False,
    folder: Annotated[Path, typer.Option("--flows", help="folder of flows")] = Path("flows"),
) -> None:
    """Print every text of a flow in each of its languages, with file and line; or those that lack a translation."""
    from ivr.services.flow_files import load_folder

    if not folder.is_dir():
        typer.echo(f"there is no folder {folder}", err=True)
        raise typer.Exit(2)
    loaded = load_folder(folder)
    flows = loaded.published.flows if loaded.published else {}
    if name and name not in flows:
        typer.echo(f"no flow {name!r} is without mistakes; there are: {', '.join(flows) or 'none'}", err=True)
        raise typer.Exit(1 if loaded.errors else 2)
    found: list[Row] = []
    for each in [name] if name else sorted(flows):
        found += rows(loaded, flows[each], folder)
    if language:
        found = [{**row, "missing": [code for code in row["missing"] if code == language]} for row in found]
    if missing:
        found = [row for row in found if row["missing"]]
    if as_json:
        typer.echo(json.dumps(found, ensure_ascii=False, indent=1))
    else:
        for row in found:
            _print(row, language)
    raise typer.Exit(1 if missing and found else 0)


def rows(loaded: "Loaded", flow: "Flow", folder: Path) -> Iterator[Row]:
    """Texts, then intents that have no examples in one of the languages."""
    from ivr.insight.flow_texts import texts as said

    home = folder if (folder / "flow.yaml").is_file() else folder / flow.name
    file = home / "flow.yaml"
    for one in said(flow, str(file), file.read_bytes()) if file.is_file() else []:
        lacking = (
            [str(code) for code in one.missing] if any(c.isalpha() for text in one.texts.values() for c in text) else []
        )
        place = ".".join(map(str, one.path))
        yield {"file": str(file), "line": one.line, "at": place, "texts": one.texts, "missing": lacking}
    learned = {code: {n for n, some in nlu.intents.items() if some} for code, nlu in loaded.nlu[flow.name].items()}
    for intent in sorted(set().union(*learned.values()) if learned else ()):
        lacking = [code for code, names in learned.items() if intent not in names]
        if lacking:
            yield {"file": str(home), "line": 0, "at": f"examples of {intent}", "texts": {}, "missing": lacking}


def _print(row: Row, language: str) -> None:
    place = f"{row['file']}:{row['line']}" if row["line"] else row["file"]
    lacks = f"  not in {', '.join(row['missing'])}" if row["missing"] else ""
    typer.echo(f"{place}  {row['at']}{lacks}")
    for code, text in row["texts"].items():
        if language in ("", code) or not code:
            typer.echo(f"    {code or 'every language'}: {text}")
