"""`ivr bench grammar`: time and memory of compiling grammars."""

import json
from typing import Annotated

import typer

AIM_S = 2.0


def grammar(
    intents: Annotated[int, typer.Option(min=1, help="intents of one menu")] = 150,
    examples: Annotated[int, typer.Option(min=1, help="examples in all")] = 15_000,
    as_json: Annotated[bool, typer.Option("--json", help="print JSON")] = False,
) -> None:
    """Compile one menu of many intents, as the services process does once at a publishing, and each field by itself.

    Exit code 1: the menu took longer than 2 s of one core.
    """
    from ivr.insight.grammar_bench import field, menu, names, whole
    from ivr.language.spoken import warm
    from ivr.language.table import LANGUAGES

    warm()  # the libraries' own loading is not what is measured
    cost, _ = whole(menu(intents, examples))
    fields = {f"{name}.{code}": field(name, code) for name in names() for code in LANGUAGES}
    if as_json:
        found = {"intents": intents, "examples": examples, **cost._asdict()}
        typer.echo(json.dumps({"menu": found, "fields": {name: each._asdict() for name, each in fields.items()}}))
    else:
        typer.echo(
            f"{intents} intents, {examples} examples: {cost.cpu_s:.2f} s of one core, {cost.memory_mb:.0f} MB, "
            f"{cost.states} states, {cost.arcs} arcs, {cost.phrases} phrases"
        )
        for name, each in fields.items():
            typer.echo(f"  {name:16} {each.cpu_s * 1000:6.0f} ms  {each.arcs:6} arcs  {each.phrases:6} phrases")
    if cost.cpu_s > AIM_S:
        raise typer.Exit(1)
