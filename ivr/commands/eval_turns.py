"""`ivr eval turns`: delay of a turn's end against the share of callers cut off."""

import json
import os
import platform
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ivr.commands.eval_bargein import hearing
from ivr.commands.eval_speech import grammar_of, load_engine, part_of

if TYPE_CHECKING:
    from ivr.insight.turn_eval import Point

COMPLETE = "0.2,0.25,0.3,0.4,0.5,0.7"
INCOMPLETE = "0.5,0.7,0.9,1.2"


def turns(
    folder: Annotated[Path, typer.Argument(help="speech, one utterance a file, in subfolders too")],
    labels: Annotated[Path | None, typer.Option(help="labels.json or transcripts, when not in the folder")] = None,
    phrases: Annotated[Path | None, typer.Option(help="as in `ivr eval speech`")] = None,
    slots: Annotated[Path | None, typer.Option(help="as in `ivr eval speech`")] = None,
    field: Annotated[str, typer.Option(help="as in `ivr eval speech`")] = "",
    length: Annotated[str, typer.Option(help="as in `ivr eval speech`")] = "",
    flow: Annotated[str, typer.Option(help="as in `ivr eval speech`")] = "",
    node: Annotated[str, typer.Option(help="as in `ivr eval speech`")] = "",
    open_: Annotated[bool, typer.Option("--open", help="no grammar, whatever lies in the folder")] = False,
    complete: Annotated[str, typer.Option(help="seconds of pause after a text that can stand, with commas")] = COMPLETE,
    incomplete: Annotated[str, typer.Option(help="seconds of pause after one that cannot")] = INCOMPLETE,
    closed: Annotated[float, typer.Option(help="seconds of pause after a sure text that nothing can follow")] = 0.1,
    stop: Annotated[int, typer.Option(min=0, help="another hearing.stop_ms than the settings'")] = 0,
    join: Annotated[int, typer.Option(min=0, max=30, help="join so many recordings of one speaker")] = 0,
    noise: Annotated[Path | None, typer.Option(help="noise to add")] = None,
    snr: Annotated[float, typer.Option(help="dB below the active speech level")] = 15.0,
    detector: Annotated[str, typer.Option(help="another detector than the settings': webrtcvad, silero")] = "",
    codec: Annotated[str, typer.Option(help="pcmu, pcma or none")] = "pcmu",
    half: Annotated[int, typer.Option(min=0, max=2, help="1 or 2: only that half of the speakers")] = 0,
    engine: Annotated[str, typer.Option(help="engine; the language's last one by default")] = "",
    language: Annotated[str, typer.Option()] = "en",
    limit: Annotated[int, typer.Option(min=0, help="at most so many utterances")] = 0,
    seed: Annotated[int, typer.Option()] = 1,
    as_json: Annotated[bool, typer.Option("--json")] = False,
) -> None:
    """Hear a folder of utterances as a call does and tell what each pair of timeouts comes to."""
    from ivr import logs
    from ivr.insight import turn_eval
    from ivr.insight.recordings import RecordingsError, find, load
    from ivr.insight.speech_eval import joined, single

    logs.configure("warning", "text")
    try:
        if codec not in ("pcmu", "pcma", "none"):
            raise ValueError(f"--codec {codec}: pcmu, pcma or none")
        whole, broken = ([float(part) for part in text.split(",") if part.strip()] for text in (complete, incomplete))
        found = part_of(find(folder, labels), half, limit if not join else 0, seed)
        utterances = joined(found, join, limit or 100, seed) if join else single(found, 0.3)
        grammar = None if open_ else grammar_of(folder, phrases, slots, field, length, flow, node, language, found)
        added = load(noise) if noise is not None else None
        config = hearing(detector, stop)
    except (RecordingsError, OSError, ValueError) as error:
        print(f"eval turns: {error}", file=sys.stderr)
        sys.exit(2)
    kind: Any = codec
    recognizer = load_engine(engine, language, 0)
    heard = list(turn_eval.hear(utterances, recognizer, language, grammar, config, kind, added, snr, seed))
    report = {
        "engine": recognizer.name + (":held" if grammar else ":free"),
        "codec": codec,
        "noise": f"{noise.stem} {snr:g} dB" if noise is not None else "",
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "cases": len(heard),
        "closed_timeout": closed,
        "closed_at_the_end": sum(turn.pauses[-1].closed for turn in heard if turn.pauses),
        "speakers": len({turn.speaker for turn in heard if turn.speaker}),
        "pauses_inside": sum(len(turn.pauses) - 1 for turn in heard if turn.pauses),
        "seed": seed,
        "points": [_plain(point) for point in turn_eval.curve(heard, whole, broken, closed)],
    }
    print(json.dumps(report, indent=1)) if as_json else _print(report)


def _plain(point: "Point") -> dict[str, Any]:
    p50, p95, mean = (round(value, 3) for value in point.delay_s)
    return {
        "complete_timeout": point.complete_s,
        "incomplete_timeout": point.incomplete_s,
        "cut_off": point.cut_off.plain(),
        "cut_off_names": list(point.names),
        "unheard": point.unheard,
        "delay": {"p50": p50, "p95": p95, "mean": mean},
    }


def _print(report: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.table import Table

    about = f"{report['cases']} utterances, {report['speakers']} speakers, {report['pauses_inside']} pauses inside"
    table = Table(title=f"{report['engine']}, {report['codec']} {report['noise']}: {about}")
    closed = f"{report['closed_at_the_end']} of them sure and closed at the end: {report['closed_timeout']:g} s"
    table.caption = closed
    for column in ("complete", "incomplete", "cut off (95 %)", "unheard", "delay p50", "p95", "mean"):
        table.add_column(column, justify="right")
    for point in report["points"]:
        cut, delay = point["cut_off"], point["delay"]
        table.add_row(
            f"{point['complete_timeout']:g} s",
            f"{point['incomplete_timeout']:g} s",
            f"{cut['share']:.1%} ({cut['low']:.1%} - {cut['high']:.1%})",
            str(point["unheard"]),
            *(f"{1000 * delay[name]:.0f} ms" for name in ("p50", "p95", "mean")),
        )
    Console(width=None if sys.stdout.isatty() else 120).print(table)
