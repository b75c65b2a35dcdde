"""`ivr bench search`: how long searches take over many calls."""

import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer


def search(
    calls: Annotated[int, typer.Option(min=1, help="calls to make up")] = 1_000_000,
    tries: Annotated[int, typer.Option(min=1, max=30, help="searches of each kind")] = 20,
    limit_ms: Annotated[float, typer.Option(help="exit code 1 when a kind's p95 is above it")] = 300,
    folder: Annotated[
        Path | None, typer.Option(help="where the database is while it lasts, 3 kB a call and the log of the server")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print JSON, a line a kind")] = False,
) -> None:
    """Fill a database of its own with made-up calls, and print how long each kind of search takes."""
    import msgspec

    from ivr.insight.search_bench.measure import fill, measure
    from ivr.insight.search_bench.private_postgres import private_postgres
    from ivr.records import store

    slow = False
    with tempfile.TemporaryDirectory(prefix="ivr-search-", dir=folder) as state:
        Path(state).chmod(0o711)  # its server runs as another account when we are root
        with private_postgres(Path(state)) as url:
            engine = store.migrated(url)
            for stored in fill(engine, calls):
                print(f"\r{stored} of {calls} calls stored", end="", file=sys.stderr, flush=True)
            print(file=sys.stderr)
            for timed in measure(engine, tries):
                slow = slow or timed.p95_s * 1000 > limit_ms
                if as_json:
                    print(msgspec.json.encode(asdict(timed)).decode(), flush=True)
                    continue
                print(f"{timed.kind:<32} p50 {timed.p50_s * 1000:7.1f} ms  p95 {timed.p95_s * 1000:7.1f} ms"
                      f"  {timed.found:>3} on the last page", flush=True)  # fmt: skip
            engine.dispose()
    if slow:
        raise typer.Exit(1)
