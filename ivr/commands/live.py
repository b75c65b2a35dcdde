"""`ivr live set | clear | list | history`: switches, tables and bulletins that change without publishing."""

import json
import re
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn, cast

import typer

from ivr import settings
from ivr.commands.flow_versions import moment, opened, who

if TYPE_CHECKING:
    from ivr.records.live_values import Kind

app = typer.Typer(no_args_is_help=True, help=__doc__)

Name = Annotated[str, typer.Argument(help="switch.outage, table.areas[10001], bulletin.orders or bulletin.*")]
By = Annotated[str, typer.Option("--by", help="who; your account's name when not given")]
Note = Annotated[str, typer.Option("--note", "-m", help="why, for the history")]
Language = Annotated[str, typer.Option("--language", help="of a bulletin; every one when not given")]
Json = Annotated[bool, typer.Option("--json", help="for programs")]
UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


@app.command("set")
def set_(
    name: Name,
    value: Annotated[str, typer.Argument(help="on or off; a row's text; what the line says first")],
    lasting: Annotated[
        str, typer.Option("--for", help="how long, like 30m, 2h, 1d; until cleared when not given")
    ] = "",
    until: Annotated[str, typer.Option("--until", help="until when, like 2027-01-03T08:00")] = "",
    language: Language = "",
    note: Note = "",
    by: By = "",
    flows: Annotated[Path | None, typer.Option("--flows", help="folder of lines.yaml")] = None,
) -> None:
    """Set a value now: calls that begin have it, calls that last hear of it at once."""
    from ivr.records import live_values

    kind, short, key = _parsed(name, language)
    _is_named(kind, short, flows)
    if lasting and until:
        _stop("--for or --until, not both", 2)
    end = datetime.now().astimezone() + _long(lasting) if lasting else moment(until)
    with opened() as engine:
        try:
            live_values.put(engine, kind, short, value, key=key, until=end, by=by or who(), note=note)
        except live_values.Refused as error:
            _stop(str(error))
    typer.echo(f"{name} is {value!r} " + (f"until {_time(end)}" if end else f"until `ivr live clear {name}`"))


@app.command()
def clear(name: Name, language: Language = "", note: Note = "", by: By = "") -> None:
    """Take a value back; `table.areas` without a row takes all its rows back. What lines.yaml says counts again."""
    from ivr.records import live_values

    kind, short, key = _parsed(name, language, whole=True)
    with opened() as engine:
        try:
            gone = live_values.clear(engine, kind, short, key=key or None, by=by or who(), note=note)
        except live_values.Refused as error:
            _stop(str(error))
    typer.echo(f"{name}: {gone} taken back")


@app.command("list")
def list_(as_json: Json = False) -> None:
    """What stands now."""
    from ivr.records import live_values

    with opened() as engine:
        found = live_values.current(engine)
    if as_json:
        typer.echo(json.dumps([asdict(value) for value in found], default=_plain, ensure_ascii=False, indent=1))
        return
    for value in found:
        end = f"until {_time(value.until)}" if value.until else "until cleared"
        note = f"  ({value.note})" if value.note else ""
        typer.echo(f"{_shown(value.kind, value.name, value.key)}  {value.value!r}  {end}  by {value.changed_by}{note}")


@app.command()
def history(limit: Annotated[int, typer.Option(min=1, help="so many")] = 50, as_json: Json = False) -> None:
    """Who changed what, newest first."""
    from ivr.records import live_values

    with opened() as engine:
        found = live_values.history(engine, limit)
    if as_json:
        typer.echo(json.dumps([asdict(change) for change in found], default=_plain, ensure_ascii=False, indent=1))
        return
    for change in found:
        what = "cleared" if change.value is None else repr(change.value)
        end = f" until {_time(change.until)}" if change.until else ""
        note = f"  ({change.note})" if change.note else ""
        typer.echo(
            f"{_time(change.at)}  {change.by}  {_shown(change.kind, change.name, change.key)}  {what}{end}{note}"
        )


def _parsed(name: str, language: str, *, whole: bool = False) -> "tuple[Kind, str, str]":
    """'table.areas[10001]' -> (table, areas, 10001). `whole`: a table may come without a row."""
    found = re.fullmatch(r"(switch|table|bulletin)\.([^\[\]]+)(?:\[([^\[\]]+)\])?", name.strip())
    if not found:
        _stop(f"{name!r} is no live value; write switch.outage, table.areas[10001] or bulletin.orders", 2)
    kind, short, key = found[1], found[2], found[3] or ""
    if key and kind != "table":
        _stop(f"a {kind} has no rows", 2)
    if kind == "table" and not key and not whole:
        _stop(f"which row? write {name}[...]", 2)
    if language and kind != "bulletin":
        _stop("only a bulletin has a language", 2)
    return cast("Kind", kind), short, key or language


def _is_named(kind: str, name: str, flows: Path | None) -> None:
    """The folder's lines.yaml names it. Without that file here (another machine has it) nothing is refused."""
    from ivr.insight.flow_folder import load_flows

    folder = flows or settings.load().flows
    if not (folder / "lines.yaml").is_file():
        return
    published = load_flows(folder).published
    if published is not None and published.lines is not None and (why := published.lines.not_live(kind, name)):
        _stop(why)


def _long(text: str) -> timedelta:
    found = re.fullmatch(r"(\d{1,5})([smhd])", text.strip())
    if not found or not int(found[1]):
        _stop(f"{text!r} is no time; write 30m, 2h or 1d", 2)
    return timedelta(seconds=int(found[1]) * UNITS[found[2]])


def _shown(kind: str, name: str, key: str) -> str:
    return f"{kind}.{name}" + (f"[{key}]" if kind == "table" else f" ({key})" if key else "")


def _time(at: datetime) -> str:
    return at.astimezone().strftime("%Y-%m-%d %H:%M")


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _stop(words: str, code: int = 1) -> NoReturn:
    typer.echo(words, err=True)
    raise typer.Exit(code)
