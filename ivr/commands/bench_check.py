"""`ivr bench check`: time to check many flows, and to hold a hundred conversations."""

import json
import tempfile
import time
from pathlib import Path
from typing import Annotated

import typer


def check(
    flows: Annotated[int, typer.Option(min=1, help="flows")] = 100,
    nodes: Annotated[int, typer.Option(min=3, help="nodes in each")] = 100,
    conversations: Annotated[int, typer.Option(min=1, help="conversations held as text")] = 100,
    as_json: Annotated[bool, typer.Option("--json", help="print JSON")] = False,
) -> None:
    """Make flows, read and check them with everything compiled; hold conversations in one of them."""
    from ivr.commands.test import Run
    from ivr.flow.loader import load
    from ivr.insight.many_flows import conversations_of, flow_of

    files = {f"flow_{n}/flow.yaml": flow_of(f"flow_{n}", nodes) for n in range(flows)}
    begun = time.perf_counter()
    loaded = load(files)
    checked = time.perf_counter() - begun
    if loaded.errors:
        typer.echo(str(loaded.errors[0]), err=True)
        raise typer.Exit(1)
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "flow_0"
        home.mkdir()
        (home / "flow.yaml").write_text(files["flow_0/flow.yaml"])
        (home / "tests.yaml").write_text(conversations_of("flow_0", nodes, conversations))
        run = Run(Path(folder), as_json=True)
        first, _ = _timed(run)
        again, held = _timed(run)
    row = {
        "flows": flows, "nodes": nodes, "check_s": round(checked, 2), "grammars": len(loaded.grammars),
        "conversations": conversations, "test_s": round(first, 3), "test_again_s": round(again, 3), "held": held,
    }  # fmt: skip
    if as_json:
        typer.echo(json.dumps(row))
        return
    typer.echo(f"check {flows} flows of {nodes} nodes: {checked:.2f} s ({checked / flows * 1000:.0f} ms a flow)")
    typer.echo(f"test {conversations} conversations: {first:.3f} s; after a change (--watch): {again:.3f} s")


def _timed(run: "object") -> tuple[float, int]:
    import contextlib
    import io

    from ivr.commands.test import Run

    assert isinstance(run, Run)
    begun = time.perf_counter()
    with contextlib.redirect_stdout(io.StringIO()):
        code = run.once()
    if code:
        raise typer.Exit(code)
    return time.perf_counter() - begun, len(run.results)
