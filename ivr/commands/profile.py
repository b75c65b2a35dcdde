"""`ivr profile show | forget`: what is known of a caller by number from earlier calls."""

import json
from typing import Annotated, NoReturn

import typer

from ivr.commands.flow_versions import opened, who

app = typer.Typer(no_args_is_help=True, help=__doc__)

Number = Annotated[str, typer.Argument(help="the caller's number as calls show it, +14155550123")]


@app.command()
def show(number: Number, as_json: Annotated[bool, typer.Option("--json", help="for programs")] = False) -> None:
    """What is known. Exit code 1: nothing."""
    from ivr.records import profiles

    with opened() as engine:
        found = profiles.known(engine, _number(number))
    if found is None:
        _stop(f"nothing is known of {number}")
    if as_json:
        typer.echo(json.dumps(found, default=str, ensure_ascii=False, indent=1))
        return
    choice = {True: "wants to be remembered", False: "does not want to be remembered"}.get(
        found["remember"], "no choice"
    )
    typer.echo(f"{number}  {choice}; last call {found['at']:%Y-%m-%d %H:%M}")
    for name in ("language", "last_request"):
        if found[name]:
            typer.echo(f"  {name.replace('_', ' ')}: {found[name]}")
    for name, value in found["values"].items():
        typer.echo(f"  {name}: {value}")


@app.command()
def forget(
    number: Number,
    refuse: Annotated[bool, typer.Option("--refuse", help="and remember nothing of later calls either")] = False,
    by: Annotated[str, typer.Option("--by", help="who; your account's name when not given")] = "",
) -> None:
    """Take everything out that is known of a number; the audit trail tells that it was done. Its calls stay."""
    from ivr.records import profiles

    with opened() as engine:
        gone = profiles.forget(engine, _number(number), by=by or who(), refuse=refuse)
    typer.echo(
        f"{number}: {'forgotten' if gone else 'nothing was known'}" + ("; nothing will be kept" if refuse else "")
    )


def _number(text: str) -> str:
    from ivr.dialogue.profile import number_of

    number = number_of("".join(text.split()))
    if not number:
        _stop(f"{text!r} is no number; write +14155550123", 2)
    return number


def _stop(words: str, code: int = 1) -> NoReturn:
    typer.echo(words, err=True)
    raise typer.Exit(code)
