"""`ivr drain`: let this node run empty."""

import sys
from typing import Annotated

import typer

from ivr import settings


def drain(
    undo: Annotated[bool, typer.Option("--undo", help="take calls again")] = False,
    wait: Annotated[bool, typer.Option("--wait/--no-wait", help="until the last call is over")] = True,
    within: Annotated[float, typer.Option(help="seconds to wait at most", min=0)] = 3600.0,
) -> None:
    """Take no new calls and wait until those in progress are over. Exit code 1: some are not, or no server runs."""
    from ivr.up import draining

    state = settings.load().state.absolute()
    try:
        if undo:
            draining.ask(state, "POST", "/undrain")
            print("takes calls")
            return
        calls = len(draining.ask(state, "POST", "/drain").get("calls", ()))
    except draining.NodeAway as error:
        print(f"ivr drain: {error}", file=sys.stderr)
        sys.exit(1)
    if not wait:
        print(f"draining: {calls} calls go on")
        return
    if not draining.run_empty(state, within, lambda left: print(f"draining: {left} calls go on", flush=True)):
        print("ivr drain: time is up, calls go on", file=sys.stderr)
        sys.exit(1)
    print("drained")
