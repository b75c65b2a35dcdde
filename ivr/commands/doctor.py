"""`ivr doctor`: every part really tried: a query, a recognition, a synthesis, a registration."""

import json
import sys
from dataclasses import asdict

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from ivr import settings

COLOURS = {"works": "green", "lacking": "yellow", "broken": "red"}


def doctor(as_json: bool = typer.Option(False, "--json", help="print JSON")) -> None:
    """Try every part and tell the mend of what does not work. Exit code 1 when something is broken."""
    from ivr import checkup

    values = settings.load()
    console = Console(stderr=True)
    results = []
    with console.status("trying", spinner="line") as status:
        for part, trial in checkup.trials(values):
            status.update(f"trying {part}")
            results.append(trial())
    if as_json:
        print(json.dumps([asdict(r) for r in results], indent=1))
    else:
        table = Table("part", "version", "", "what was tried", "mend")
        for r in results:
            mark = f"[{COLOURS[r.state]}]{r.state}[/]"
            table.add_row(r.part, escape(r.version), mark, escape(r.detail), escape(r.mend))
        Console().print(table)
    sys.exit(1 if any(r.state == "broken" for r in results) else 0)
