"""`ivr bench bargein`: from the first packet of a caller's voice to the last packet of the prompt, on the wire."""

import json
import os
import platform
import sys
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from ivr.commands.bench_turns import AIMS_MS, speaker


def bargein(
    rounds: Annotated[int, typer.Option(min=1, max=300, help="calls, each interrupted once")] = 10,
    noise: Annotated[Path | None, typer.Option(help="sounds that are no voice; made ones by default")] = None,
    seed: Annotated[int, typer.Option()] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="print JSON")] = False,
) -> None:
    """Interrupt the prompts of a line of its own by voice, and play over them what is none."""
    from ivr.insight.private_line import PrivateLineError
    from ivr.insight.recordings import RecordingsError

    try:
        report = measure(rounds, noise, seed)
    except (PrivateLineError, RecordingsError, RuntimeError) as error:
        print(f"bench bargein: {error}", file=sys.stderr)
        sys.exit(1)
    print(json.dumps(report, indent=1)) if as_json else _print(report)
    sys.exit(1 if report["failed"] else 0)


def measure(rounds: int, noise: Path | None, seed: int) -> dict[str, Any]:
    """Raises PrivateLineError, RecordingsError, RuntimeError when nothing can speak."""
    from ivr.insight.bargein_bench import BargeInCaller, made_sounds, sound
    from ivr.insight.delays import percentiles
    from ivr.insight.line_bench import calls
    from ivr.insight.recordings import find, load
    from ivr.insight.scoring import Share
    from ivr.insight.turn_bench import rounds as make_rounds

    found = [(it.name, load(it.path)) for it in find(noise)] if noise is not None else list(made_sounds(seed))
    sounds = [sound(name, samples) for name, samples in found]
    said = make_rounds(speaker(), rounds, seed)
    made = calls([partial(BargeInCaller, said=it, over=sounds[n % len(sounds)]) for n, it in enumerate(said)])
    talks = [talk for talk in made.talks if isinstance(talk, BargeInCaller)]
    stops = [turn.stop_s for talk in talks for turn in talk.turns if turn.stop_s]
    seconds = sum(len(talk.over.payloads) for talk in talks) * 0.02
    return {
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "codec": "pcmu",
        "seed": seed,
        "failed": made.failed,
        "late_ticks_of_the_caller": made.late,
        "voice_to_last_packet": percentiles(stops, seed) if stops else {},
        "interrupted": Share(len(stops), len(talks)).plain(),
        "sounds": sorted({talk.over.name for talk in talks}),
        "paused_by_sounds": Share(sum(talk.false_pauses > 0 for talk in talks), len(talks)).plain(),
        "false_pauses": sum(talk.false_pauses for talk in talks),
        "seconds_of_sounds": round(seconds, 1),
    }


def _print(report: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.table import Table

    figures, heard, paused = report["voice_to_last_packet"], report["interrupted"], report["paused_by_sounds"]
    table = Table("", "p50 ms", "p95 ms", "p99 ms", title="voice to the prompt's last packet")
    if figures:
        shown = (
            f"{figures[f'{p}_ms']} ({figures[f'{p}_interval_ms'][0]}-{figures[f'{p}_interval_ms'][1]})" for p in _P
        )
        table.add_row(f"{figures['cases']} interruptions (95 % intervals)", *shown)
    table.add_row("aim", *map(str, AIMS_MS["interruption"]), "")
    console = Console(width=None if sys.stdout.isatty() else 120)
    console.print(table)
    console.print(f"interrupted: {heard['right']} of {heard['all']}")
    sounds = f"{paused['right']} of {paused['all']} sounds ({paused['low']:.0%} - {paused['high']:.0%})"
    console.print(f"paused for nothing: by {sounds}, {report['seconds_of_sounds']} s of {', '.join(report['sounds'])}")
    console.print(f"{report['machine']}, {report['codec']}, seed {report['seed']}; packets on loopback")
    if report["failed"]:
        console.print(f"[red]calls that failed: {'; '.join(report['failed'])}[/red]")


_P = ("p50", "p95", "p99")
