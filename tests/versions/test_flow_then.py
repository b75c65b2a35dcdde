"""A call's way is drawn on the flow as it was, published or from files, and says so when it is gone."""

from pathlib import Path

import pytest

from ivr.insight.flow_then import FlowsThen
from ivr.insight.snapshot import files_of
from ivr.records import flow_versions, store
from ivr.records.flow_versions import Publication, Snapshot
from ivr.services.flow_files import load_folder
from tests.versions.conftest import FLOW

FLOW_WITH_DESK = FLOW.replace("{type: hangup, say: We open at nine.}", "{type: transfer, to: desk, on_fail: address}")
pytestmark = pytest.mark.postgres


def served(flows: Path) -> str:
    """The version that a call writes down when these files serve it."""
    loaded = load_folder(flows)
    published = loaded.published
    assert published is not None, loaded.errors
    return published.flows["shop"].version


def test_each_call_has_the_graph_of_its_own_version(database: str, flows: Path) -> None:
    engine = store.engine(database)
    lines = (flows / "lines.yaml").read_text()
    (flows / "lines.yaml").write_text(lines + 'destinations: {desk: "sip:desk@127.0.0.1"}\n')
    versions = []
    for number, name in enumerate(("welcome", "greeting", "reception")):
        (flows / "shop" / "flow.yaml").write_text(
            FLOW_WITH_DESK.replace("welcome:", f"{name}:").replace(": welcome", f": {name}")
        )
        files, called = files_of(flows, "shop")
        versions.append(served(flows))
        if number < 2:
            flow_versions.publish(engine, Publication("shop", Snapshot(files, {}, called), "ann", base=number))
    then = FlowsThen(engine, flows)
    found = [then.pictures("shop", version, ["shop", "other"]) for version in versions * 2]
    assert [number for number, _ in found] == [1, 2, None] * 2, "the last one is in the folder alone"
    starts = [next(n["id"] for n in drawn["shop"]["nodes"] if n["start"]) for _, drawn in found]
    assert starts == ["welcome", "greeting", "reception"] * 2
    ways = {(way["from"], way["to"]) for way in found[0][1]["shop"]["edges"]}
    assert {("welcome", "hours"), ("welcome", "address")} <= ways
    assert all(list(drawn) == ["shop"] for _, drawn in found)
    assert then.pictures("shop", "0" * 16, ["shop"]) == (None, {})
    assert then.pictures("gone", versions[0], ["gone"]) == (None, {})
    assert then.pictures("", "", []) == (None, {})
    engine.dispose()
