"""`ivr bench calls`: how many calls at once one core carries, while callers talk and listen as people do."""

import json
import os
import platform
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

if TYPE_CHECKING:
    from ivr.insight.load_bench import Said

AIMS_S = {
    "steps": {"speech": 0.45, "new sentence": 0.95},
    "open": {"speech": 0.70, "new sentence": 0.95},
}
"""p95 from the end of voice, or the last key, to the first packet of the answer."""
SAYINGS = {
    "steps": (
        ("what are your opening hours", "option.opening_hours"),
        ("where is your shop", "option.the_address_of_the_shop"),
        ("the address of the shop", "option.the_address_of_the_shop"),
        ("the price of delivery", "option.the_price_of_delivery"),
    ),
    "open": (
        ("my package did not arrive and I am still waiting", "late_order"),
        ("I think the lamp that you sent me is broken", "broken_item"),
        ("we have moved, please use my new address", "change_address"),
        ("the screen has a crack and it does not work", "broken_item"),
    ),
}
NUMBER = {
    "steps": ("I want to give you my number", "option.my_number"),
    "open": ("I want to give you my number", "give_number"),
}


def calls(
    line: Annotated[
        Literal["steps", "open"], typer.Option("--line", help="steps with grammars, or open speech")
    ] = "steps",
    open_speech: Annotated[bool, typer.Option("--open/--grammar", help="short for --line")] = False,
    engine: Annotated[str, typer.Option(help="recognizer of English")] = "moonshine",
    rasa: Annotated[bool, typer.Option(help="with Rasa, which is then counted")] = False,
    first: Annotated[int, typer.Option(min=1, help="calls to begin with")] = 5,
    step: Annotated[int, typer.Option(min=1, help="calls more each time")] = 5,
    most: Annotated[int, typer.Option(min=1, max=400)] = 60,
    seconds: Annotated[float, typer.Option(min=5, help="of each measurement")] = 20.0,
    seed: Annotated[int, typer.Option()] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="print JSON")] = False,
) -> None:
    """Hold a line of its own to one core, add callers until a limit breaks, print what each part costs."""
    from ivr.insight.private_line import PrivateLineError

    kind: Literal["steps", "open"] = "open" if open_speech else line
    try:
        report = measure(kind, engine, rasa, (first, step, most), seconds, seed, not as_json)
    except (PrivateLineError, RuntimeError) as error:
        print(f"bench calls: {error}", file=sys.stderr)
        sys.exit(1)
    if as_json:
        print(json.dumps(report, indent=1))
    else:
        _print(report)


def measure(
    kind: Literal["steps", "open"],
    engine: str,
    rasa: bool,
    numbers: tuple[int, int, int],
    seconds: float,
    seed: int,
    tell: bool,
) -> dict[str, Any]:
    """Raises PrivateLineError when the line does not start, RuntimeError when nothing can speak."""
    from ivr import insight, settings
    from ivr.insight.load_bench import LoadBench, climb
    from ivr.insight.part_cost import hold_to
    from ivr.insight.private_line import PrivateLine

    said = _said(kind)
    cores = sorted(os.sched_getaffinity(0))
    chosen = {
        "IVR_SIP_MAX_CALLS": "400",
        "IVR_ASR_RECOGNIZERS": "1",
        "IVR_ASR_ENGINES": json.dumps({"en": [engine]}),
        "IVR_NLU_RASA": "auto" if rasa else "off",
    }
    flows = Path(insight.__file__).parent / "load_lines"
    with PrivateLine(flows, settings.load().cache / "bench-prompts", "sip:nobody@127.0.0.1:9", chosen) as server:
        if rasa:
            _wait_for_rasa(server.state)
        hold_to(server.pid, {cores[0]})
        os.sched_setaffinity(0, {cores[-1]})
        host, _, port = server.address.rpartition(":")
        bench = LoadBench((host, int(port)), server.state, server.pid, said, AIMS_S[kind], seed)
        try:
            rows, held = climb(bench, *numbers, seconds, _tell if tell else lambda row: None)
        finally:
            bench.close()
            os.sched_setaffinity(0, cores)
    return {
        "machine": f"{platform.machine()}, {os.cpu_count()} cores; the server on one, the callers on "
        + ("another" if len(cores) > 1 else "the same"),
        "codec": "pcmu",
        "line": kind,
        "engine": engine,
        "rasa": rasa,
        "seed": seed,
        "seconds": seconds,
        "calls_a_core": held,
        "levels": rows,
    }


def _said(kind: Literal["steps", "open"]) -> "Said":
    from ivr.commands.bench_turns import speaker
    from ivr.insight.load_bench import Said

    speak = speaker()
    sayings = [(speak(text), meant) for text, meant in SAYINGS[kind]]
    text, meant = NUMBER[kind]
    meanings = list(dict.fromkeys(option for _, option in sayings))
    keys = dict(zip("123", _in_order(kind, meanings), strict=True))
    return Said(kind, sayings, keys, (speak(text), meant))


def _in_order(kind: str, meanings: list[str]) -> list[str]:
    order = {"open": ["late_order", "broken_item", "change_address"]}.get(kind, meanings)
    return [it for it in order if it in meanings]


def _wait_for_rasa(state: Path, seconds: float = 300.0) -> None:
    import time

    until = time.monotonic() + seconds
    while not (state / "run" / "rasa.json").exists():
        if time.monotonic() > until:
            raise RuntimeError("Rasa does not serve in time")
        time.sleep(1.0)


def _tell(row: dict[str, Any]) -> None:
    print(f"{row['calls']} calls: {', '.join(row['breaks']) or 'all limits hold'}", file=sys.stderr)


def _print(report: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console()
    table = Table(
        "calls", "turns", "right", "speech p50/p95", "new p95", "late", "core by part, %", "MB a call", "breaks"
    )
    for row in report["levels"]:
        speech, new = row.get("speech", {}), row.get("new sentence", {})
        cost = ", ".join(f"{part} {100 * share:.0f}" for part, share in sorted(row["core_share"].items()))
        memory = ", ".join(f"{part} {mb:.1f}" for part, mb in sorted(row["memory_mb_a_call"].items()) if mb >= 0.05)
        delays = f"{speech.get('p50_ms', '-')}/{speech.get('p95_ms', '-')}"
        table.add_row(str(row["calls"]), str(row["turns"]), f"{row['right_percent']} %", delays,
                      str(new.get("p95_ms", "-")), f"{row['late_packets_percent']} %", cost, memory,
                      ", ".join(row["breaks"]))  # fmt: skip
    console.print(table)
    console.print(f"calls a core: {report['calls_a_core']} ({report['line']}, {report['engine']},"
                  f" {'Rasa' if report['rasa'] else 'built-in understanding'})")  # fmt: skip
    console.print(f"{report['machine']}, {report['codec']}, seed {report['seed']}; delays in ms")
