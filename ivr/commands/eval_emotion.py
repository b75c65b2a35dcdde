"""`ivr eval emotion`: how callers sound, on a folder of turns."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer


def emotion(
    folder: Annotated[Path, typer.Argument(help="recordings, with labels.csv (file, label, caller) or --made")],
    made: Annotated[bool, typer.Option("--made", help="no labels: the same turns louder, higher, faster")] = False,
    speaker: Annotated[str, typer.Option(help="with --made: pattern of who speaks, in a file's name")] = "^([^-]*)",
    limit: Annotated[int, typer.Option(min=0, help="with --made: about so many pairs")] = 0,
) -> None:
    """Share of frustrated turns that are found, and of calm ones taken for it. Prints JSON."""
    from ivr.insight import emotion_eval
    from ivr.insight.recordings import RecordingsError

    try:
        turns = list(emotion_eval.made(folder, speaker, limit) if made else emotion_eval.labelled(folder))
    except (emotion_eval.EmotionFilesError, RecordingsError, OSError, KeyError) as error:
        print(f"eval emotion: {error}", file=sys.stderr)
        sys.exit(2)
    print(json.dumps(emotion_eval.summary(turns), indent=1))
