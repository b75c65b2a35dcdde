"""`ivr bench rate`: calls a second that one core answers, and what becomes of twice as many."""

import contextlib
import itertools
import json
import os
import platform
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ivr.insight.private_line import PrivateLine
    from ivr.insight.rate_bench import Phase, RateCall, RateGenerator

AIM_MS = 200
WHOLE = 0.95
"""Share of a call's packets that must come."""
SOUND = 0.4
"""Share of its time in which its prompt must sound: people pause, and a prompt begins after the ACK."""


def rate(
    rate: Annotated[float, typer.Option(min=1, max=500, help="calls a second")] = 50.0,
    calls: Annotated[int, typer.Option(min=1, max=100_000)] = 1000,
    hold: Annotated[float, typer.Option(min=1, max=30, help="seconds that each call lasts")] = 3.0,
    over: Annotated[float, typer.Option(min=0, max=60, help="seconds at twice the rate afterwards")] = 5.0,
    busy: Annotated[int, typer.Option(min=0, max=400, help="instead: so many callers who hear that it is busy")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="print JSON")] = False,
) -> None:
    """Hold a line of its own to one core and call it from the other: answered, failed, INVITE to 200."""
    from ivr.insight.private_line import PrivateLineError

    try:
        report = measure_busy(rate, busy) if busy else measure(rate, calls, hold, over)
    except PrivateLineError as error:
        print(f"bench rate: {error}", file=sys.stderr)
        sys.exit(1)
    if as_json:
        print(json.dumps(report, indent=1))
    else:
        _print(report)
    sys.exit(1 if report["phases"][0]["failed"] or report["void"] else 0)


def measure(rate: float, calls: int, hold_s: float, over_s: float) -> dict[str, Any]:
    """Raises PrivateLineError."""
    from ivr.insight.part_cost import shares, spent

    with _on_one_core({"IVR_OVERLOAD_CALLS_PER_SECOND": str(round(rate * 1.1, 1))}, hold_s) as (line, generator):
        generator.run(min(rate, 5), 10)  # what is made at the first call only
        before, began = spent(line.pid), time.monotonic()
        phases = [generator.run(rate, calls)]
        taken = shares(before, spent(line.pid), time.monotonic() - began)
        if over_s:
            phases.append(generator.run(2 * rate, round(2 * rate * over_s)))
    return _report([_figures(phase, hold_s) for phase in phases], taken, hold_s)


def measure_busy(rate: float, calls: int) -> dict[str, Any]:
    """One call takes the only place; all others at once hear the announcement. Raises PrivateLineError."""
    from ivr.insight.part_cost import shares, spent

    chosen = {"IVR_SIP_MAX_CALLS": "1", "IVR_OVERLOAD_BUSY_CALLS": str(calls), "IVR_OVERLOAD_CALLS_PER_SECOND": "0"}
    with _on_one_core(chosen, 20.0) as (line, generator):
        before, began = spent(line.pid), time.monotonic()
        phase = generator.run(rate, calls + 1)
        taken = shares(before, spent(line.pid), time.monotonic() - began)
    figures = _figures(phase, 20.0)
    told = [call for call in phase.calls if call.ended_by_line and call.loud >= 50]
    figures |= {"heard_busy": len(told), "most_at_once": _most_at_once(told), "failed": calls - len(told)}
    return _report([figures], taken, 20.0)


def _most_at_once(calls: "list[RateCall]") -> int:
    changes = sorted([(call.final_at, 1) for call in calls] + [(call.over_at, -1) for call in calls])
    return max(itertools.accumulate(change for _, change in changes), default=0)


@contextlib.contextmanager
def _on_one_core(chosen: dict[str, str], hold_s: float) -> "Iterator[tuple[PrivateLine, RateGenerator]]":
    """The line on the first core, this process on the last."""
    from ivr import insight, settings
    from ivr.insight.part_cost import hold_to
    from ivr.insight.private_line import PrivateLine
    from ivr.insight.rate_bench import RateGenerator

    cores = sorted(os.sched_getaffinity(0))
    flows = Path(insight.__file__).parent / "bench_line"
    kept = settings.load().cache / "bench-prompts"
    with PrivateLine(flows, kept, "sip:nobody@127.0.0.1:9", {"IVR_SIP_MAX_CALLS": "400", **chosen}) as line:
        hold_to(line.pid, {cores[0]})
        os.sched_setaffinity(0, {cores[-1]})
        host, _, port = line.address.rpartition(":")
        generator = RateGenerator((host, int(port)), "bench", hold_s)
        try:
            yield line, generator
        finally:
            generator.close()
            os.sched_setaffinity(0, cores)


def _report(phases: list[dict[str, Any]], taken: dict[str, float], hold_s: float) -> dict[str, Any]:
    cores = os.cpu_count() or 1
    return {
        "machine": f"{platform.machine()}, {cores} cores; the server on one, the generator on "
        + ("another" if cores > 1 else "the same"),
        "codec": "pcmu",
        "hold_s": hold_s,
        "phases": phases,
        "core_share": taken,
        "void": any(phase["generator_share"] > 0.8 for phase in phases),
    }


def _figures(phase: "Phase", hold_s: float) -> dict[str, Any]:
    answered = [call for call in phase.calls if call.status == 200]
    refused = [call for call in phase.calls if call.status == 503 and call.retry_after]
    due = hold_s * 50
    heard = [it for it in answered if it.packets >= WHOLE * due and it.loud >= SOUND * due and not it.ended_by_line]
    packets = sum(call.packets for call in answered)
    return {
        "rate": phase.rate,
        "calls": len(phase.calls),
        "answered": len(answered),
        "heard_their_prompt": len(heard),
        "refused": len(refused),
        "failed": len(phase.calls) - len(refused) - len(heard),
        "invite_to_200_ms": _quantiles([call.final_at - call.asked_at for call in answered]),
        "invite_to_503_ms": _quantiles([call.final_at - call.asked_at for call in refused]),
        "sound_share_least": round(min((call.loud for call in answered), default=0) / due, 2),
        "packets_share_least": round(min((call.packets for call in answered), default=0) / due, 2),
        "late_packets_percent": round(100 * sum(call.late for call in answered) / max(1, packets), 3),
        "generator_share": round(phase.generator_share, 3),
    }


def _quantiles(seconds: list[float]) -> dict[str, float] | None:
    import numpy as np

    if not seconds:
        return None
    return {
        f"p{q}": round(float(v) * 1000, 1)
        for q, v in zip((50, 95, 99), np.percentile(seconds, (50, 95, 99)), strict=True)
    }


def _print(report: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console()
    table = Table(
        "calls a second", "calls", "answered", "refused", "failed", "INVITE to 200, ms", "to 503, ms", "late packets"
    )
    for row in report["phases"]:
        times = [
            " / ".join(f"{v:g}" for v in (row[name] or {}).values())
            for name in ("invite_to_200_ms", "invite_to_503_ms")
        ]
        counts = [str(row[name]) for name in ("calls", "answered", "refused", "failed")]
        table.add_row(f"{row['rate']:g}", *counts, *times, f"{row['late_packets_percent']} %")
    console.print(table)
    for row in report["phases"]:
        if "heard_busy" in row:
            console.print(f"{row['heard_busy']} callers heard that the line is busy, {row['most_at_once']} at once")
    parts = ", ".join(f"{part} {100 * share:.1f} %" for part, share in sorted(report["core_share"].items()))
    console.print(f"times are p50 / p95 / p99 (aim: p95 {AIM_MS} ms); of the server's core: {parts}")
    console.print(f"{report['machine']}, {report['codec']}, each call holds {report['hold_s']:g} s")
    if report["void"]:
        console.print("[red]void: the generator took more than 80 % of its core[/red]")
