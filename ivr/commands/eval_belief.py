"""`ivr eval belief`: whether confidences are right, and what is rejected."""

import json
import os
import platform
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from ivr.commands.eval_speech import grammar_of, load_engine, part_of


def belief(
    folder: Annotated[Path, typer.Argument(help="speech that the grammar holds, with labels")],
    outside: Annotated[list[Path] | None, typer.Option(help="folder of what it does not hold; may be given again")]
    = None,
    labels: Annotated[Path | None, typer.Option(help="as in `ivr eval speech`")] = None,
    phrases: Annotated[Path | None, typer.Option(help="as in `ivr eval speech`")] = None,
    slots: Annotated[Path | None, typer.Option(help="as in `ivr eval speech`")] = None,
    field: Annotated[str, typer.Option(help="as in `ivr eval speech`")] = "",
    length: Annotated[str, typer.Option(help="as in `ivr eval speech`")] = "",
    flow: Annotated[str, typer.Option(help="as in `ivr eval speech`")] = "",
    node: Annotated[str, typer.Option(help="as in `ivr eval speech`")] = "",
    join: Annotated[int, typer.Option(min=0, max=30, help="join so many recordings of one speaker")] = 0,
    min_confidence: Annotated[float, typer.Option(min=0, max=1, help="of the step: less is not accepted")] = 0.45,
    sure: Annotated[float, typer.Option(min=0, max=1, help="of the step: less is confirmed")] = 0.8,
    noise: Annotated[Path | None, typer.Option(help="noise added to the speech inside")] = None,
    snr: Annotated[float, typer.Option(help="dB below the active speech level")] = 15.0,
    codec: Annotated[str, typer.Option(help="pcmu, pcma or none")] = "pcmu",
    half: Annotated[int, typer.Option(min=0, max=2, help="1 or 2: only that half of the speakers, else files")] = 0,
    engine: Annotated[str, typer.Option(help="engine; the language's last one by default")] = "",
    language: Annotated[str, typer.Option()] = "en",
    limit: Annotated[int, typer.Option(min=0, help="at most so many recordings of each folder")] = 0,
    seed: Annotated[int, typer.Option()] = 1,
    as_json: Annotated[bool, typer.Option("--json")] = False,
) -> None:  # fmt: skip
    """Count what is accepted and rejected, and compare confidences with what was right."""
    from ivr import logs
    from ivr.insight import belief_eval
    from ivr.insight.recordings import RecordingsError, find
    from ivr.insight.speech_eval import Condition, joined, run, single

    logs.configure("warning", "text")
    kind: Any = codec
    try:
        if codec not in ("pcmu", "pcma", "none"):
            raise ValueError(f"--codec {codec}: pcmu, pcma or none")
        found = [r for r in part_of(find(folder, labels), half, limit if not join else 0, seed) if r.labelled]
        inside = joined(found, join, limit or 100, seed) if join else single(found)
        grammar = grammar_of(folder, phrases, slots, field, length, flow, node, language, found)
        if grammar is None or not inside:
            raise ValueError("belief needs labelled speech and a grammar: --field, --flow and --node, or --phrases")
        others = [
            sound
            for place in outside or []
            for sound in belief_eval.outside(place.name, part_of(find(place), half, limit, seed), seed)
        ]
        condition = Condition((kind,), noise, snr if noise is not None else None)
        recognizer = load_engine(engine, language, 0)
        cases = list(run(recognizer, language, grammar, inside, [condition], seed))
    except (RecordingsError, OSError, ValueError) as error:
        print(f"eval belief: {error}", file=sys.stderr)
        sys.exit(2)
    heard = belief_eval.hear_outside(recognizer, language, grammar, others, kind)
    report = {
        "engine": f"{recognizer.name}:held",
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "condition": condition.name,
        "speakers": len({case.speaker for case in cases if case.speaker}),
        "seed": seed,
        "min_confidence": min_confidence,
        "sure": sure,
        **belief_eval.judged(cases, heard, min_confidence, sure),
    }
    print(json.dumps(report, indent=1)) if as_json else _print(report)


def _print(report: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console(width=None if sys.stdout.isatty() else 120)
    inside = report["inside"]
    table = Table(title=f"{report['engine']}, {report['condition']}, {report['machine']}, seed {report['seed']}")
    for column in ("", "cases", "said to be outside (95 %)", f"accepted at {report['min_confidence']:g} (95 %)"):
        table.add_column(column, justify="left" if not column else "right")
    taken = {**inside["rejected"], "share": 1 - inside["rejected"]["share"]}
    taken["low"], taken["high"] = 1 - inside["rejected"]["high"], 1 - inside["rejected"]["low"]
    table.add_row("inside", str(inside["cases"]), _share(inside["said_to_be_outside"]), _share(taken))
    for name, row in report["outside"].items():
        if row["cases"]:
            table.add_row(
                f"outside: {name}", str(row["cases"]), _share(row["said_to_be_outside"]), _share(row["accepted"])
            )
    console.print(table)
    print(
        f"inside: right {_share(inside['right'])}; of those accepted {_share(inside['right_of_accepted'])}; "
        f"sure ({report['sure']:g}) {_share(inside['sure'])}, of those right {_share(inside['right_of_sure'])}"
    )
    table = Table("confidence", "cases", "mean", "right (95 %)", "", title="reliability")
    for row in report["reliability"]:
        share = row["right"]
        bar = "█" * round(20 * share["share"])
        table.add_row(
            f"{row['from']:.1f}-{row['from'] + 0.1:.1f}",
            str(share["all"]),
            f"{row['confidence']:.2f}",
            _share(share),
            bar,
        )
    console.print(table)
    print(f"expected calibration error {report['calibration_error']:.3f}")
    table = Table("min_confidence", "inside rejected", "wrong accepted", "outside rejected")
    for row in report["curve"][::2]:
        table.add_row(f"{row['min_confidence']:g}", *(f"{row[k]:.1%}" for k in list(row)[1:]))
    console.print(table)


def _share(value: dict[str, Any] | None) -> str:
    if value is None or value["share"] is None:
        return "-"
    return f"{value['share']:.1%} ({value['low']:.1%} - {value['high']:.1%})"
