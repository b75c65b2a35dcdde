# ruff: noqa: PT028 - `test` is the command, not a test function
"""`ivr test`: the conversations beside the flows (`tests.yaml`), as text or over real calls."""

import json
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Protocol

import typer

from ivr import settings

if TYPE_CHECKING:
    from ivr.flow.loader import Loaded
    from ivr.flow.models import Published
    from ivr.flow.problems import Problem
    from ivr.insight.conversation import Conversation
    from ivr.insight.text_talk import Result


class Runner(Protocol):
    """A way of holding conversations: insight.text_talk.TextTalk, and the one over SIP."""

    def run(self, conversation: "Conversation") -> "Result": ...


def text_runner(loaded: "Loaded", nlu_folder: Path | None) -> Runner:
    """As text. The built-in classifier is trained (or read from its folder) when a conversation first needs it."""
    from ivr.insight.text_parts import understand_with
    from ivr.insight.text_talk import TextTalk
    from ivr.ports import IntentParser

    if loaded.published is None:
        raise ValueError("no flow to test")

    def classifier() -> IntentParser:
        from ivr import models
        from ivr.insight.flow_folder import training_sets
        from ivr.nlu.builtin import Builtin

        builtin = Builtin(nlu_folder, models.path("minilm-en"))
        builtin.publish(training_sets(loaded))
        return builtin

    return TextTalk(loaded.published, loaded.grammars, understand_with(classifier))


def conversations(folder: Path) -> "tuple[list[tuple[str, Conversation]], list[Problem]]":
    """Every conversation below a flows folder (or of one flow's folder) with its file's path, and mistakes."""
    from ivr.insight.conversation import read

    found, problems = [], []
    for path in sorted([*folder.glob("tests.yaml"), *folder.glob("*/tests.yaml")]):
        name = path.parent.resolve().name
        flow_file = path.parent / "flow.yaml"
        if flow_file.is_file():
            said = re.search(r"^flow:\s*[\"']?([a-z0-9_]+)", flow_file.read_text(encoding="utf-8"), re.MULTILINE)
            name = said[1] if said else name
        some, wrong = read(str(path), path.read_bytes(), name)
        found += [(str(path), conversation) for conversation in some]
        problems += wrong
    return found, problems


def test(
    folder: Annotated[Path, typer.Argument(help="folder of flows, or of one flow")] = Path("flows"),
    name: Annotated[str, typer.Option("--name", "-k", help="only conversations whose name holds this")] = "",
    sip: Annotated[
        bool, typer.Option("--sip", help="over real calls: a caller speaks, hears and presses keys")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="print JSON")] = False,
    journal: Annotated[bool, typer.Option(help="print the journal of a failed conversation")] = True,
) -> None:
    """Run the conversations of tests.yaml. Exit code 0: all hold; 1: one does not; 2: nothing to run."""
    from ivr.services.flow_files import load_folder

    if not folder.is_dir():
        typer.echo(f"there is no folder {folder}", err=True)
        raise typer.Exit(2)
    loaded = load_folder(folder)
    found, problems = conversations(folder)
    for problem in [*loaded.errors, *problems]:
        typer.echo(str(problem), err=True)
    if loaded.published is None or problems:
        raise typer.Exit(1)
    chosen = _chosen(found, "sip" if sip else "text", name, set(loaded.published.flows))
    results: list[Result] = []

    def told(path: str, result: "Result") -> None:
        results.append(result)
        if not as_json:
            _print(path, result, journal)

    begun = time.perf_counter()
    if sip:
        _over_sip(loaded.published, folder, chosen, told)
    else:
        runner = text_runner(loaded, settings.load().state / "nlu")
        for path, conversation in chosen:
            told(path, runner.run(conversation))
    failed = [result for result in results if not result.ok]
    if as_json:
        typer.echo(json.dumps([_row(result) for result in results], ensure_ascii=False, indent=1))
    else:
        seconds = time.perf_counter() - begun
        typer.echo(f"{len(results) - len(failed)} of {len(results)} conversations hold ({seconds:.3f} s)")
    raise typer.Exit(1 if failed or loaded.errors else 0)


def _chosen(
    found: "list[tuple[str, Conversation]]", way: str, name: str, flows: set[str]
) -> "list[tuple[str, Conversation]]":
    """Those that run this way and whose name holds `name`; each one's flow must serve."""
    chosen = [(path, c) for path, c in found if way in c.only and name.lower() in c.name.lower()]
    if not chosen:
        typer.echo("no conversation to run", err=True)
        raise typer.Exit(2)
    for path, conversation in chosen:
        if conversation.flow not in flows:
            typer.echo(f"{path}:{conversation.line}: no flow {conversation.flow!r} that serves", err=True)
            raise typer.Exit(1)
    return chosen


def _over_sip(
    published: "Published",
    folder: Path,
    chosen: "list[tuple[str, Conversation]]",
    told: "Callable[[str, Result], None]",
) -> None:
    """With a server of our own, started for it."""
    from ivr.commands.test_sip import run_all
    from ivr.insight.private_line import PrivateLineError
    from ivr.sip.endpoint import SipError
    from ivr.sip.library import LibraryError

    try:
        run_all(published, folder, chosen, told)
    except (PrivateLineError, SipError, LibraryError, OSError) as error:
        typer.echo(f"test: {error}", err=True)
        raise typer.Exit(1) from None


def _print(path: str, result: "Result", journal: bool) -> None:
    from ivr.insight.journal_text import lines

    if result.ok:
        typer.echo(f"ok    {result.conversation.name} ({result.seconds * 1000:.0f} ms)")
        return
    typer.echo(f"FAIL  {result.conversation.name}\n      {path}:{result.line}: {result.failure}")
    if journal:
        for line in lines(result.journal):
            typer.echo(f"      {line}")


def _row(result: "Result") -> dict[str, Any]:
    return {
        "name": result.conversation.name,
        "flow": result.conversation.flow,
        "ok": result.ok,
        "failure": result.failure,
        "line": result.line,
        "seconds": round(result.seconds, 4),
    }
