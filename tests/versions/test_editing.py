"""Drafts as pages edit them: opened, merged, checked, brought up to date."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from ivr.insight.editing import LARGEST_TEXT, Desk, NotAllowed
from ivr.insight.flow_picture import picture
from ivr.insight.snapshot import NoFlow
from ivr.records import flow_drafts, flow_versions, store
from ivr.records.flow_versions import Publication
from tests.versions.conftest import FLOW

pytestmark = pytest.mark.postgres
PATH = "shop/flow.yaml"


@pytest.fixture
def desk(database: str, flows: Path) -> Iterator[Desk]:
    made = store.engine(database)
    yield Desk(made, flows)
    made.dispose()


def publish(desk: Desk, text: str, base: int) -> None:
    shot = flow_versions.Snapshot({PATH: text.encode()})
    flow_versions.publish(desk.engine, Publication("shop", shot, "cli", "from the command line", base))


def test_two_edits_of_different_lines_are_one_and_of_the_same_line_a_choice(desk: Desk) -> None:
    draft = desk.open("shop", "ann")
    seen = flow_drafts.files(desk.engine, "shop")[PATH].revision
    desk.save(draft, PATH, FLOW.replace("nine", "ten"), seen, "ann")
    merged = desk.save(draft, PATH, FLOW.replace("Welcome", "Hello"), seen, "bob")
    both = FLOW.replace("nine", "ten").replace("Welcome", "Hello")
    assert (merged.text, merged.others) == (both, "ann")
    assert flow_drafts.contents(desk.engine, "shop")[PATH] == both.encode()
    refused = desk.save(draft, PATH, FLOW.replace("nine", "eleven"), seen, "eve")
    assert refused.file is None
    assert refused.both is not None
    assert "eleven" in refused.both.text
    assert "ten" in refused.both.text
    assert flow_drafts.contents(desk.engine, "shop")[PATH] == both.encode()


def test_mistakes_are_those_of_ivr_check_with_line_and_mend(desk: Desk) -> None:
    draft = desk.open("shop", "ann")
    assert desk.check(draft)[1] == []
    loaded, problems = desk.check(draft, {PATH: FLOW.replace("next: hours", "next: hour")})
    assert [(p.line, p.code) for p in problems if p.severity == "error"] == [(8, "unknown_node")]
    assert "hours" in problems[0].mend
    assert loaded.published is None
    told = desk.check(draft, {"shop/tests.yaml": "- name: x\n  talk: [{shouts: hello}]\n"})[1]
    assert {p.file for p in told} == {"shop/tests.yaml"}


def test_hostile_texts_are_refused_or_told_and_never_executed(desk: Desk) -> None:
    draft = desk.open("shop", "ann")
    bomb = "a: &a [x, x]\n" + "".join(f"b{n}: &b{n} [*a, *a]\n" for n in range(30))
    assert [p.severity for p in desk.check(draft, {PATH: bomb})[1]][:1] == ["error"]
    assert desk.check(draft, {PATH: "[" * 5000})[1]
    assert desk.check(draft, {PATH: "x: !!python/object/apply:os.system [id]"})[1]
    for path in (
        "shop/../lines.yaml",
        "lines.yaml",
        "/etc/passwd.md",
        "other/flow.yaml",
        "shop/<script>.md",
        "shop/.version",
    ):
        with pytest.raises(NotAllowed):
            desk.save(draft, path, "x", 0, "eve")
    with pytest.raises(NotAllowed, match=r"more than 0\.5 MB"):
        desk.save(draft, PATH, "x" * (LARGEST_TEXT + 1), 1, "eve")


def test_a_draft_begins_from_the_newest_version_and_is_brought_up_to_date(desk: Desk) -> None:
    publish(desk, FLOW, 0)
    draft = desk.open("shop", "ann")
    assert (draft.base, desk.changed(draft)) == (1, [])
    desk.save(draft, PATH, FLOW.replace("nine", "ten"), draft.revision, "ann")
    assert desk.changed(draft) == [PATH]
    publish(desk, FLOW.replace("Welcome", "Hello"), 1)
    assert desk.update(flow_drafts.find(desk.engine, "shop"), "ann") == []
    now = flow_drafts.find(desk.engine, "shop")
    assert now.base == 2
    both = FLOW.replace("nine", "ten").replace("Welcome", "Hello")
    assert flow_drafts.contents(desk.engine, "shop")[PATH] == both.encode()
    publish(desk, FLOW.replace("Welcome", "Hello").replace("nine", "six"), 2)
    conflicts = desk.update(now, "ann")
    assert [it.path for it in conflicts] == [PATH]
    assert flow_drafts.find(desk.engine, "shop").base == 2
    with pytest.raises(NoFlow):
        desk.open("cinema", "ann")


def test_the_graph_knows_lines_and_survives_mistakes(desk: Desk) -> None:
    draft = desk.open("shop", "ann")
    loaded, _ = desk.check(draft)
    assert loaded.published is not None
    whole = picture(loaded.published.flows["shop"], PATH, FLOW.encode())
    assert {n["id"]: n["line"] for n in whole["nodes"]} == {"welcome": 4, "hours": 10, "address": 11}
    assert {(e["from"], e["to"]) for e in whole["edges"]} >= {("welcome", "hours"), ("welcome", "address")}
    broken = picture(None, PATH, FLOW.replace("next: hours", "next: hour").encode())
    assert not broken["whole"]
    assert [(e["from"], e["to"]) for e in broken["edges"]] == [("welcome", "address")]


def test_a_draft_is_the_snapshot_of_its_version(desk: Desk) -> None:
    draft = desk.open("shop", "ann")
    desk.save(draft, PATH, FLOW.replace("nine", "ten"), draft.revision, "ann")
    shot = desk.snapshot(draft)
    assert sorted(shot.files) == ["shop/flow.yaml", "shop/tests.yaml"]
    assert b"ten" in shot.files[PATH]
