# ruff: noqa: PT028 - `test` is the command, not a test function
"""`ivr test`: the conversations beside the flows (`tests.yaml`), as text or over real calls."""

import json
import re
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Protocol

import typer

from ivr import settings
from ivr.insight.text_runner import Classifier, text_runner

if TYPE_CHECKING:
    from ivr.flow.loader import Loaded
    from ivr.flow.models import Published
    from ivr.flow.problems import Problem
    from ivr.insight.conversation import Conversation
    from ivr.insight.coverage import Coverage
    from ivr.insight.text_talk import Result


class Runner(Protocol):
    """A way of holding conversations: insight.text_talk.TextTalk, and the one over SIP."""

    def run(self, conversation: "Conversation") -> "Result": ...


_READ: dict[tuple[str, bytes, str], Any] = {}
"""Conversations of files that did not change, while the command watches."""


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
        key = (str(path), path.read_bytes(), name)
        if key not in _READ:
            for old in [it for it in _READ if it[0] == key[0]]:
                del _READ[old]
            _READ[key] = read(*key)
        some, wrong = _READ[key]
        found += [(str(path), conversation) for conversation in some]
        problems += wrong
    return found, problems


def test(
    folder: Annotated[Path, typer.Argument(help="folder of flows, or of one flow")] = Path("flows"),
    name: Annotated[
        list[str] | None, typer.Option("--name", "-k", help="only conversations whose name holds this, or another -k")
    ] = None,
    sip: Annotated[
        bool, typer.Option("--sip", help="over real calls: a caller speaks, hears and presses keys")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="print JSON")] = False,
    journal: Annotated[bool, typer.Option(help="print the journal of a failed conversation")] = True,
    covered: Annotated[bool, typer.Option("--coverage", help="nodes and ways that no conversation takes")] = False,
    least: Annotated[int, typer.Option("--least", min=0, max=100, help="percent of coverage; less fails")] = 0,
    junit: Annotated[Path | None, typer.Option("--junit", help="write the results as JUnit XML")] = None,
    watch: Annotated[bool, typer.Option("--watch", help="run again whenever a file changes")] = False,
) -> None:
    """Run the conversations of tests.yaml. Exit code 0: all hold; 1: one does not; 2: nothing to run."""
    if not folder.is_dir():
        typer.echo(f"there is no folder {folder}", err=True)
        raise typer.Exit(2)
    run = Run(folder, name or (), sip, as_json, journal, covered or least > 0, least, junit)
    if not watch:
        raise typer.Exit(run.once())
    from ivr.commands.test_watch import forever

    forever(folder, run.once)


class Run:
    """Runs of the same conversations: what the parser learned is kept from one to the next."""

    def __init__(
        self,
        folder: Path,
        names: Sequence[str] = (),
        sip: bool = False,
        as_json: bool = False,
        journal: bool = True,
        covered: bool = False,
        least: int = 0,
        junit: Path | None = None,
    ) -> None:
        self.folder = folder
        self.names = names
        self.sip = sip
        self.as_json = as_json
        self.journal = journal
        self.covered = covered
        self.least = least
        self.junit = junit
        self.results: list[tuple[str, Result]] = []
        self._classifier = Classifier(settings.load().state / "nlu")

    def once(self) -> int:
        """Exit code."""
        from ivr.services.flow_files import load_folder

        begun = time.perf_counter()
        self.results = []
        loaded = load_folder(self.folder)
        found, problems = conversations(self.folder)
        for problem in [*loaded.errors, *problems]:
            typer.echo(str(problem), err=True)
        if loaded.published is None or problems:
            return 1
        try:
            chosen = _chosen(found, "sip" if self.sip else "text", self.names, set(loaded.published.flows))
        except typer.Exit as stop:
            return stop.exit_code
        if self.sip:
            _over_sip(loaded.published, self.folder, chosen, self._told)
        else:
            runner = text_runner(loaded, None, self._classifier)
            for path, conversation in chosen:
                self._told(path, runner.run(conversation))
        return self._end(loaded, time.perf_counter() - begun)

    def _told(self, path: str, result: "Result") -> None:
        self.results.append((path, result))
        if not self.as_json:
            _print(path, result, self.journal)

    def _end(self, loaded: "Loaded", seconds: float) -> int:
        results = [result for _, result in self.results]
        failed = [result for result in results if not result.ok]
        coverages = self._coverages(loaded)
        if self.junit is not None:
            from ivr.insight.junit import report

            self.junit.write_bytes(report(self.results))
        if self.as_json:
            rows = [_row(result) for result in results]
            told = {"conversations": rows, "coverage": [vars(it) for it in coverages]} if self.covered else rows
            typer.echo(json.dumps(told, ensure_ascii=False, indent=1))
        else:
            for it in coverages:
                typer.echo("\n".join(it.lines()))
            held = sum(result.seconds for result in results)
            typer.echo(
                f"{len(results) - len(failed)} of {len(results)} conversations hold "
                f"({seconds:.3f} s, {held:.3f} s of it in conversations)"
            )
        little = [it for it in coverages if it.share * 100 < self.least]
        for it in little:
            typer.echo(f"{it.flow}: {it.share:.0%} is covered, {self.least} % is wanted", err=True)
        return 1 if failed or loaded.errors or little else 0

    def _coverages(self, loaded: "Loaded") -> "list[Coverage]":
        from ivr.insight.coverage import coverage

        if not self.covered or loaded.published is None:
            return []
        journals = [result.journal for _, result in self.results]
        called = {result.conversation.flow for _, result in self.results}
        return [coverage(flow, journals) for name, flow in loaded.published.flows.items() if name in called]


def _chosen(
    found: "list[tuple[str, Conversation]]", way: str, names: Sequence[str], flows: set[str]
) -> "list[tuple[str, Conversation]]":
    """Those that run this way and whose name holds one of `names` (none: all); each one's flow must serve."""
    parts = [name.lower() for name in names] or [""]
    chosen = [(path, c) for path, c in found if way in c.only and any(part in c.name.lower() for part in parts)]
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
