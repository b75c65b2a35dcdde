"""`ivr eval bargein`: false and missed interruptions, with detector, endpointing and echo guard as in a call."""

import json
import os
import platform
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from ivr.call.config import HearingConfig
    from ivr.insight.bargein_eval import Interruption, Noise
    from ivr.insight.channel import Samples

SPOKEN = (
    "Welcome to Acme. You can ask where an order is, cancel an order, or hear our opening hours. How can I help?",
    "We are open from nine to five on weekdays, and from ten to two on Saturdays.",
    "I am sorry, I cannot look that up now. I will connect you to a person.",
)
"""Prompts where no folder of prompts is given, by espeak-ng."""


def bargein(
    folder: Annotated[Path, typer.Argument(help="noises (wav, flac, raw, ...), in subfolders too")],
    speech: Annotated[Path | None, typer.Option(help="callers who interrupt: a folder of speech")] = None,
    prompts: Annotated[Path | None, typer.Option(help="what is played meanwhile: a folder of audio")] = None,
    level: Annotated[str, typer.Option(help="mean levels of the noises in dBFS, with commas; empty: as recorded")] = "",
    caller_level: Annotated[float, typer.Option(help="active level of the callers, dBFS")] = -26.0,
    snr: Annotated[str, typer.Option(help="also callers in the noises, dB below their level: 24,12")] = "",
    echo: Annotated[bool, typer.Option(help="also the line's own echo, 20 to 400 ms, -12 to -30 dB")] = True,
    detector: Annotated[str, typer.Option(help="another detector than the settings': webrtcvad, silero")] = "",
    codec: Annotated[str, typer.Option(help="pcmu, pcma or none")] = "pcmu",
    half: Annotated[int, typer.Option(min=0, max=2, help="1 or 2: only every second file of each folder")] = 0,
    limit: Annotated[int, typer.Option(min=0, help="at most so many callers")] = 0,
    seed: Annotated[int, typer.Option()] = 1,
    as_json: Annotated[bool, typer.Option("--json")] = False,
) -> None:
    """Count how often noise or echo would pause a prompt, and how often and how late a caller does."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from ivr.insight.recordings import RecordingsError

    try:
        levels: list[float | None] = [float(part) for part in level.split(",") if part.strip()] or [None]
        snrs = [float(part) for part in snr.split(",") if part.strip()]
        if codec not in ("pcmu", "pcma", "none"):
            raise ValueError(f"--codec {codec}: pcmu, pcma or none")
        report = measure(
            folder, speech, prompts, levels, caller_level, snrs, echo, hearing(detector), codec, half, limit, seed
        )
    except (RecordingsError, OSError, ValueError) as error:
        print(f"eval bargein: {error}", file=sys.stderr)
        sys.exit(2)
    report["detector"] = detector or "as in the settings"
    if as_json:
        print(json.dumps(report, indent=1))
    else:
        _print(report)


def hearing(detector: str, stop_ms: int = 0) -> "HearingConfig":
    """As the media process would listen, or with another detector or pause. Raises ValueError."""
    from ivr import bootstrap, settings

    values = settings.load()
    changed = {name: value for name, value in (("detector", detector), ("stop_ms", stop_ms)) if value}
    values = values.model_copy(update={"hearing": values.hearing.model_copy(update=changed)})
    return bootstrap.call_config(values).hearing


def measure(
    folder: Path, speech: Path | None, prompts: Path | None, levels: list[float | None], caller_level: float,
    snrs: list[float], echo: bool, config: "HearingConfig", codec: Any, half: int, limit: int, seed: int,
) -> dict[str, Any]:  # fmt: skip
    """The whole report. Raises RecordingsError."""
    from ivr.insight import bargein_eval as be
    from ivr.insight.channel import at_level

    played = _sounds(prompts, 0) if prompts is not None else [("espeak", sound) for sound in _spoken()]
    played = [(name, sound) for name, sound in played if len(sound) > 8000] or played
    prompt = [at_level(sound, -20.0) for _, sound in played]
    noises = _sounds(folder, half)
    quiet = [be.under_noise(name, noise, prompt, db, config, codec) for db in levels for name, noise in noises]
    echoes = list(be.under_echo(prompt, config, codec)) if echo else []
    voices = _sounds(speech, half)[: limit or None] if speech is not None else []
    found = list(be.interruptions(voices, prompt, noises if snrs else [], snrs, caller_level, config, codec, seed))
    return {
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "codec": codec,
        "seed": seed,
        "noise": _noise_rows(quiet),
        "noise_total": _per_minute(quiet),
        "echo_total": _per_minute(echoes),
        "echo": [row for row in _noise_rows(echoes) if row["starts"]],
        "callers": _caller_rows(found),
        "caller_level_db": caller_level,
    }


def _sounds(folder: Path | None, half: int) -> "list[tuple[str, Samples]]":
    from ivr.insight.recordings import find, load

    assert folder is not None
    recordings = find(folder)
    return [(it.name, load(it.path)) for it in (recordings[half - 1 :: 2] if half else recordings)]


def _spoken() -> "list[Samples]":
    import numpy as np

    from ivr.tts import SynthesisError
    from ivr.tts.espeak import Espeak

    try:
        pieces = [Espeak().synthesize(text, "en") for text in SPOKEN]
    except SynthesisError as error:
        raise ValueError(f"{error}; give --prompts FOLDER") from error
    return [np.asarray(np.frombuffer(pcm, dtype="<i2") / 32768, dtype=np.float32) for pcm in pieces]


def _per_minute(noises: "list[Noise]") -> dict[str, float]:
    minutes = sum(it.minutes for it in noises)
    starts = sum(it.starts for it in noises)
    return {"minutes": round(minutes, 2), "starts": starts, "a_minute": round(starts / minutes, 3) if minutes else 0.0}


def _noise_rows(noises: "list[Noise]") -> list[dict[str, Any]]:
    rows: dict[str, list[Noise]] = {}
    for it in noises:
        rows.setdefault(it.name, []).append(it)
    return [{"name": name, **_per_minute(group)} for name, group in rows.items()]


def _caller_rows(found: "list[Interruption]") -> list[dict[str, Any]]:
    import numpy as np

    from ivr.insight.scoring import Share

    rows = []
    for condition in dict.fromkeys(it.condition for it in found):
        group = [it for it in found if it.condition == condition]
        delays = [it.delay_ms for it in group if it.heard] or [float("nan")]
        rows.append(
            {
                "condition": condition,
                "missed": Share(sum(not it.heard for it in group), len(group)).plain(),
                "within_250_ms": Share(sum(it.heard and it.delay_ms <= 250 for it in group), len(group)).plain(),
                "within_250_ms_of_first_sound": Share(
                    sum(it.heard and it.first_sound_ms <= 250 for it in group), len(group)
                ).plain(),
                "p50_ms": round(float(np.percentile(delays, 50))),
                "p95_ms": round(float(np.percentile(delays, 95))),
            }
        )
    return rows


def _print(report: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console(width=None if sys.stdout.isatty() else 140)
    table = Table("noise", "minutes of prompt", "pauses", "a minute", title="prompts that pause for nothing")
    for row in [*report["noise"], {"name": "all", **report["noise_total"]}]:
        table.add_row(row["name"], f"{row['minutes']:.2f}", str(row["starts"]), f"{row['a_minute']:.2f}")
    if report["echo_total"]["minutes"]:
        row = report["echo_total"]
        table.add_row("own echo", f"{row['minutes']:.2f}", str(row["starts"]), f"{row['a_minute']:.2f}")
    console.print(table)
    if report["callers"]:
        title = f"callers at {report['caller_level_db']:g} dBFS who interrupt"
        table = Table(
            "condition",
            "callers",
            "missed",
            "95 %",
            "within 250 ms",
            "95 %",
            "of the first sound",
            "p50 ms",
            "p95 ms",
            title=title,
        )
        for row in report["callers"]:
            missed, soon = row["missed"], row["within_250_ms"]
            table.add_row(
                row["condition"],
                str(missed["all"]),
                f"{missed['share']:.1%}",
                f"{missed['low']:.1%}-{missed['high']:.1%}",
                f"{soon['share']:.1%}",
                f"{soon['low']:.1%}-{soon['high']:.1%}",
                f"{row['within_250_ms_of_first_sound']['share']:.1%}",
                str(row["p50_ms"]),
                str(row["p95_ms"]),
            )
        console.print(table)
    console.print(f"detector {report['detector']}, codec {report['codec']}, {report['machine']}, seed {report['seed']}")
