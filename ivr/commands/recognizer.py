"""`ivr recognizer`: one recognizer process, as `ivr up` starts it."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from ivr import settings


def recognizer(
    index: Annotated[int, typer.Option(min=0, help="number of this process: it listens on run/recognizer-N.sock")] = 0,
    state: Annotated[Path | None, typer.Option(help="state folder, when not the one of the settings")] = None,
) -> None:
    """Load the models and recognize for the media process until it or the parent is gone."""
    from ivr import logs
    from ivr.asr.emotion import Emotions
    from ivr.asr.server import serve
    from ivr.bootstrap import recognition

    values = settings.load()
    logs.configure(values.log.level, values.log.format)
    folder = state or values.state
    engines = recognition(values)
    (folder / "run").mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        serve(
            engines,
            folder / "run" / f"recognizer-{index}.sock",
            folder / "run" / "rings",
            folder / "grammars",
            values.asr.second_pass,
            Emotions() if values.asr.emotion else None,
        )
    except OSError as error:
        print(f"recognizer: {error}", file=sys.stderr)
        sys.exit(2)
