"""The command `ivr`. Each command is one file in ivr/commands/; a file is imported only when its command is called."""

import sys

import typer

from ivr.commands import lazy_group

COMMANDS: dict[str, tuple[str, str]] = {
    # command -> (module : object, one line of help)
    "up": ("ivr.commands.up:up", "start everything: media, recognizers, services, database, Rasa"),
    "call": ("ivr.commands.call:call", "call a number as a caller: dial, hear, speak, press keys"),
    "answer": ("ivr.commands.answer:answer", "play the human agent that calls are transferred to"),
    "chat": ("ivr.commands.chat:chat", "hold a flow's conversation in the terminal"),
    "test": ("ivr.commands.test:test", "run the flows' tests.yaml, as text or over real calls"),
    "check": ("ivr.commands.check:check", "check a folder of flows: all mistakes with file, line and mend"),
    "flow": ("ivr.commands.flow:app", "look at a flow: grammar, graph, schema"),
    "import": ("ivr.commands.import_:app", "make a first flow of a Rasa assistant or a VoiceXML application"),
    "status": ("ivr.commands.status:status", "calls, delays, quality and load of this machine, live"),
    "nodes": ("ivr.commands.nodes:nodes", "machines that write into one database; keeps Kamailio's list of them"),
    "drain": ("ivr.commands.drain:drain", "take no new calls, wait until those in progress are over; --undo"),
    "live": ("ivr.commands.live:app", "switches, tables and bulletins that change without publishing"),
    "profile": ("ivr.commands.profile:app", "what is known of a caller by number; forget it"),
    "calls": ("ivr.commands.calls:app", "list calls and show what happened in one"),
    "report": ("ivr.commands.report:report", "a week of calls in figures, against the week before; --mail"),
    "doctor": ("ivr.commands.doctor:doctor", "try every part and tell the mend of what does not work"),
    "models": ("ivr.commands.models:app", "list and install models"),
    "settings": ("ivr.commands.settings:settings", "print each setting with value, source and meaning"),
    "prompts": ("ivr.commands.prompts:app", "render, list and hear prompts"),
    "nlu": ("ivr.commands.nlu:app", "train and try understanding"),
    "db": ("ivr.commands.db:app", "migrate and look at the database"),
    "demo": ("ivr.commands.demo:demo", "fill the demo line's tables"),
    "eval": ("ivr.commands.eval:app", "measure recognition, interruption, keys on a folder of audio"),
    "bench": ("ivr.commands.bench:app", "measure delays and cost of this machine"),
    "serve": ("ivr.commands.serve:serve", "the media process (started by `ivr up`)"),
    "services": ("ivr.commands.services:services", "the services process (started by `ivr up`)"),
    "recognizer": ("ivr.commands.recognizer:recognizer", "one recognizer process (started by `ivr up`)"),
    "web": ("ivr.commands.web:web", "pages and API (started by `ivr up`)"),
    "user": ("ivr.commands.user:app", "people who sign in to the pages"),
    "asr-server": ("ivr.commands.asr_server:asr_server", "recognition over WebSocket, for other machines and programs"),
    "postgres": ("ivr.commands.postgres:postgres", "the embedded database (started by `ivr up`)"),
    "redis": ("ivr.commands.redis:redis", "our own Redis (started by `ivr up` when something needs it)"),
    "worker": ("ivr.commands.worker:worker", "background tasks by Celery (started by `ivr up`)"),
    "rasa": ("ivr.commands.rasa:rasa", "train and serve Rasa (started by `ivr up`)"),
}


app = typer.Typer(
    cls=lazy_group(COMMANDS),
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="A telephone number that understands people.",
)


@app.callback()
def _root() -> None:
    """A telephone number that understands people."""


def main() -> None:
    """Exit codes: 0 done, 1 the thing failed, 2 wrong use or wrong settings."""
    from ivr import logs
    from ivr.settings_error import SettingsError

    logs.configure()
    try:
        app()
    except SettingsError as error:
        print(error, file=sys.stderr)
        sys.exit(2)
    except BrokenPipeError:
        sys.exit(1)
