"""`ivr chat`: a flow's conversation in the terminal, typed or by keys."""

import asyncio
import json
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from ivr import actions, events, settings

HELP = """\
Type what the caller says. Keys: #123 presses 1 2 3 (## presses the pound key). An empty line is silence.
/hold and /resume, /bye hangs up, /state shows what is known, /journal shows everything so far."""


def chat(
    flow: Annotated[str, typer.Argument(help="name of the flow; the sole one when not given")] = "",
    folder: Annotated[Path, typer.Option("--flows", help="folder of flows")] = Path("flows"),
    language: Annotated[str, typer.Option(help="language to begin in; the flow's first when not given")] = "",
    caller: Annotated[str, typer.Option(help="number that calls")] = "+14155550123",
    keys_only: Annotated[bool, typer.Option("--keys-only", help="as if no recognizer worked")] = False,
    debug: Annotated[bool, typer.Option("--debug", help="print every event and action")] = False,
    mock: Annotated[bool, typer.Option("--mock", help="ask me for the answers of queries, not the database")] = False,
    mocks: Annotated[str, typer.Option(help="take the mocks of the conversation with this name in tests.yaml")] = "",
    at: Annotated[str, typer.Option(help="time of the call, like 2027-01-04T10:00:00-05:00; now when not given")] = "",
) -> None:
    """Talk with a flow in the terminal. Exit code 1: the flow has mistakes; 2: there is no such flow."""
    from ivr.insight.text_runner import text_runner
    from ivr.insight.text_talk import TextTalk
    from ivr.services.flow_files import load_folder

    current = settings.load()
    if not folder.is_dir():
        typer.echo(f"there is no folder {folder}", err=True)
        raise typer.Exit(2)
    loaded = load_folder(folder)
    for problem in loaded.errors:
        typer.echo(str(problem), err=True)
    flows = loaded.published.flows if loaded.published else {}
    if not flows:
        raise typer.Exit(1)
    name = flow or next(iter(flows))
    if name not in flows or (language and language not in flows[name].languages):
        there = ", ".join(f"{n} ({' '.join(f.languages)})" for n, f in flows.items())
        typer.echo(f"there is no flow {name!r} with language {language or 'any'!r}; there is {there}", err=True)
        raise typer.Exit(2)
    talk = text_runner(loaded, current.state / "nlu")
    if not isinstance(talk, TextTalk):
        raise TypeError(talk)
    if language:
        chosen = flows[name]
        others = tuple(code for code in chosen.languages if code != language)
        first = next(code for code in chosen.languages if code == language)
        flows[name] = chosen.model_copy(update={"languages": (first, *others)})
    start = events.CallStarted(
        call=str(uuid.uuid4()), caller=caller, line=name, flow=name, version=flows[name].version,
        at=at or datetime.now(UTC).isoformat(timespec="seconds"), can_hear=not keys_only,
    )  # fmt: skip
    query = _typed_answer if mock else _database(current)
    Chat(talk, _mocked(folder, mocks, query) if mocks else query, debug).run(start)


class Chat:
    """The terminal's side of a text call."""

    def __init__(self, talk: object, query: Callable[[actions.Query], events.Queried], debug: bool) -> None:
        from ivr.insight.text_talk import TextTalk

        if not isinstance(talk, TextTalk):
            raise TypeError(talk)
        self.call = talk.call(query)
        self.debug = debug
        self._spoken = 0
        self._entries = 0

    def run(self, start: events.CallStarted) -> None:
        """Until one side hangs up."""
        typer.echo(HELP)
        self.call.start(start)
        while True:
            self.call.listen()
            self._show()
            if self.call.ended:
                break
            try:
                typed = input("> ").strip()
            except (EOFError, KeyboardInterrupt):
                typed = "/bye"
            self._do(typed)
        finished = self.call.line.finished
        if finished is not None:
            typer.echo(f"-- {finished.outcome} at {finished.at}; {json.dumps(finished.slots, ensure_ascii=False)}")

    def _do(self, typed: str) -> None:
        match typed:
            case "":
                self.call.advance()
            case "/hold":
                self.call.holds(1.0)
            case "/resume":
                self.call.resumes()
            case "/bye":
                self.call.hangs_up()
            case "/state":
                state = self.call.session.state
                if state is not None:
                    typer.echo(f"task {state.task or '-'}; {json.dumps(state.slots(), ensure_ascii=False)}")
            case "/journal":
                self._journal(0)
            case _ if typed.startswith("#"):
                self.call.presses(typed[1:].replace(" ", ""))
            case _:
                self.call.says(typed)

    def _show(self) -> None:
        if self.debug:
            self._journal(self._entries)
        self._entries = len(self.call.line.journal)
        for spoken in self.call.line.spoken[self._spoken :]:
            typer.echo(f"< {spoken.text}" + ("" if spoken.whole else "  (interrupted)"))
        self._spoken = len(self.call.line.spoken)

    def _journal(self, since: int) -> None:
        from ivr.insight.journal_text import lines

        for line in lines(self.call.line.journal[since:]):
            typer.echo(typer.style(f"  {line}", dim=True))


def _mocked(
    folder: Path, name: str, otherwise: Callable[[actions.Query], events.Queried]
) -> Callable[[actions.Query], events.Queried]:
    """The answers of a conversation's mocks; nodes without one ask `otherwise`. Exits with 2 when there is none."""
    from ivr.commands.test import conversations
    from ivr.insight.text_parts import Mocks

    found = next((it for _, it in conversations(folder)[0] if name.lower() in it.name.lower()), None)
    if found is None:
        typer.echo(f"no conversation of tests.yaml has {name!r} in its name", err=True)
        raise typer.Exit(2)
    return Mocks(found.mocks, otherwise)


def _typed_answer(query: actions.Query) -> events.Queried:
    """The user plays the database."""
    typer.echo(f"? query {query.node} {json.dumps(query.parameters, ensure_ascii=False)}")
    typed = input("  its row as JSON, or not_found, error, timeout: ").strip()
    if typed in ("not_found", "error", "timeout"):
        return events.Queried(status=typed)
    try:
        return events.Queried(value=json.loads(typed or "{}"))
    except json.JSONDecodeError as error:
        typer.echo(f"  that is no JSON ({error}); taken for an error")
        return events.Queried(status="error")


def _database(current: settings.Settings) -> Callable[[actions.Query], events.Queried]:
    """The real database when it answers; else the user is asked."""
    from ivr.bootstrap import database
    from ivr.business.queries import Queries
    from ivr.business.sql import SqlQueries

    found = database(current)
    loop = asyncio.new_event_loop()
    away: list[bool] = []

    async def ask(query: actions.Query) -> events.Queried:
        return await Queries(SqlQueries(found.query_url, found.query_role)).answer(query)

    def answer(query: actions.Query) -> events.Queried:
        if not away:
            told = loop.run_until_complete(ask(query))
            if told.status != "error":
                return told
            typer.echo("  (the database does not answer; start it with `ivr up`, or answer yourself)")
            away.append(True)
        return _typed_answer(query)

    return answer
