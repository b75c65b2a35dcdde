"""`ivr test --watch`: again whenever a file changes."""

import time
from collections.abc import Callable
from pathlib import Path

import typer

POLL_S = 0.1


def forever(folder: Path, once: Callable[[], int], rounds: int = 0) -> None:
    """`once` at the start and after each change, until Ctrl-C (or `rounds` times)."""
    from ivr.services.flow_watch import signature

    seen, done = "", 0
    place = folder.resolve()
    place = place.parent if (place / "flow.yaml").is_file() else place
    try:
        while not rounds or done < rounds:
            now = signature(place)
            if now != seen:
                seen = now
                done += 1
                begun = time.perf_counter()
                code = once()
                words = "all hold" if code == 0 else "not all hold"
                typer.echo(
                    f"-- {words}, {time.perf_counter() - begun:.2f} s after the change; waiting for the next one"
                )
                continue
            time.sleep(POLL_S)
    except KeyboardInterrupt:
        typer.echo("")
