"""Switches, tables and bulletins from the page: set, taken back, until when, who may, and the node hears of it."""

from collections.abc import Iterator
from typing import Any

import pytest

from ivr.records import audit, live_values
from tests.web.conftest import ROOT, Site, serve

pytestmark = pytest.mark.postgres


@pytest.fixture(scope="module")
def site(postgres_server: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    made = serve(postgres_server.fresh(), tmp_path_factory.mktemp("site"))
    site = next(made)
    lines = (ROOT / "flows" / "lines.yaml").read_text()
    office = '  office:\n    numbers: ["sip:office@*"]\n    flow: orders\n'
    live = 'switches: {outage: "Power is <b>out</b> somewhere"}\ntables: {areas: {"10001": until noon}}\n'
    (site.flows / "lines.yaml").write_text(lines.replace("\ndestinations:", f"{office}\n{live}\ndestinations:"))
    yield site
    next(made, None)


def standing(site: Site) -> dict[str, str]:
    return {f"{it.kind}.{it.name}.{it.key}": it.value for it in live_values.current(site.engine)}


def test_set_shown_and_taken_back(site: Site) -> None:
    client = site.client("supervisor", page=True)
    page = client.get("/live/values").text
    assert "Power is &lt;b&gt;out&lt;/b&gt; somewhere" in page
    assert "until noon" in page
    given = {"kind": "switch", "name": "outage", "value": "on", "lasting": "2h", "note": "storm"}
    assert client.post("/live/values", data=given).status_code == 303
    row = {"kind": "table", "name": "areas", "key": "10002", "value": "<script>alert(1)</script>"}
    assert client.post("/live/values", data=row).status_code == 303
    told = {"kind": "bulletin", "name": "*", "key": "en", "value": "We are closed.", "lasting": "until",
            "until": "2099-01-01T08:00"}  # fmt: skip
    assert client.post("/live/values", data=told).status_code == 303
    assert standing(site) == {"switch.outage.": "on", "table.areas.10002": row["value"],
                              "bulletin.*.en": "We are closed."}  # fmt: skip
    page = client.get("/live/values").text
    assert "storm" in page
    assert "<script>alert" not in page
    [until] = [it.until for it in live_values.current(site.engine) if it.kind == "bulletin"]
    assert until is not None
    assert until.astimezone().strftime("%Y-%m-%d %H:%M") == "2099-01-01 08:00"
    for kind, name, key in (("switch", "outage", ""), ("table", "areas", "10002"), ("bulletin", "*", "en")):
        data = {"kind": kind, "name": name, "key": key}
        assert client.post("/live/values/clear", data=data).status_code == 303
    assert standing(site) == {}
    with site.engine.connect() as db:
        trail = [(it.what, it.about) for it in audit.read(db, name="supervisor", what="live.")]
    assert trail[-1] == ("live.set", "switch.outage=on")
    assert trail[0] == ("live.cleared", "bulletin.*[en]")
    assert [it.by for it in live_values.history(site.engine)] == ["supervisor"] * 6


@pytest.mark.parametrize(
    ("given", "status"),
    [
        ({"kind": "switch", "name": "no such", "value": "on"}, 422),
        ({"kind": "switch", "name": "outage", "value": "perhaps"}, 422),
        ({"kind": "table", "name": "areas", "value": "x"}, 422),
        ({"kind": "bulletin", "name": "*", "value": " "}, 422),
        ({"kind": "bulletin", "name": "*", "value": "x", "lasting": "until", "until": "soon"}, 422),
        ({"kind": "bulletin", "name": "*", "value": "x", "lasting": "until", "until": "2001-01-01T00:00"}, 422),
        ({"kind": "bulletin", "name": "*", "value": "x", "lasting": "9 lives"}, 422),
        ({"kind": "bulletin", "name": "*", "value": "x" * 2001}, 422),
        ({"kind": "bulletin", "name": "*", "value": "x\0y"}, 422),
        ({"kind": "person", "name": "*", "value": "x"}, 422),
    ],
)
def test_what_cannot_be_is_refused_with_the_reason(site: Site, given: dict[str, str], status: int) -> None:
    client = site.client("supervisor", page=True)
    answer = client.post("/live/values", data=given)
    assert answer.status_code == status
    assert "<script" in answer.text, "a page that tells, not a bare error"
    assert standing(site) == {}


def test_who_is_limited_to_lines_changes_their_bulletin_alone(site: Site) -> None:
    client = site.client("supervisor", ["office"], page=True)
    assert client.post("/live/values", data={"kind": "switch", "name": "outage", "value": "on"}).status_code == 403
    assert client.post("/live/values", data={"kind": "bulletin", "name": "*", "value": "x"}).status_code == 403
    assert client.post("/live/values", data={"kind": "bulletin", "name": "orders", "value": "x"}).status_code == 403
    live_values.put(site.engine, "bulletin", "orders", "not for them", by="ann")
    try:
        assert client.post("/live/values", data={"kind": "bulletin", "name": "office", "value": "ours"}).is_redirect
        assert standing(site) == {"bulletin.office.": "ours", "bulletin.orders.": "not for them"}
        page = client.get("/live/values").text
        assert "ours" in page
        assert "not for them" not in page
        assert 'value="switch"' not in page, "no form for what they may not set"
    finally:
        for line in ("office", "orders"):
            live_values.clear(site.engine, "bulletin", line, by="ann")


def test_who_may_not_switch_sees_without_forms(site: Site) -> None:
    client = site.client("viewer", page=True)
    assert 'action="/live/values"' not in client.get("/live/values").text
    assert client.post("/live/values", data={"kind": "switch", "name": "outage", "value": "on"}).status_code == 403


def test_what_lines_yaml_names_no_more_can_be_taken_back(site: Site) -> None:
    live_values.put(site.engine, "switch", "old_one", "on", by="ann")
    client = site.client("supervisor", page=True)
    page = client.get("/live/values").text
    assert "switch.old_one" in page
    assert 'aria-label="Turn on old_one"' not in page
    assert client.post("/live/values/clear", data={"kind": "switch", "name": "old_one"}).status_code == 303
    assert standing(site) == {}
