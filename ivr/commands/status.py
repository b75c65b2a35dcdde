"""`ivr status`: what the server that runs on this state folder does now."""

import json
import sys
import time
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ivr import settings

if TYPE_CHECKING:
    from rich.console import Group

BETWEEN_S = 0.5
"""Between the two looks of `--once`: rates need two."""


def status(
    once: Annotated[bool, typer.Option("--once", help="print once instead of live")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="as JSON, one line a look")] = False,
    every: Annotated[float, typer.Option(help="seconds between two looks", min=0.2)] = 2.0,
) -> None:
    """Show calls, delays, sound quality, queues and load of the running server, live until Ctrl-C."""
    from ivr.insight import node_status

    state = settings.load().state.absolute()
    try:
        before = node_status.scrape(state)
        if once or as_json or not sys.stdout.isatty():
            time.sleep(BETWEEN_S if once else every)
            while True:
                now = node_status.scrape(state)
                found = node_status.summary(now, before)
                _print(found, as_json, once)
                if once:
                    return
                before = now
                time.sleep(every)
        _live(before, every)
    except node_status.NodeAway as error:
        print(f"ivr status: {error}", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        return


def _live(before: Any, every: float) -> None:
    from rich.live import Live

    from ivr.insight import node_status

    state = settings.load().state.absolute()
    with Live(screen=True, auto_refresh=False) as screen:
        now = before
        while True:
            try:
                now = node_status.scrape(state)
                screen.update(shown(node_status.summary(now, before)), refresh=True)
                before = now
            except node_status.NodeAway as error:  # it may be starting again: look on
                screen.update(str(error), refresh=True)
            time.sleep(every)


def _print(found: dict[str, Any], as_json: bool, indented: bool) -> None:
    from rich.console import Console

    if as_json:
        print(json.dumps(found, indent=2 if indented else None), flush=True)
    else:
        Console(width=None if sys.stdout.isatty() else 160).print(shown(found))


def shown(found: dict[str, Any]) -> "Group":
    """The figures as tables."""
    from rich.console import Group
    from rich.text import Text

    calls, turns, media, machine = found["calls"], found["turns"], found["media"], found["machine"]
    state = "draining" if calls["draining"] else "up" if calls["media_up"] else "media is away"
    ended = ", ".join(f"{name} {count} ({_percent(calls['shares'][name])})" for name, count in calls["ended"].items())
    refused = ", ".join(f"{reason} {count}" for reason, count in calls["refused"].items())
    lines = [
        f"{state}: {calls['live']} of {calls['most']} calls; {calls['offered']} came in, {calls['answered']} answered"
        f" ({_percent(calls['answer_rate'])}){'; refused: ' + refused if refused else ''}",
        f"ended: {ended or 'none yet'}; mean {_number(calls['mean_s'], ' s')}; keypad {_percent(turns['keypad_share'])}"
        f" of answers",
        f"sound: MOS {_number(media['mos'])} (estimated), jitter {_number(media['jitter_ms'], ' ms')}, lost"
        f" {_percent(media['lost_share'])}, late frames {_percent(media['late_frame_share'])}, late ticks"
        f" {media['late_ticks']}, audio loop {_percent(media['loop_load'])} busy",
        f"overload: step {media['ladder_step']} of 7 (docs/overload.md); {media['busy_calls']} callers hear that the"
        f" line is busy",
        f"machine: load {machine['load']} on {machine['cores']} cores, {machine['memory_free_mb']} MB and"
        f" {machine['disk_free_gb']} GB free, network {_number(machine['network_in_kbit_s'])} in and"
        f" {_number(machine['network_out_kbit_s'])} out kbit/s",
    ]
    return Group(*(Text(line) for line in lines), Text(), _delays(turns), Text(), _queues(found), _processes(found))


def _delays(turns: dict[str, Any]) -> Any:
    table = _table("delay, s", "p50", "p95", "p99")
    rows = {"answer to speech": turns["answer_s"], "answer to keys": turns["answer_to_keys_s"], **turns["parts_s"]}
    for name, quantiles in rows.items():
        table.add_row(name, *(_number(value) for value in quantiles.values()))
    for node, mean in turns["confidence"].items():
        table.add_row(f"confidence at {node}", _number(mean), "", "")
    return table


def _queues(found: dict[str, Any]) -> Any:
    table = _table("queue", "waiting", "oldest, s")
    queues = found["queues"]
    for name, key in (("recognition", "waiting"), ("services", "waiting"), ("writer", "waiting")):
        table.add_row(name, str(queues[name][key]), _number(queues[name].get("oldest_s")))
    records = queues["records"]
    table.add_row("records" if records["database_up"] else "records (database away)", str(records["open_journals"]),
                  _number(records["oldest_s"]))  # fmt: skip
    return table


def _processes(found: dict[str, Any]) -> Any:
    table = _table("process", "cores", "memory, MB", "threads")
    for one in found["processes"]:
        name = one["process"] if one["up"] else f"{one['process']} (gone)"
        table.add_row(name, _number(one["cores"]), str(one["memory_mb"]), str(one["threads"]))
    return table


def _table(first: str, *others: str) -> Any:
    from rich.table import Table

    table = Table(box=None, header_style="bold", pad_edge=False)
    table.add_column(first, min_width=28)
    for name in others:
        table.add_column(name, justify="right")
    return table


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{100 * share:.3g} %"


def _number(value: float | None, unit: str = "") -> str:
    return "-" if value is None else f"{value:.3g}{unit}"
