"""`ivr bench`: delays and cost of this machine."""

import typer

from ivr.commands import lazy_group

COMMANDS = {
    "turns": ("ivr.commands.bench_turns:turns", "delays of turns and interruptions, measured on the wire"),
    "bargein": (
        "ivr.commands.bench_bargein:bargein",
        "from a caller's voice to the prompt's last packet, and prompts paused for nothing",
    ),
    "query": (
        "ivr.commands.bench_query:query",
        "delays of turns that ask a service: cached, uncached, slow, hanging, dead",
    ),
    "call": ("ivr.commands.bench_call:call", "share of a core and memory of a call that speaks, listens, is heard"),
    "rate": ("ivr.commands.bench_rate:rate", "calls a second that one core answers, and twice as many"),
    "calls": ("ivr.commands.bench_calls:calls", "calls at once that one core carries, CPU and memory of each part"),
    "start": (
        "ivr.commands.bench_start:start",
        "time from the command to the first answered call, memory of each process",
    ),
    "check": ("ivr.commands.bench_check:check", "time to check 100 flows of 100 nodes, and of 100 conversations"),
    "grammar": ("ivr.commands.bench_grammar:grammar", "time and memory of compiling grammars"),
    "search": ("ivr.commands.bench_search:search", "time that each kind of search takes among a million calls"),
    "core": ("ivr.commands.bench_core:core", "turns a second of the pure core"),
}

app = typer.Typer(
    cls=lazy_group(COMMANDS),
    no_args_is_help=True,
    add_completion=False,
    help="Measure delays and cost of this machine.",
)


@app.callback()
def _root() -> None:
    """Measure delays and cost of this machine."""
