"""Drafts of flows: two administrators who edit one file lose nothing."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Engine

from ivr.insight.merging import merged
from ivr.records import flow_drafts, store
from ivr.records.flow_drafts import KEPT, NoDraft, Stale
from tests.versions.conftest import FLOW

pytestmark = pytest.mark.postgres
PATH = "shop/flow.yaml"


@pytest.fixture
def engine(database: str) -> Iterator[Engine]:
    made = store.engine(database)
    flow_drafts.begin(made, "shop", "shop", 3, {PATH: FLOW.encode(), "shop/nlu.yml": b"nlu: []\n"}, "ann")
    yield made
    made.dispose()


def test_two_who_begin_share_one_draft(engine: Engine) -> None:
    again = flow_drafts.begin(engine, "shop", "shop", 9, {PATH: b"other"}, "bob")
    assert (again.base, again.changed_by) == (3, "ann")
    assert flow_drafts.contents(engine, "shop")[PATH] == FLOW.encode()
    with pytest.raises(NoDraft):
        flow_drafts.find(engine, "cinema")


def test_a_save_upon_an_older_text_brings_both_back(engine: Engine) -> None:
    seen = flow_drafts.files(engine, "shop")[PATH].revision
    theirs = flow_drafts.save(engine, "shop", PATH, FLOW.replace("nine", "ten").encode(), seen, "ann")
    with pytest.raises(Stale) as refused:
        flow_drafts.save(engine, "shop", PATH, FLOW.replace("Main", "High").encode(), seen, "bob")
    assert refused.value.theirs == theirs
    assert refused.value.began == FLOW.encode()
    assert flow_drafts.contents(engine, "shop")[PATH] == FLOW.replace("nine", "ten").encode()
    assert flow_drafts.save(engine, "shop", PATH, theirs.data, 0, "bob") == theirs  # nothing new, nothing refused


def test_of_many_saves_at_once_one_stands_and_the_others_are_told(engine: Engine) -> None:
    seen = flow_drafts.files(engine, "shop")[PATH].revision

    def save(n: int) -> bool:
        try:
            flow_drafts.save(engine, "shop", PATH, f"# {n}\n".encode(), seen, str(n))
        except Stale:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        stood = list(pool.map(save, range(8)))
    assert stood.count(True) == 1
    assert flow_drafts.contents(engine, "shop")[PATH] == f"# {stood.index(True)}\n".encode()


def test_saves_are_kept_for_a_while_and_files_can_be_taken_out(engine: Engine) -> None:
    revision = flow_drafts.files(engine, "shop")[PATH].revision
    for n in range(KEPT + 5):
        revision = flow_drafts.save(engine, "shop", PATH, b"# %d\n" % n, revision, "ann").revision
    kept = flow_drafts.saves(engine, "shop", PATH)
    assert len(kept) == KEPT
    assert kept[0].data == b"# %d\n" % (KEPT + 4)
    flow_drafts.save(engine, "shop", "shop/nlu.yml", None, 1, "bob")
    assert list(flow_drafts.contents(engine, "shop")) == [PATH]
    assert flow_drafts.find(engine, "shop").changed_by == "bob"


def test_a_whole_draft_is_replaced_only_as_it_was_seen(engine: Engine) -> None:
    seen = flow_drafts.find(engine, "shop").revision
    flow_drafts.save(engine, "shop", PATH, b"# hers\n", 1, "ann")
    with pytest.raises(Stale):
        flow_drafts.replace(engine, "shop", {PATH: b"# his\n"}, 4, "bob", seen)
    now = flow_drafts.find(engine, "shop").revision
    assert flow_drafts.replace(engine, "shop", {PATH: b"# his\n"}, 4, "bob", now).base == 4
    assert flow_drafts.contents(engine, "shop") == {PATH: b"# his\n"}
    assert flow_drafts.saves(engine, "shop", PATH)[1].data == b"# hers\n"
    flow_drafts.discard(engine, "shop")
    assert flow_drafts.all_of(engine) == []


def test_edits_of_different_lines_are_put_together() -> None:
    both = merged(FLOW, FLOW.replace("nine", "ten"), FLOW.replace("Welcome", "Hello"))
    assert both.clean
    assert both.text == FLOW.replace("nine", "ten").replace("Welcome", "Hello")


def test_edits_of_one_line_are_both_shown() -> None:
    both = merged("a\nb\nc", "a\nmine\nc", "a\ntheirs\nc")
    assert both.conflicts == [2]
    assert both.text == "a\n<<<<<<< mine\nmine\n=======\ntheirs\n>>>>>>> theirs\nc\n"
