"""`ivr flow`: look at a flow; its versions (flow_versions.py)."""

import json
import subprocess
from pathlib import Path
from typing import Annotated, Any

import typer

from ivr.commands.flow_fields import fields
from ivr.commands.flow_texts import texts
from ivr.commands.flow_versions import register
from ivr.commands.flow_words import words
from ivr.commands.flow_write import format_, new, schemas

app = typer.Typer(help="A flow: look at it, publish it, take it back.", no_args_is_help=True)

register(app)
app.command()(words)
app.command()(texts)
app.command()(fields)
app.command()(new)
app.command("format")(format_)

FlowName = Annotated[str, typer.Argument(help="name of the flow")]
Folder = Annotated[Path, typer.Option("--flows", help="folder of flows")]
FLOWS = Path("flows")


@app.command()
def grammar(
    name: FlowName,
    node: Annotated[str, typer.Argument(help="node that listens")],
    part: Annotated[str, typer.Option(help="which question of the node; all when not given")] = "",
    language: Annotated[str, typer.Option(help="en, ko, ...; the flow's first when not given")] = "",
    try_text: Annotated[str, typer.Option("--try", help="a sentence: is it in the grammar, and what is it?")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="print the automata")] = False,
    folder: Folder = FLOWS,
) -> None:
    """Print what may be said at a node: size, intents, fields, and sentences with their meaning."""
    from ivr.flow.grammar import encode

    loaded, flow = _flow(name, folder)
    if node not in flow.nodes:
        typer.echo(f"flow {name} has no node {node}; there are {', '.join(flow.nodes)}", err=True)
        raise typer.Exit(2)
    code = language or flow.language
    keys = [key for key in flow.grammars if key.startswith(f"{node}/{part}") and key.endswith(f"/{code}")]
    if not keys:
        typer.echo(f"{node} is open in {code}, or listens for nothing: no grammar narrows it", err=True)
        raise typer.Exit(1)
    for key in keys:
        found = loaded.grammars[flow.grammars[key]]
        if as_json:
            typer.echo(encode(found).decode())
        else:
            _print(key, flow.grammars[key], found, try_text)


def _print(key: str, digest: str, found: Any, try_text: str) -> None:
    from ivr.flow.acceptor import accept
    from ivr.language.words import words

    arcs = [arc for state in found.arcs for arc in state]
    vocabulary = {arc.word for arc in arcs if arc.word}
    typer.echo(f"{key}  {digest}  {len(found.arcs)} states, {len(arcs)} arcs, {len(vocabulary)} words")
    sentences = [try_text] if try_text else found.phrases
    shown = 0
    for sentence in sentences:
        meaning = accept(found, words(sentence, found.language))
        if meaning is None and not try_text:
            continue  # phrases for engines also hold chains of words that are no sentence
        if meaning is None:
            typer.echo(f"  {sentence}: not in the grammar")
            continue
        slots = ", ".join(f"{name}={value}" for name, value in meaning.slots.items())
        means = " ".join(part for part in (meaning.intent, slots) if part)
        typer.echo(f"  {sentence}: {means} (cost {meaning.cost:.1f})")
        shown += 1
        if shown == 200:
            typer.echo("  ...")
            break


@app.command()
def graph(
    name: FlowName,
    sides: Annotated[bool, typer.Option("--all", help="escalations and commands too")] = False,
    svg: Annotated[Path | None, typer.Option("--svg", help="write a drawing to this file (needs graphviz)")] = None,
    folder: Folder = FLOWS,
) -> None:
    """Print the flow as a drawing in Mermaid's text, or write it as SVG."""
    from ivr.flow.drawing import dot, mermaid

    _, flow = _flow(name, folder)
    if svg is None:
        typer.echo(mermaid(flow, sides))
        return
    try:
        done = subprocess.run(
            ["dot", "-Tsvg"], input=dot(flow, sides).encode(), capture_output=True, check=True, timeout=60
        )
    except FileNotFoundError:
        typer.echo("the program `dot` is missing: apt-get install graphviz, or draw Mermaid's text", err=True)
        raise typer.Exit(1) from None
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        typer.echo(f"dot: {error}", err=True)
        raise typer.Exit(1) from None
    svg.write_bytes(done.stdout)


@app.command()
def schema(
    write: Annotated[bool, typer.Option("--write", help="all of them into <flows>/.schemas, for modelines")] = False,
    folder: Folder = FLOWS,
) -> None:
    """Print the JSON Schema of flow.yaml for editors (docs/flows/editors.md)."""
    from ivr.flow.schema import flow_schema

    if write:
        schemas(folder)
        return
    typer.echo(json.dumps(flow_schema(), indent=2, ensure_ascii=False))


@app.command()
def problems() -> None:
    """Print docs/flows/problems.md: every code that `ivr check` tells."""
    from ivr.flow.codes import page

    typer.echo(page(), nl=False)


@app.command()
def reference() -> None:
    """Print the reference part of docs/flows.md, made of the models."""
    from ivr.flow.reference import reference as printed

    typer.echo(printed())


@app.command(hidden=True)
def pages(docs: Annotated[Path, typer.Argument(help="folder docs/flows")] = Path("docs/flows")) -> None:
    """Write docs/flows/nodes: a page a node type, with an example of docs/flows/examples."""
    from ivr.flow.nodes.table import NODE_TYPES
    from ivr.insight.node_pages import pages as made

    (docs / "nodes").mkdir(exist_ok=True)
    for name, text in made(docs / "examples", NODE_TYPES).items():
        (docs / "nodes" / f"{name}.md").write_text(text, encoding="utf-8")


def _flow(name: str, folder: Path) -> tuple[Any, Any]:
    from ivr.services.flow_files import load_folder

    if not folder.is_dir():
        typer.echo(f"there is no folder {folder}", err=True)
        raise typer.Exit(2)
    loaded = load_folder(folder)
    flows = loaded.published.flows if loaded.published else {}
    if name not in flows:
        for problem in loaded.errors:
            typer.echo(str(problem), err=True)
        typer.echo(f"no flow {name!r} is without mistakes; there are: {', '.join(flows) or 'none'}", err=True)
        raise typer.Exit(1 if loaded.errors else 2)
    return loaded, flows[name]
