"""`ivr calls`: what calls there were, and what happened in one."""

import json
import sys
from typing import Annotated, Any

import typer

from ivr import settings

app = typer.Typer(help="List calls and show what happened in one.", invoke_without_command=True)


@app.callback(invoke_without_command=True)
def last(
    ctx: typer.Context,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, max=10_000)] = 20,
    caller: Annotated[str, typer.Option(help="only calls from this number")] = "",
    flow: Annotated[str, typer.Option(help="only calls of this flow")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="as JSON")] = False,
) -> None:
    """List the last calls, newest first."""
    if ctx.invoked_subcommand is not None:
        return
    from ivr.records import look

    rows = look.last(_sources(), limit, caller, flow)
    if as_json:
        print(json.dumps(rows, indent=2, default=str, ensure_ascii=False))
        return
    _table(
        ["call", "began", "from", "line", "took", "turns", "outcome", "ended in"],
        [
            [
                r["id"],
                _when(r.get("offered_at")),
                r.get("caller", ""),
                r.get("line") or r.get("flow", ""),
                _seconds(r.get("duration_s")),
                str(r.get("turn_count", 0)),
                r.get("outcome", "") or ("ended" if r.get("complete") else "live"),
                r.get("ended_in", ""),
            ]
            for r in rows
        ],
    )


@app.command()
def show(
    call: Annotated[str, typer.Argument(help="id of the call, or its last characters; `last` for the newest")],
    as_json: Annotated[bool, typer.Option("--json", help="as JSON")] = False,
) -> None:
    """Print turns, path, delays and where the recording is."""
    from ivr.records import look

    found = look.one(_sources(), call)
    if found is None:
        print(f"there is no call {call!r} (`ivr calls` lists them)", file=sys.stderr)
        sys.exit(1)
    if as_json:
        print(json.dumps(found, indent=2, default=str, ensure_ascii=False))
    else:
        _print_call(found)


@app.command()
def questions(
    flow: Annotated[str, typer.Option(help="only calls of this flow")] = "",
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, max=10_000)] = 50,
    as_json: Annotated[bool, typer.Option("--json", help="as JSON")] = False,
) -> None:
    """List what callers asked and answers.md had no answer to, the most frequent first."""
    from ivr.records import look

    rows = look.unanswered(_sources(), flow, limit)
    if as_json:
        print(json.dumps(rows, indent=2, default=str, ensure_ascii=False))
        return
    head = ["question", "asked", "last", "flow"]
    _table(head, [[r["question"], str(r["asked"]), _when(r["last"]), r["flow"]] for r in rows])


def _sources() -> Any:
    from ivr.bootstrap import database
    from ivr.records.look import Sources

    values = settings.load()
    return Sources(database(values), values.state.absolute() / "journals", values.state.absolute() / "recordings")


def _print_call(found: dict[str, Any]) -> None:
    call = found["call"]
    print(f"call {call['id']}  ({found['source']})")
    print(f"from {call.get('caller') or '-'} to {call.get('dialled') or '-'}, line {call.get('line') or '-'}")
    print(
        f"flow {call.get('flow') or '-'} version {call.get('version') or '-'}, language {call.get('language') or '-'}"
    )
    print(f"began {_when(call.get('offered_at'))}, took {_seconds(call.get('duration_s'))}")
    outcome = call.get("outcome") or ("-" if call.get("complete") else "live")
    ended = f"{call.get('ended_by') or '-'}, {call.get('close_reason') or '-'}"
    print(f"outcome {outcome} in {call.get('ended_in') or '-'}; ended by {ended}")
    if call.get("slots"):
        print("slots " + ", ".join(f"{k}={v}" for k, v in call["slots"].items()))
    for recording in found["recordings"]:
        frames = recording.get("frames")
        print(f"recording {recording['file']} ({_seconds(frames * 0.02) if frames else 'open'})")
    print("path " + " > ".join(step["node"] for step in found["path"]))
    print()
    _table(
        ["turn", "asked", "answer", "how", "result", "conf", "pause", "recog", "underst", "query", "synth", "answer s"],
        [_turn_row(turn) for turn in found["turns"]],
    )
    for name in ("transfers", "troubles"):
        for row in found[name]:
            shown = {k: v for k, v in row.items() if k not in {"call", "seq", "headers"} and v not in ("", None)}
            print(f"{name[:-1]}: " + ", ".join(f"{k} {v}" for k, v in shown.items()))


def _turn_row(turn: dict[str, Any]) -> list[str]:
    said = turn.get("text") or turn.get("heard_text") or ""
    if turn.get("intent"):
        said += f" [{turn['intent']}]"
    delays = [
        turn.get(name) for name in ("pause_s", "recognition_s", "understand_s", "query_s", "synthesis_s", "answer_s")
    ]
    confidence = turn.get("confidence")
    where = turn.get("node", "") + (f"/{turn['part']}" if turn.get("part") else "")
    return [
        f"{turn['turn']} {where}",
        turn.get("asked", ""),
        said,
        turn.get("how", ""),
        turn.get("result", ""),
        f"{confidence:.2f}" if confidence is not None else "",
        *(f"{d:.2f}" if d is not None else "" for d in delays),
    ]


def _when(at: Any) -> str:
    return str(at or "-").replace("T", " ")[:19]


def _seconds(value: Any) -> str:
    return f"{value:.1f} s" if isinstance(value, int | float) else "-"


def _table(head: list[str], rows: list[list[str]]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, header_style="bold", pad_edge=False)
    for number, name in enumerate(head):
        table.add_column(name, no_wrap=number == 0)
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))  # texts of callers are no markup
    Console(width=None if sys.stdout.isatty() else 200).print(table)
