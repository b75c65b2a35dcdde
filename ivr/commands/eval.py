"""`ivr eval`: measurements on folders of audio and sets of sentences."""

import typer

from ivr.commands import lazy_group

COMMANDS = {
    "speech": ("ivr.commands.eval_speech:speech", "words, intents and slots right on a folder of speech"),
    "nlu": ("ivr.commands.eval_nlu:nlu", "intents right and refused on labelled sentences"),
    "answers": ("ivr.commands.eval_answers:answers", "answers found in a knowledge base"),
    "turns": ("ivr.commands.eval_turns:turns", "delay of a turn's end against callers cut off"),
    "belief": ("ivr.commands.eval_belief:belief", "confidence against what was right; what is rejected"),
    "dtmf": ("ivr.commands.eval_dtmf:dtmf", "keys right on a folder of captures and recordings"),
    "emotion": ("ivr.commands.eval_emotion:emotion", "how callers sound, on a folder of turns"),
    "bargein": ("ivr.commands.eval_bargein:bargein", "false and missed interruptions on a folder of sounds"),
}

app = typer.Typer(
    cls=lazy_group(COMMANDS), no_args_is_help=True, add_completion=False, help="Measure on audio and sentences."
)


@app.callback()
def _root() -> None:
    """Measure on audio and sentences."""
