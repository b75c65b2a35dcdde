"""`ivr eval`: measurements on folders of audio."""

import typer

from ivr.commands import lazy_group

COMMANDS = {
    "speech": ("ivr.commands.eval_speech:speech", "words, intents and slots right on a folder of speech"),
    "turns": ("ivr.commands.eval_turns:turns", "delay of a turn's end against callers cut off"),
    "dtmf": ("ivr.commands.eval_dtmf:dtmf", "keys right on a folder of captures and recordings"),
    "bargein": ("ivr.commands.eval_bargein:bargein", "false and missed interruptions on a folder of sounds"),
}

app = typer.Typer(
    cls=lazy_group(COMMANDS), no_args_is_help=True, add_completion=False, help="Measure on folders of audio."
)


@app.callback()
def _root() -> None:
    """Measure on folders of audio."""
