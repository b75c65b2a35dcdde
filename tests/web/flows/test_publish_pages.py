"""The list of flows, one flow, its changes, publishing and going back, as pages in Chromium."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.embedded_postgres import Server
from tests.versions.conftest import FLOW
from tests.web.conftest import PageFor, Site
from tests.web.flows.shop import HOSTILE, PATH, clean, from_elsewhere, published, saved, shop_site

pytestmark = pytest.mark.postgres


@pytest.fixture(scope="module")
def site(postgres_server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    yield from shop_site(postgres_server.fresh(), tmp_path_factory.mktemp("site"))


def test_published_seen_and_rolled_back(site: Site, browser_page: PageFor) -> None:
    client = site.client("administrator")
    first = published(client, FLOW, "first")
    saved(client, FLOW.replace("open at nine", "are closed"))
    page, watched = browser_page("administrator")
    page.goto("/flows")
    row = page.get_by_role("row").filter(has_text="shop").first
    expect(row).to_contain_text(f"version {first} serves")
    expect(row).to_contain_text("1 file changed")
    expect(row).to_contain_text("no mistakes")
    row.get_by_role("link", name="Publish shop").click()

    proof = page.locator(".proof")
    expect(proof).to_contain_text("1 conversation does not hold")
    expect(proof).to_contain_text("open at")
    assert proof.get_by_role("link").first.get_attribute("href") == "/flows/shop/edit?file=shop/tests.yaml&line=2"
    page.get_by_label("What has changed").fill(HOSTILE)
    page.get_by_label("I looked at the changes").check()
    page.get_by_role("button", name="Publish").click()
    expect(page.get_by_role("alert")).to_contain_text("1 tests of shop do not hold")
    assert page.get_by_label("What has changed").input_value() == HOSTILE
    clean(page)

    saved(client, FLOW.replace("nine", "ten"))
    page.goto("/flows/shop/publishing")
    expect(page.locator(".proof")).to_contain_text("holds")
    expect(page.locator("tr.new")).to_contain_text("We open at ten.")
    expect(page.locator("tr.gone")).to_contain_text("We open at nine.")
    page.get_by_label("What has changed").fill(HOSTILE)
    page.get_by_label("I looked at the changes").check()
    page.get_by_role("button", name="Publish").click()
    expect(page.locator(".told")).to_contain_text(f"Version {first + 1} is published")
    newest = page.locator(f"#version-{first + 1}")
    expect(newest).to_contain_text(HOSTILE)
    expect(newest).to_contain_text("administrator")
    expect(newest).to_contain_text("serves")
    clean(page)
    newest.get_by_role("link", name=f"Changes since {first}").click()
    expect(page.locator("tr.new")).to_contain_text("We open at ten.")
    page.get_by_label("side by side").check()
    page.get_by_role("button", name="Compare").click()
    expect(page.locator("td.gone + td + td.new")).to_contain_text("We open at ten.")
    clean(page)

    page.goto("/flows/shop")
    old = page.locator(f"#version-{first}")
    old.get_by_text("Serve it").click()
    old.get_by_label("Why").fill("ten was wrong")
    old.get_by_role("button", name=f"Roll back to {first}").click()
    expect(page.locator(".told")).to_contain_text(f"Rolled back: version {first} serves again")
    expect(page.locator(f"#version-{first}")).to_contain_text("serves")
    expect(page.get_by_role("region", name="What went into service")).to_contain_text("ten was wrong")
    assert client.get("/flows/list").json()[1]["serves"] == [[first, 1.0]]
    assert not from_elsewhere(site, watched)
    # the browser says so of the answer 409 that the refused publication had
    assert not [it for it in watched.complaints if "409" not in it]


def test_published_elsewhere_since_is_brought_in_by_choice(site: Site, browser_page: PageFor) -> None:
    """`ivr flow publish`, or another server, publishes what contradicts the draft."""
    from ivr.records import flow_versions
    from ivr.records.flow_versions import Publication, Snapshot

    client = site.client("administrator")
    saved(client, FLOW.replace("nine", "eleven"))
    base = client.get("/flows/shop/draft").json()["base"]
    other = {**flow_versions.snapshot(site.engine, "shop", base).files, PATH: FLOW.replace("nine", "eight").encode()}
    made = flow_versions.publish(site.engine, Publication("shop", Snapshot(other), "bob", "eight", base=base))
    page, _ = browser_page("administrator")
    page.goto("/flows/shop/publishing")
    expect(page.locator(".problem").first).to_contain_text(f"Version {made.number} was published since")
    page.goto("/flows/shop")
    page.get_by_role("button", name=f"Bring version {made.number}").click()
    expect(page.get_by_role("heading", name="Both changed the same lines")).to_be_visible()
    page.get_by_text("See both").click()
    clean(page)
    page.get_by_label("keep what the draft says").check()
    page.get_by_role("button", name="Bring it into the draft").click()
    expect(page.locator(".told")).to_contain_text("is in the draft now")
    assert "eleven" in client.get("/flows/shop/file", params={"path": PATH}).json()["text"]
    assert client.get("/flows/shop/draft").json()["base"] == made.number
    page.on("dialog", lambda it: it.accept())
    page.get_by_role("button", name="Throw the draft away").click()
    expect(page.locator(".told")).to_contain_text("thrown away")


def test_viewers_see_and_change_nothing(site: Site) -> None:
    viewer, stranger = site.client("viewer", page=True), site.client("viewer", ["elsewhere"], page=True)
    shown = viewer.get("/flows/shop").text
    assert not re.search(r"<form[^>]*(publishing|serve|agree|bring-in|throw-away)", shown)
    assert viewer.get("/flows/shop/changes?old=1&new=1").status_code == 200
    assert viewer.get("/flows/shop/publishing").status_code == 403
    assert viewer.post("/flows/shop/serve/1", data={"back": "true"}).status_code == 403
    assert stranger.get("/flows/shop").status_code == 404
    assert "shop" not in re.sub(r"(?s)<head>.*</head>", "", stranger.get("/flows").text)


def test_mistakes_are_counted_and_looking_begins_no_draft(site: Site, browser_page: PageFor) -> None:
    from ivr.records import flow_drafts

    (site.flows / "broken").mkdir()
    (site.flows / "broken" / "flow.yaml").write_text("flow: broken\nstart: nowhere\nnodes: {a: {type: hangup}}\n")
    page, _ = browser_page("viewer")
    page.goto("/flows")
    expect(page.get_by_role("row").filter(has_text="broken")).to_contain_text("1 mistake")
    expect(page.get_by_role("row").filter(has_text="cafe")).to_contain_text("no mistakes")
    assert not {one.flow for one in flow_drafts.all_of(site.engine)} & {"broken", "cafe"}
    assert not page.get_by_role("link", name="Edit").count()


def test_a_second_person_approves_on_the_page(site: Site, browser_page: PageFor) -> None:
    from ivr.records import flow_versions
    from ivr.records.flow_versions import Publication, Snapshot

    number = flow_versions.versions(site.engine, "shop")[0].number
    files = {**flow_versions.snapshot(site.engine, "shop", number).files, PATH: FLOW.replace("nine", "noon").encode()}
    what = Publication("shop", Snapshot(files), "bob", "noon", base=number, needs_approval=True)
    made = flow_versions.publish(site.engine, what)
    page, _ = browser_page("administrator")
    page.goto("/flows/shop")
    expect(page.locator(f"#version-{made.number}")).to_contain_text("waits for approval")
    page.on("dialog", lambda it: it.accept())
    page.get_by_role("button", name="Approve").click()
    expect(page.locator(".told")).to_contain_text(f"Version {made.number} is approved")
    expect(page.locator(f"#version-{made.number}")).to_contain_text("serves")
