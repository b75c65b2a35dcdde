"""What a flow must pass before it becomes a version: the checks, and its conversations as text."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from ivr.flow.loader import Loaded
    from ivr.flow.problems import Problem
    from ivr.insight.conversation import Conversation
    from ivr.insight.editing import Desk
    from ivr.insight.text_talk import Result
    from ivr.records.flow_drafts import Draft
    from ivr.records.flow_versions import Version


@dataclass
class Proof:
    """What was found."""

    flow: str
    tests_file: str
    loaded: "Loaded"
    test_problems: "list[Problem]" = field(default_factory=list)
    """Mistakes of tests.yaml itself."""
    conversations: "list[Conversation]" = field(default_factory=list)
    results: "list[Result]" = field(default_factory=list)
    """Of the conversations that run as text; empty when they were not asked for or could not run."""

    @property
    def compiles(self) -> bool:
        """The flow could serve."""
        flows = self.loaded.published.flows if self.loaded.published else {}
        return not self.loaded.errors and self.flow in flows

    @property
    def failed(self) -> "list[Result]":
        return [result for result in self.results if not result.ok]

    @property
    def holds(self) -> bool:
        return self.compiles and not self.test_problems and not self.failed

    def refusal(self) -> str:
        """Why it is not published; empty when it may be."""
        if not self.compiles:
            return f"{self.flow} has {len(self.loaded.errors)} mistakes: not published"
        if self.failed or self.test_problems:
            return f"{len(self.failed) or len(self.test_problems)} tests of {self.flow} do not hold: not published"
        return ""


def proved(files: Mapping[str, bytes], lines: bytes | None, flow: str, home: str, *, tests: bool = True) -> Proof:
    """Check a flow's files as they will be stored, and hold its conversations. Takes seconds when it must learn.

    `files`: what a snapshot holds, path relative to the flows folder -> content. `lines`: lines.yaml. `home`: the
    flow's folder.
    """
    from ivr.flow.loader import load
    from ivr.insight.conversation import read
    from ivr.insight.snapshot import as_loader_files
    from ivr.insight.text_runner import text_runner

    beside = {"lines.yaml": lines} if lines is not None else {}
    proof = Proof(flow, f"{home}/tests.yaml", load({**as_loader_files(files), **beside}, only=home))
    if proof.tests_file in files:
        proof.conversations, proof.test_problems = read(proof.tests_file, files[proof.tests_file], flow)
    if tests and proof.compiles:
        talk = text_runner(proof.loaded, None)
        proof.results = [talk.run(one) for one in proof.conversations if "text" in one.only]
    return proof


def learned(proof: Proof, cache: Path) -> dict[str, bytes]:
    """The trained models of a flow that may be published, by path below <state>/nlu."""
    from ivr import models
    from ivr.insight.snapshot import trained

    return trained(proof.loaded, models.path("minilm-en", cache))


@dataclass(frozen=True)
class Wish:
    """How somebody wants a draft published."""

    by: str
    note: str
    seen: int
    """Revision of the draft that they looked at."""
    at: "datetime | None" = None
    share: float = 1.0
    second_approver: bool = False


def published_draft(desk: "Desk", draft: "Draft", wish: Wish, cache: Path) -> "tuple[Proof, Version | None]":
    """Check, test and store a draft as a new version, and put it into service; None when it does not hold. The draft
    goes on from the new version. Takes seconds. Raises flow_versions.Refused, snapshot.NoFlow, OSError."""
    from ivr.records import flow_drafts, flow_versions
    from ivr.records.flow_versions import Publication, Refused, Snapshot

    shot, lines = desk.snapshot(draft), desk.folder / "lines.yaml"
    now = flow_drafts.find(desk.engine, draft.flow)
    if now.revision != wish.seen:
        raise Refused(f"{now.changed_by} saved since you looked: look at the changes again")
    if (newest := desk.newest(draft.flow)) != now.base:
        raise Refused(f"version {newest} was published since this draft began: bring it into the draft first")
    proof = proved(shot.files, lines.read_bytes() if lines.is_file() else None, draft.flow, draft.home)
    if not proof.holds:
        return proof, None
    made = flow_versions.publish(desk.engine, Publication(
        flow=draft.flow, snapshot=Snapshot(shot.files, learned(proof, cache), shot.called), by=wish.by, note=wish.note,
        base=now.base, at=wish.at, share=wish.share, needs_approval=wish.second_approver,
    ))  # fmt: skip
    flow_drafts.rebase(desk.engine, draft.flow, made.number)
    return proof, made
