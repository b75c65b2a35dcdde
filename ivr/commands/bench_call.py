"""`ivr bench call`: the share of a core, and the memory, of one call that speaks, is recognized, and listens."""

import json
import os
import platform
import sys
from pathlib import Path
from typing import Annotated, Any

import typer


def call(
    calls: Annotated[int, typer.Option(min=1, max=200, help="calls at once; costs are told for one")] = 10,
    seconds: Annotated[float, typer.Option(min=2, max=120, help="of each phase")] = 6.0,
    as_json: Annotated[bool, typer.Option("--json", help="print JSON")] = False,
) -> None:
    """Start a line of its own, hold calls on it, and read the CPU time of its processes."""
    from ivr.insight.private_line import PrivateLineError

    try:
        report = measure(calls, seconds)
    except (PrivateLineError, RuntimeError) as error:
        print(f"bench call: {error}", file=sys.stderr)
        sys.exit(1)
    if as_json:
        print(json.dumps(report, indent=1))
    else:
        _print(report)


def measure(calls: int, seconds: float) -> dict[str, Any]:
    """Raises PrivateLineError when the line does not start, RuntimeError when nothing can speak."""
    from ivr import insight, settings
    from ivr.commands.bench_turns import speaker
    from ivr.insight.call_cost import CostBench
    from ivr.insight.private_line import PrivateLine

    said = speaker()("what are your opening hours")
    flows = Path(insight.__file__).parent / "bench_line"
    with PrivateLine(flows, settings.load().cache / "bench-prompts", "sip:nobody@127.0.0.1:9") as line:
        host, _, port = line.address.rpartition(":")
        found = CostBench((host, int(port)), line.pid, calls, seconds).run(said)
    return {
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "codec": "pcmu",
        "calls": calls,
        "phases": [
            {
                "phase": cost.phase,
                "core_share_percent": {part: round(100 * share, 2) for part, share in cost.share.items()},
                "memory_mb": {part: round(value, 2) for part, value in cost.memory_mb.items()},
            }
            for cost in found
        ],
    }


def _print(report: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console()
    parts = list(report["phases"][0]["core_share_percent"])
    title = f"one call of {report['calls']}: share of one core, and memory"
    table = Table("", *(f"{part} %" for part in parts), *(f"{part} MB" for part in parts), title=title)
    for row in report["phases"]:
        shares = [f"{row['core_share_percent'][part]:.2f}" for part in parts]
        table.add_row(row["phase"], *shares, *(f"{row['memory_mb'][part]:.2f}" for part in parts))
    console.print(table)
    console.print(f"{report['machine']}, {report['codec']}")
