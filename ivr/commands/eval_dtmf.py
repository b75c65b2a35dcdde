"""`ivr eval dtmf`: keys found in captures and recordings."""

import json
import os
import platform
import sys
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer


def dtmf(
    folder: Annotated[Path, typer.Argument(help="captures (.pcap) and audio (wav, flac, raw, ...), in subfolders too")],
    labels: Annotated[Path | None, typer.Option(help="JSON: file -> keys; else labels.json, else the names")] = None,
    no_keys: Annotated[bool, typer.Option("--no-keys", help="speech or noise without keys: what is found is false")]
    = False,
    noise: Annotated[Path | None, typer.Option(help="noise to add to recordings")] = None,
    snr: Annotated[float, typer.Option(help="dB below the tones' level")] = 24.0,
    loss: Annotated[float, typer.Option(min=0, max=90, help="per cent of packets lost, of recordings")] = 0.0,
    codec: Annotated[str, typer.Option(help="of recordings: pcmu, pcma or none")] = "pcmu",
    limit: Annotated[int, typer.Option(min=0, help="at most so many files")] = 0,
    seed: Annotated[int, typer.Option()] = 1,
    as_json: Annotated[bool, typer.Option("--json")] = False,
) -> None:  # fmt: skip
    """Play captures and recordings to the parts that find keys in calls, and count what is right."""
    from ivr import logs
    from ivr.commands.eval_bargein import hearing
    from ivr.insight import dtmf_eval
    from ivr.insight.captures import CaptureError
    from ivr.insight.recordings import RecordingsError, load

    logs.configure("warning", "text")
    kind: Any = codec
    try:
        if codec not in ("pcmu", "pcma", "none"):
            raise ValueError(f"--codec {codec}: pcmu, pcma or none")
        files = dtmf_eval.find(folder, labels, no_keys)[: limit or None]
        line = dtmf_eval.Line(kind, load(noise) if noise is not None else None, snr, loss / 100)
        config = replace(hearing("webrtcvad"), inband_keys=True)  # in calls only where sip.inband_keys says so
        cases = list(dtmf_eval.run(files, config, line, seed))
    except (dtmf_eval.KeyFilesError, CaptureError, RecordingsError, OSError, ValueError) as error:
        print(f"eval dtmf: {error}", file=sys.stderr)
        sys.exit(2)
    report = {
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "codec": codec,
        "seed": seed,
        **dtmf_eval.summary(cases),
        "by_means": {
            means or "nothing": dtmf_eval.summary([case for case in cases if case.means == means])
            for means in sorted({case.means for case in cases})
        },
        "wrong": [
            {"name": case.name, "pressed": case.pressed, "found": case.found}
            for case in cases
            if case.pressed is not None and case.pressed != case.found
        ],
        "unlabelled": {case.name: case.found for case in cases if case.pressed is None},
    }
    print(json.dumps(report, indent=1)) if as_json else _print(report)


def _print(report: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(title=f"keys, {report['codec']}, {report['machine']}, seed {report['seed']}")
    for column in ("keys came by", "files", "keys", "keys right (95 %)", "files right (95 %)", "false keys", "an hour"):
        table.add_column(column, justify="left" if column.startswith("keys came") else "right")
    for name, row in [*report["by_means"].items(), ("all", report)]:
        rate = row["false_keys_an_hour"]
        table.add_row(
            name,
            str(row["cases"]),
            str(row["keys"]),
            _share(row["keys_right"]),
            _share(row["files_right"]),
            str(row["false_keys"]),
            "" if rate is None else f"{rate:g}",
        )
    Console(width=None if sys.stdout.isatty() else 120).print(table)
    for case in report["wrong"]:
        print(f"{case['name']}: pressed {case['pressed'] or 'nothing'}, found {case['found'] or 'nothing'}")
    for name, found in report["unlabelled"].items():
        print(f"{name}: found {found or 'nothing'}")


def _share(value: dict[str, Any] | None) -> str:
    return "" if value is None else f"{value['share']:.1%} ({value['low']:.1%} - {value['high']:.1%})"
