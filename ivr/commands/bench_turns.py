"""`ivr bench turns`: delays of turns and interruptions as a caller sees them, from packets."""

import json
import os
import platform
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from ivr.insight.turn_bench import Turn, Utterance

AIMS_MS = {"grammar": (300, 450), "open": (500, 700), "new sentence": (650, 950), "interruption": (120, 180)}
"""p50 and p95 that the project aims at."""


def turns(
    rounds: Annotated[int, typer.Option(min=1, max=300, help="calls of three turns")] = 10,
    seed: Annotated[int, typer.Option()] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="print JSON")] = False,
) -> None:
    """Start a line of its own, talk to it, and time every answer and every interrupted prompt on the wire."""
    from ivr.insight.private_line import PrivateLineError

    try:
        report = measure(rounds, seed)
    except (PrivateLineError, RuntimeError) as error:
        print(f"bench turns: {error}", file=sys.stderr)
        sys.exit(1)
    if as_json:
        print(json.dumps(report, indent=1))
    else:
        _print(report)
    sys.exit(1 if report["failed"] else 0)


def measure(rounds: int, seed: int) -> dict[str, Any]:
    """Raises PrivateLineError when the line does not start, RuntimeError when nothing can speak."""
    from ivr import insight, settings
    from ivr.insight import journal_text
    from ivr.insight.journal_tail import JournalTail
    from ivr.insight.private_line import PrivateLine
    from ivr.insight.turn_bench import TurnCaller, tell_parts
    from ivr.insight.turn_bench import rounds as make_rounds
    from ivr.insight.wire_caller import Callers, WireCaller

    spoken = make_rounds(speaker(), rounds, seed)
    flows = Path(insight.__file__).parent / "bench_line"
    with PrivateLine(flows, settings.load().cache / "bench-prompts", "sip:nobody@127.0.0.1:9") as line:
        host, _, port = line.address.rpartition(":")
        callers, found, failed = Callers(), [], []
        for said in spoken:
            caller = WireCaller((host, int(port)), "bench")
            talk = TurnCaller(caller, said)
            callers.add(caller)
            callers.run(talk.tick)
            tail = JournalTail(line.journals, caller.sip_call_id)
            tail.read()
            tell_parts(talk.turns, tail.entries)
            found += talk.turns
            callers.remove(caller)
            if talk.failed:
                failed.append(talk.failed)
                print("\n".join(journal_text.lines(tail.entries)), file=sys.stderr)
    return {
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "codec": "pcmu",
        "rounds": rounds,
        "seed": seed,
        "failed": failed,
        "late_ticks_of_the_caller": callers.late,
        **_rows(found),
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


def _rows(found: "list[Turn]") -> dict[str, Any]:
    rows: dict[str, Any] = {}
    for kind in ("grammar", "open", "new sentence"):
        group = [turn for turn in found if turn.kind == kind and turn.answer_s]
        if group:
            names = dict.fromkeys(name for turn in group for name in turn.parts)
            rows[kind] = {
                **_figures([turn.answer_s for turn in group]),
                "right": sum(turn.right for turn in group),
                "parts_p50_ms": {
                    name: _figures([turn.parts[name] for turn in group if name in turn.parts])["p50_ms"]
                    for name in names
                },
            }
    stops = [turn.stop_s for turn in found if turn.stop_s]
    if stops:
        rows["interruption"] = _figures(stops)
    return {"turns": rows}


def _figures(seconds: list[float]) -> dict[str, Any]:
    import numpy as np

    p50, p95, p99 = (round(float(v) * 1000) for v in np.percentile(seconds, (50, 95, 99)))
    return {"cases": len(seconds), "p50_ms": p50, "p95_ms": p95, "p99_ms": p99}


def _print(report: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console()
    table = Table("", "cases", "right", "p50 ms", "p95 ms", "p99 ms", "aim p50, p95", "parts (p50 ms)")
    for kind, row in report["turns"].items():
        parts = ", ".join(f"{name} {value}" for name, value in row.get("parts_p50_ms", {}).items())
        aim = "{}, {}".format(*AIMS_MS[kind])
        right = str(row.get("right", ""))
        table.add_row(
            kind, str(row["cases"]), right, str(row["p50_ms"]), str(row["p95_ms"]), str(row["p99_ms"]), aim, parts
        )
    console.print(table)
    console.print(f"{report['machine']}, {report['codec']}, seed {report['seed']}; packets on loopback")
    if report["failed"]:
        console.print(f"[red]calls that failed: {'; '.join(report['failed'])}[/red]")
