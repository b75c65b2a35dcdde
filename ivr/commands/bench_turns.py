"""`ivr bench turns`: delays of turns and interruptions as a caller sees them, from packets."""

import json
import os
import platform
import sys
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from ivr.insight.turn_bench import Turn, Utterance

AIMS_MS = {"grammar": (300, 450), "open": (500, 700), "new sentence": (650, 950), "interruption": (120, 180)}
"""p50 and p95 that the project aims at."""


def turns(
    rounds: Annotated[int, typer.Option(min=1, max=300, help="calls of three turns")] = 10,
    rasa: Annotated[bool, typer.Option("--rasa", help="open steps are understood by Rasa, as in operation")] = False,
    seed: Annotated[int, typer.Option()] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="print JSON")] = False,
) -> None:
    """Start a line of its own, talk to it, and time every answer and every interrupted prompt on the wire."""
    from ivr.insight.private_line import PrivateLineError

    try:
        report = measure(rounds, seed, rasa)
    except (PrivateLineError, RuntimeError) as error:
        print(f"bench turns: {error}", file=sys.stderr)
        sys.exit(1)
    if as_json:
        print(json.dumps(report, indent=1))
    else:
        _print(report)
    sys.exit(1 if report["failed"] else 0)


def measure(rounds: int, seed: int, rasa: bool) -> dict[str, Any]:
    """Raises PrivateLineError when the line does not start, RuntimeError when nothing can speak."""
    from ivr.insight.line_bench import calls
    from ivr.insight.turn_bench import TurnCaller
    from ivr.insight.turn_bench import rounds as make_rounds

    spoken = make_rounds(speaker(), rounds, seed)
    made = calls([partial(TurnCaller, said=said) for said in spoken], rasa)
    found = [turn for talk in made.talks for turn in talk.turns]
    return {
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "codec": "pcmu",
        "understanding": sorted({turn.understood_by for turn in found if turn.kind == "open"}),
        "rounds": rounds,
        "seed": seed,
        "failed": made.failed,
        "late_ticks_of_the_caller": made.late,
        "turns": _rows(found, seed),
    }


def speaker() -> "Callable[[str], Utterance]":
    """Piper's voice, each text once. Raises RuntimeError when it is not installed."""
    import numpy as np

    from ivr import models
    from ivr.insight.turn_bench import labelled
    from ivr.tts import SynthesisError
    from ivr.tts.piper import Piper

    voice = Piper(lambda: models.path("piper-joe-en"))
    said: dict[str, Utterance] = {}

    def speak(text: str) -> "Utterance":
        if text not in said:
            pcm = np.frombuffer(voice.synthesize(text, "en"), dtype="<i2")
            said[text] = labelled(text, np.asarray(pcm / 32768, dtype=np.float32))
        return said[text]

    try:
        voice.load()
    except SynthesisError as error:
        raise RuntimeError(str(error)) from error
    return speak


def _rows(found: "list[Turn]", seed: int) -> dict[str, Any]:
    from ivr.insight.delays import percentiles
    from ivr.insight.scoring import Share

    rows: dict[str, Any] = {}
    for kind in ("grammar", "open", "new sentence"):
        every = [turn for turn in found if turn.kind == kind]
        group = [turn for turn in every if turn.answer_s and not turn.cut_off]
        if group:
            names = dict.fromkeys(name for turn in group for name in turn.parts)
            rows[kind] = {
                **percentiles([turn.answer_s for turn in group], seed),
                "right": sum(turn.right for turn in group),
                "cut_off": Share(sum(turn.cut_off for turn in every), len(every)).plain(),
                "parts_p50_ms": {
                    name: percentiles([turn.parts[name] for turn in group if name in turn.parts], seed)["p50_ms"]
                    for name in names
                },
            }
    stops = [turn.stop_s for turn in found if turn.stop_s]
    if stops:
        rows["interruption"] = percentiles(stops, seed)
    return rows


def _print(report: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console(width=None if sys.stdout.isatty() else 160)
    table = Table("", "cases", "right", "cut off", "p50 ms", "p95 ms", "p99 ms", "aim p50, p95", "parts (p50 ms)")
    for kind, row in report["turns"].items():
        parts = ", ".join(f"{name} {value}" for name, value in row.get("parts_p50_ms", {}).items())
        cut = row.get("cut_off")
        table.add_row(
            kind,
            str(row["cases"]),
            str(row.get("right", "")),
            f"{cut['share']:.1%} (to {cut['high']:.1%})" if cut else "",
            *(f"{row[f'{p}_ms']} ({row[f'{p}_interval_ms'][0]}-{row[f'{p}_interval_ms'][1]})" for p in _SHOWN),
            "{}, {}".format(*AIMS_MS[kind]),
            parts,
        )
    console.print(table)
    by = ", ".join(report["understanding"])
    console.print(
        f"{report['machine']}, {report['codec']}, understood by {by}, seed {report['seed']}; packets on loopback"
    )
    console.print("in brackets: 95 % intervals")
    if report["failed"]:
        console.print(f"[red]calls that failed: {'; '.join(report['failed'])}[/red]")


_SHOWN = ("p50", "p95", "p99")
