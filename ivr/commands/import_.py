"""`ivr import`: a first flow out of another system's application."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

if TYPE_CHECKING:
    from ivr.insight.importing.draft import Draft

app = typer.Typer(no_args_is_help=True, help="Make a first flow out of another system's application.")

Name = Annotated[str, typer.Option("--name", help="of the flow; the folder's or file's when not given")]
Folder = Annotated[Path, typer.Option("--flows", help="folder of flows that gets it")]
Force = Annotated[bool, typer.Option("--force", help="write over an earlier import")]


@app.command()
def rasa(
    folder: Annotated[Path, typer.Argument(help="the assistant: domain, nlu, rules, stories")],
    name: Name = "",
    flows: Folder = Path("flows"),
    force: Force = False,
) -> None:
    """A Rasa assistant. What could not be carried over is printed and in IMPORT.md."""
    from ivr.insight.importing.rasa import imported

    _make(folder, name, flows, force, imported)


@app.command()
def voicexml(
    source: Annotated[Path, typer.Argument(help="a document of VoiceXML 2.1, or a folder of them")],
    name: Name = "",
    flows: Folder = Path("flows"),
    force: Force = False,
) -> None:
    """A VoiceXML 2.1 application. What could not be carried over is printed and in IMPORT.md."""
    from ivr.insight.importing.voicexml import imported

    _make(source, name, flows, force, imported)


def _make(source: Path, name: str, flows: Path, force: bool, imported: "Callable[[Path, str], Draft]") -> None:
    """Exit code 1: nothing can be made of it, or the flow has mistakes; 2: wrong use."""
    from ivr.insight.importing.draft import ImportFailed, name_of

    if not source.exists():
        _stop(f"there is no {source}", 2)
    name = name or name_of(source.absolute().stem, "flow")
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
        _stop(f"{name!r} is no name of a flow; lower case letters, digits and _", 2)
    target = flows / name
    if target.exists() and not force:
        _stop(f"{target} is there already: another --name, or --force to write over it", 2)
    try:
        draft = imported(source, name)
    except ImportFailed as error:
        _stop(str(error), 1)
    target.mkdir(parents=True, exist_ok=True)
    for file, text in draft.files().items():
        (target / file).write_text(text, encoding="utf-8")
    _tell(draft, target)
    _checked(target)


def _tell(draft: "Draft", target: Path) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console()
    console.print(Text(f"{target}: {', '.join(f'{n} {kind}' for kind, n in draft.carried.items())}"))
    table = Table("where", "not carried over", "what to do", title=f"{len(draft.left)} to look at (IMPORT.md)")
    for it in draft.left:
        table.add_row(Text(it.where), Text(it.what), Text(it.mend))
    console.print(table)


def _checked(target: Path) -> None:
    from ivr.services.flow_files import load_folder

    loaded = load_folder(target)
    for problem in loaded.problems:
        typer.echo(f"{target.parent / str(problem)}" if problem.file else str(problem))
    typer.echo(f"check: {len(loaded.errors)} errors, {len(loaded.problems) - len(loaded.errors)} warnings")
    if loaded.errors:
        raise typer.Exit(1)


def _stop(why: str, code: int) -> NoReturn:
    typer.echo(f"ivr import: {why}", err=True)
    raise typer.Exit(code)
