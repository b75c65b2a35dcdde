"""`ivr bench query`: delays of turns that ask a service, cached, uncached, slow, hanging and dead, on the wire."""

import json
import os
import platform
import sys
import tempfile
from pathlib import Path
from typing import Annotated, Any

import typer


def query(
    rounds: Annotated[int, typer.Option(min=1, max=100, help="calls; each asks every kind of service once")] = 10,
    seed: Annotated[int, typer.Option(help="of the intervals")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="print JSON")] = False,
) -> None:
    """Start a line and services of its own, ask by voice, and time what is heard, on the wire."""
    from ivr.insight.private_line import PrivateLineError

    try:
        report = measure(rounds, seed)
    except (PrivateLineError, RuntimeError) as error:
        print(f"bench query: {error}", file=sys.stderr)
        raise typer.Exit(1) from None
    print(json.dumps(report, indent=1)) if as_json else _print(report)
    raise typer.Exit(1 if report["failed"] else 0)


def measure(rounds: int, seed: int) -> dict[str, Any]:
    """Raises PrivateLineError when the line does not start, RuntimeError when nothing can speak."""
    from ivr.commands.bench_turns import speaker
    from ivr.insight.delays import percentiles
    from ivr.insight.line_bench import calls
    from ivr.insight.query_bench import HOSTS, callers, services

    scripts = callers(speaker(), rounds)
    with tempfile.TemporaryDirectory(prefix="ivr-bench-") as folder, services(Path(folder)) as flows:
        made = calls(scripts, flows=flows, chosen={"IVR_QUERIES_HOSTS": HOSTS})
    found: dict[str, list[float]] = {}
    for turn in (turn for talk in made.talks for turn in talk.turns):
        if turn.answer_s and not turn.cut_off:
            found.setdefault(turn.kind, []).append(turn.answer_s)
    return {
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "rounds": rounds,
        "seed": seed,
        "failed": made.failed,
        "late_ticks_of_the_caller": made.late,
        "turns": {kind: percentiles(seconds, seed) for kind, seconds in found.items()},
    }


def _print(report: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table("the service", "cases", "p50 ms", "p95 ms", "p99 ms")
    for kind, row in report["turns"].items():
        shown = (f"{row[f'{p}_ms']} ({row[f'{p}_interval_ms'][0]}-{row[f'{p}_interval_ms'][1]})" for p in _SHOWN)
        table.add_row(kind, str(row["cases"]), *shown)
    console = Console(width=None if sys.stdout.isatty() else 120)
    console.print(table)
    console.print(f"{report['machine']}; from the end of voice to the first sound, packets on loopback")
    console.print("in brackets: 95 % intervals; 'answer': what comes behind the hold phrase")
    if report["failed"]:
        console.print(f"[red]calls that failed: {'; '.join(report['failed'])}[/red]")


_SHOWN = ("p50", "p95", "p99")
