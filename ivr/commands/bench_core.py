"""`ivr bench core`: turns a second of the pure core."""

import json
import platform
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from ivr import settings


def core(
    folder: Annotated[Path, typer.Argument(help="folder of flows with tests.yaml")] = Path("flows"),
    seconds: Annotated[float, typer.Option(min=0.1, help="measure this long")] = 3.0,
    as_json: Annotated[bool, typer.Option("--json", help="print JSON")] = False,
) -> None:
    """Hold the flows' conversations as text once, then feed their events to new sessions, in one thread.

    Exit code 1: no conversation holds; 2: there is none.
    """
    from ivr.commands.test import conversations
    from ivr.insight.core_speed import measure
    from ivr.insight.text_runner import text_runner
    from ivr.insight.text_talk import TextTalk
    from ivr.services.flow_files import load_folder

    loaded = load_folder(folder)
    found = [conversation for _, conversation in conversations(folder)[0] if "text" in conversation.only]
    if loaded.published is None or not found:
        typer.echo(f"no flow with conversations in {folder}", err=True)
        raise typer.Exit(2)
    talk = text_runner(loaded, settings.load().state / "nlu")
    if not isinstance(talk, TextTalk):
        raise TypeError(talk)
    try:
        speed = measure(talk, loaded.published, found, seconds)
    except ValueError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None
    row = asdict(speed) | {
        "turns_a_second": round(speed.turns_a_second),
        "text_turns_a_second": round(speed.text_turns_a_second),
        "events_a_second": round(speed.events / speed.seconds),
        "machine": f"{platform.processor() or platform.machine()}, Python {platform.python_version()}, one thread",
    }
    if as_json:
        typer.echo(json.dumps(row))
        return
    typer.echo(f"{row['machine']}; {speed.conversations} conversations, {speed.calls} calls in {speed.seconds:.1f} s")
    typer.echo(f"session alone    {row['turns_a_second']:>8} turns/s  {row['events_a_second']} events/s, "
               f"slowest event {speed.slowest_event_ms:.2f} ms")  # fmt: skip
    typer.echo(f"with text leg    {row['text_turns_a_second']:>8} turns/s")
