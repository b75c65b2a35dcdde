"""`ivr flow publish | history | diff | pull | release | rollback | approve`: versions of flows in Postgres."""

import difflib
import getpass
import json
import os
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from ivr import settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Engine

FlowName = Annotated[str, typer.Argument(help="name of the flow")]
Folder = Annotated[Path, typer.Option("--flows", help="folder of flows")]
Note = Annotated[str, typer.Option("--note", "-m", help="why, for the history")]
By = Annotated[str, typer.Option("--by", help="who; your account's name when not given")]
At = Annotated[
    str, typer.Option("--at", help="from when, like 2027-01-03T08:00 (this machine's zone unless it says one)")
]
Share = Annotated[str, typer.Option("--share", help="of the new calls, like 10%; the rest stays with what serves now")]
FLOWS = Path("flows")


def register(app: typer.Typer) -> None:
    """Add the commands to `ivr flow`."""
    for command in (publish, history, diff, pull, release, rollback, approve):
        app.command()(command)


def publish(
    name: FlowName,
    note: Note = "",
    base: Annotated[
        int | None, typer.Option(help="version that these files contain; known after pull and publish")
    ] = None,
    force: Annotated[str, typer.Option("--force", help="publish over others' versions; say why")] = "",
    at: At = "",
    share: Share = "100%",
    draft: Annotated[bool, typer.Option("--draft", help="save as the draft, for lines with version: draft")] = False,
    by: By = "",
    folder: Folder = FLOWS,
) -> None:
    """Check, test and put a flow into service as a new version. Exit code 1: it is refused, with the reason."""
    from ivr.insight import snapshot as shots
    from ivr.records import flow_versions
    from ivr.records.flow_versions import Publication

    values = settings.load()
    if not draft and not note:
        _stop('say why, for the history: --note "opening hours of January"', 2)
    try:
        files, called = shots.files_of(folder, name)
        home = shots.flow_home(folder, name)
    except (shots.NoFlow, OSError) as error:
        _stop(str(error), 2)
    trained = _proved(files, folder, name, home.name, tests=not draft)
    what = Publication(
        flow=name, snapshot=flow_versions.Snapshot(files, trained, called), by=by or who(), note=note,
        base=base if base is not None else _base(home), forced=force, at=moment(at), share=portion(share),
        needs_approval=values.publishing.second_approver,
    )  # fmt: skip
    with opened() as engine:
        if draft:
            flow_versions.save_draft(engine, what)
            typer.echo(f"draft of {name} saved; lines with `version: draft` answer with it")
            return
        made = flow_versions.publish(engine, what)
    (home / shots.BASE).write_text(f"{made.number}\n")
    typer.echo(f"{name} {made.number} is published, {_told(what.at, what.share)}")
    if what.needs_approval:
        typer.echo(f"it waits for a second person: ivr flow approve {name} {made.number}")


def _proved(files: dict[str, bytes], folder: Path, name: str, home: str, tests: bool) -> dict[str, bytes]:
    """The trained models of a flow that is checked and tested as it will be stored; else the end, with the reasons."""
    from ivr.insight.publishing import learned, proved

    lines = folder / "lines.yaml"
    proof = proved(files, lines.read_bytes() if lines.is_file() else None, name, home, tests=tests)
    for problem in [*proof.loaded.errors, *proof.test_problems]:
        typer.echo(str(problem), err=True)
    for result in proof.failed:
        typer.echo(f"{proof.tests_file}:{result.line}: {result.conversation.name}: {result.failure}", err=True)
    if not proof.compiles or (tests and not proof.holds):
        _stop(proof.refusal())
    if tests:
        there = len(proof.conversations)
        typer.echo(f"{there} conversations hold" if there else f"{name} has no tests.yaml")
    return learned(proof, settings.load().cache)


def history(name: FlowName, as_json: Annotated[bool, typer.Option("--json")] = False) -> None:
    """Every version: who, when, why, on which base, and what served since when. * serves now."""
    from ivr.records import flow_versions
    from ivr.records.releases import effective

    with opened() as engine:
        versions, releases = flow_versions.versions(engine, name), flow_versions.releases(engine)
    now = dict(effective(releases, name, datetime.now(UTC)))
    if as_json:
        rows: list[dict[str, Any]] = [{**vars(version), "serves": now.get(version.number, 0.0)} for version in versions]
        typer.echo(json.dumps(rows, default=str, indent=1))
        return
    for version in versions:
        serves = now.get(version.number)
        mark = "*" if serves == 1.0 else f"{serves:.0%}" if serves else ""
        label = "draft" if version.number == 0 else str(version.number)
        forced = f"  forced: {version.forced}" if version.forced else ""
        typer.echo(f"{mark:>4} {label:>5}  {_time(version.made_at)}  {version.made_by}  {version.note}{forced}")
        for one in releases:
            if (one.flow, one.number) == (name, version.number) and (one.kind != "publish" or _noteworthy(one)):
                why = f"  {one.note}" if one.note and one.kind != "publish" else ""
                share = f"{one.share:.0%}"
                waits = "" if one.stands else "  waits for a second person"
                approved = f"  approved by {one.approved_by}" if one.approved_by else ""
                typer.echo(
                    f"{'':12}{one.kind} from {_time(one.from_at)} {share} by {one.made_by}{approved}{waits}{why}"
                )
    if not versions:
        _stop(f"nothing of {name} was published")


def _noteworthy(release: Any) -> bool:
    return bool(release.share < 1.0 or release.needs_approval or release.from_at > datetime.now(UTC))


def diff(
    name: FlowName,
    old: Annotated[str, typer.Argument(help="number, or `draft`; the newest version when not given")] = "",
    new: Annotated[str, typer.Argument(help="number, `draft` or `files`")] = "files",
    folder: Folder = FLOWS,
) -> None:
    """What differs between two versions, or between a version and the files. Exit code 1: something does."""
    from ivr.insight.snapshot import files_of
    from ivr.records import flow_versions

    with opened() as engine:
        newest = max((v.number for v in flow_versions.versions(engine, name)), default=0)
        first = flow_versions.snapshot(engine, name, _number(old) if old else newest).files
        second = (
            files_of(folder, name)[0] if new == "files" else flow_versions.snapshot(engine, name, _number(new)).files
        )
    label = old or str(newest)
    changed = False
    for path in sorted({*first, *second}):
        before, after = first.get(path), second.get(path)
        if before == after:
            continue
        changed = True
        if path.endswith((".wav", ".raw")):
            typer.echo(f"{path}: {'added' if before is None else 'removed' if after is None else 'another recording'}")
            continue
        rows = [(data or b"").decode("utf-8", "replace").splitlines(keepends=True) for data in (before, after)]
        told = difflib.unified_diff(rows[0], rows[1], f"{path} ({label})", f"{path} ({new})")
        typer.echo("".join(line if line.endswith("\n") else f"{line}\n" for line in told), nl=False)
    raise typer.Exit(1 if changed else 0)


def pull(
    name: FlowName,
    number: Annotated[str, typer.Argument(help="number, or `draft`; the newest when not given")] = "",
    folder: Folder = FLOWS,
    force: Annotated[bool, typer.Option("--force", help="overwrite files that nobody published")] = False,
) -> None:
    """Write a version's files into the folder. Refuses to overwrite what was never published, unless --force."""
    from ivr.insight import snapshot as shots
    from ivr.records import flow_versions
    from ivr.records.version_source import write_tree

    with opened() as engine:
        versions = flow_versions.versions(engine, name)
        wanted = _number(number) if number else max((version.number for version in versions), default=0)
        found = flow_versions.snapshot(engine, name, wanted)
    try:
        mine = flow_versions.Snapshot(shots.files_of(folder, name)[0])
    except (shots.NoFlow, OSError):
        mine = flow_versions.Snapshot({})
    if mine.files and mine.content not in {version.content for version in versions} and not force:
        _stop(
            f"the files of {name} hold changes that nobody published: `ivr flow diff {name}`, or --force to lose them"
        )
    home = shots.home_of(found, name)
    for path in set(mine.files) - set(found.files):
        if path.startswith(f"{home}/"):
            (folder / path).unlink()
    write_tree(folder, found.files)
    if wanted:
        (folder / home / shots.BASE).write_text(f"{wanted}\n")
    typer.echo(f"{name} {wanted or 'draft'}: {len(found.files)} files in {folder}")


def release(
    name: FlowName,
    number: Annotated[int, typer.Argument(help="a version that exists")],
    note: Note = "",
    at: At = "",
    share: Share = "100%",
    by: By = "",
) -> None:
    """Put a version that exists into service: another share, or again."""
    _serve(name, number, "release", note, at, share, by)


def rollback(
    name: FlowName,
    number: Annotated[int | None, typer.Argument(help="to which version; the one before when not given")] = None,
    note: Note = "",
    by: By = "",
) -> None:
    """Go back, at once: new calls run on the version before. Needs nobody's approval."""
    from ivr.records import flow_versions
    from ivr.records.releases import before

    if number is None:
        with opened() as engine:
            number = before(flow_versions.releases(engine), name, datetime.now(UTC))
        if not number:
            _stop(f"nothing of {name} served before; `ivr flow history {name}`")
    _serve(name, number, "rollback", note, "", "100%", by)


def _serve(name: str, number: int, kind: str, note: str, at: str, share: str, by: str) -> None:
    from ivr.records import flow_versions
    from ivr.records.flow_versions import Publication, Snapshot

    waits = settings.load().publishing.second_approver and kind != "rollback"
    what = Publication(name, Snapshot({}), by or who(), note, at=moment(at), share=portion(share), needs_approval=waits)
    with opened() as engine:
        flow_versions.release(engine, what, number, kind)
    typer.echo(f"{name} {number}: {kind}, {_told(what.at, what.share)}")
    if waits:
        typer.echo(f"it waits for a second person: ivr flow approve {name} {number}")


def approve(name: FlowName, number: Annotated[int, typer.Argument(help="version")], by: By = "") -> None:
    """Agree, as a second person, that a version serves."""
    from ivr.records import flow_versions

    with opened() as engine:
        flow_versions.approve(engine, name, number, by or who())
    typer.echo(f"{name} {number} is approved by {by or who()}")


# --- words of the command line ------------------------------------------------------------------------------------


def who() -> str:
    """The account that works here; behind sudo, who called it."""
    return os.environ.get("SUDO_USER") or getpass.getuser()


def moment(text: str) -> datetime | None:
    """A time with zone; None: at once."""
    if not text:
        return None
    try:
        return datetime.fromisoformat(text).astimezone()
    except ValueError:
        _stop(f"{text!r} is no time; write 2027-01-03T08:00", 2)


def portion(text: str) -> float:
    """'10%' -> 0.1."""
    try:
        share = float(text.strip().removesuffix("%")) / 100
    except ValueError:
        share = 0.0
    if not 0 < share <= 1:
        _stop(f"{text!r} is no share; write 10%", 2)
    return share


def _number(text: str) -> int:
    if text != "draft" and not text.isdigit():
        _stop(f"{text!r} is no version; write a number, `draft` or `files`", 2)
    return 0 if text == "draft" else int(text)


def _base(home: Path) -> int:
    from ivr.insight.snapshot import BASE

    try:
        return int((home / BASE).read_text())
    except (OSError, ValueError):
        return 0


def _told(at: datetime | None, share: float) -> str:
    since = f"serves from {_time(at)}" if at is not None else "serves new calls from now"
    return since + (f", {share:.0%} of them" if share < 1 else "")


def _time(at: datetime) -> str:
    return at.astimezone().strftime("%Y-%m-%d %H:%M")


def _stop(words: str, code: int = 1) -> NoReturn:
    typer.echo(words, err=True)
    raise typer.Exit(code)


@contextmanager
def opened() -> "Iterator[Engine]":
    """The database, with the newest tables; says what is refused, and ends."""
    from sqlalchemy.exc import SQLAlchemyError

    from ivr.bootstrap import database
    from ivr.insight.snapshot import NoFlow
    from ivr.records import reach, store
    from ivr.records.flow_versions import Refused

    found = database(settings.load())
    if why := reach.unreachable(found):
        _stop(f"the database {found.shown} does not answer: {why}")
    try:
        engine = store.migrated(found.url)
    except SQLAlchemyError as error:
        _stop(f"the database {found.shown}: {type(error).__name__}")
    try:
        yield engine
    except (Refused, NoFlow) as error:
        _stop(str(error))
    finally:
        engine.dispose()
