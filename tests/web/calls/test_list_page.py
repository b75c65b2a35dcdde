"""The page of calls in Chromium: searched, paged, kept, exported; who may not see sees nothing; hostile callers."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.embedded_postgres import Server
from tests.web.calls.filling import ATTACK, WHOLE, fill
from tests.web.conftest import PageFor, Site, serve

pytestmark = pytest.mark.postgres


@pytest.fixture(scope="module")
def site(postgres_server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    for made in serve(postgres_server.fresh(), tmp_path_factory.mktemp("site")):
        fill(made.engine, made.state / "recordings", made.flows)
        yield made


def rows(page: Page) -> int:
    return page.locator("table.calls tbody tr").count()


def test_searched_and_every_filter_is_in_the_address(browser_page: PageFor) -> None:
    page, watched = browser_page("supervisor")
    page.goto("/calls")
    expect(page.locator("#found")).to_contain_text("63 calls")
    page.get_by_label("Words that the caller said").fill('"where is my order"')
    page.keyboard.press("Enter")
    page.wait_for_url("**/calls?words=*")
    expect(page.locator("table.calls tbody tr")).to_have_count(1)
    page.locator(".choice", has_text="Outcome").locator("summary").click()
    page.get_by_label("abandoned").check()
    page.wait_for_url("**outcome=abandoned**")
    expect(page.locator("#found")).to_contain_text("No call is like this.")
    page.keyboard.press("Escape")
    assert page.evaluate("() => document.activeElement.tagName") == "SUMMARY"
    page.go_back()
    expect(page.locator("table.calls tbody tr")).to_have_count(1)
    assert page.get_by_label("Words that the caller said").input_value() == '"where is my order"'
    page.locator("a.whole").click()
    page.wait_for_url(f"**/calls/{WHOLE}")
    # htmx tells of requests that leaving a page breaks off
    assert [it for it in watched.complaints if not it.startswith("htmx:") and "404" not in it] == []


def test_the_address_alone_shows_the_same(site: Site, browser_page: PageFor) -> None:
    page, _ = browser_page("supervisor")
    address = (
        "/calls?outcome=abandoned&flow=orders&node=welcome,bye&failures_min=2&duration_min_s=40&past_h=500000"
        "&since=2026-01-01T00:00&confidence_max=0.5&language=en&version="
    )
    page.goto(address)
    assert rows(page) > 5
    assert page.locator("#failures_min").input_value() == "2"
    assert page.locator("#since").input_value() == "2026-01-01T00:00"
    assert page.locator("input[name=outcome]:checked").get_attribute("value") == "abandoned"
    assert page.locator("details.more").get_attribute("open") is not None
    shown = {it.get_attribute("href") for it in page.locator("a.whole").all()}
    asked = site.client("supervisor").get(f"/api/v1{address.replace('welcome,bye', 'welcome')}&limit=500").json()
    assert shown == {f"/calls/{it['id']}" for it in asked["calls"]}


def test_pages_by_cursor_tell_every_call_once(browser_page: PageFor) -> None:
    page, _ = browser_page("supervisor")
    page.goto("/calls")
    first = {it.get_attribute("href") for it in page.locator("a.whole").all()}
    page.get_by_role("link", name="Older").click()
    page.wait_for_url("**after=**")
    expect(page.locator("table.calls tbody tr")).to_have_count(13)
    second = {it.get_attribute("href") for it in page.locator("a.whole").all()}
    assert (len(first), len(second), first & second) == (50, 13, set())
    page.reload()
    assert {it.get_attribute("href") for it in page.locator("a.whole").all()} == second
    page.get_by_role("link", name="Newest").click()
    expect(page.locator("table.calls tbody tr")).to_have_count(50)


def test_a_search_is_kept_opened_and_forgotten(browser_page: PageFor) -> None:
    page, _ = browser_page("supervisor")
    page.goto("/calls?outcome=abandoned")
    page.get_by_label("Keep this search as").fill("<i>given up</i>")
    page.get_by_role("button", name="Keep").click()
    page.locator("#kept").get_by_role("link", name="<i>given up</i>").click()
    page.wait_for_url("**/calls?outcome=abandoned")
    page.get_by_role("button", name="Forget <i>given up</i>").click()
    expect(page.locator("#kept")).to_be_hidden()


def test_exports_are_what_is_found(browser_page: PageFor) -> None:
    page, _ = browser_page("supervisor")
    page.goto("/calls?outcome=abandoned&language=ko")
    with page.expect_download() as begun:
        page.get_by_role("link", name="CSV").click()
    lines = begun.value.path().read_text().splitlines()
    assert len(lines) - 1 == rows(page) == 4
    page, _ = browser_page("viewer")
    page.goto("/calls")
    assert page.get_by_role("link", name="CSV").count() == 0


def test_wrong_filters_are_told_and_what_was_typed_stays(site: Site, browser_page: PageFor) -> None:
    page, _ = browser_page("supervisor")
    answer = page.goto("/calls?number=a%20b&words=kept&outcome=resolved")
    assert answer is not None
    assert answer.status == 422
    expect(page.get_by_role("alert")).to_have_text("Caller's number: a number, perhaps with * at its end")
    assert page.locator("#words").input_value() == "kept"
    page.locator("#number").fill("c d")
    page.keyboard.press("Enter")
    expect(page.locator("#notice")).to_contain_text("a number, perhaps with * at its end")
    for query in ("since=x", "after=x", "confidence_max=7", "words=%00", "failures_min=x"):
        assert site.client("supervisor", page=True).get(f"/calls?{query}").status_code == 422, query


def test_numbers_and_words_are_hidden_from_who_may_not_see_them(site: Site, browser_page: PageFor) -> None:
    page, _ = browser_page("viewer")
    page.goto("/calls")
    assert page.locator("#words").count() == 0
    text = page.content()
    assert "•••23" in text
    assert not re.search(r"\+1415555\d", text)
    answer = page.goto("/calls?words=order")
    assert answer is not None
    assert answer.status == 403
    assert "you may not search in what callers said" in page.content()
    assert site.client("viewer", ["other"], page=True).get("/calls").text.count('class="whole"') == 0


def test_hostile_callers_are_text(browser_page: PageFor) -> None:
    page, watched = browser_page("supervisor")
    page.goto("/calls")
    assert page.get_by_text(ATTACK, exact=True).count() >= 3
    assert page.title() == "Calls · ivr"
    assert watched.complaints == []
