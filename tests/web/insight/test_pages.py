"""The page in Chromium: charts over real rows, the way from a point to its calls, phrases made examples."""

from urllib.parse import parse_qs, urlsplit

import pytest

from ivr.records import flow_drafts
from tests.web.conftest import PageFor, Site
from tests.web.insight.conftest import HOSTILE, RANGE
from tests.web.test_pages import axe, findings

pytestmark = pytest.mark.postgres


@pytest.mark.parametrize(("width", "dark"), [(360, False), (1280, True)])
def test_the_whole_page_is_drawn_and_axe_finds_nothing(
    filled: Site, browser_page: PageFor, width: int, dark: bool
) -> None:
    page, watched = browser_page("administrator", width=width, dark=dark)
    page.goto(f"/insight?{RANGE}")
    page.locator("#part-questions table").first.wait_for()
    page.locator("#part-delays .u-over").wait_for()
    assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth"), "wider than the screen"
    page.evaluate(axe())
    assert not findings(page)
    assert not watched.complaints
    assert not [it for it in watched.requests if not it.startswith((filled.url, "data:"))]


def test_a_point_leads_to_its_calls_and_dragging_looks_closer(filled: Site, browser_page: PageFor) -> None:
    page, _ = browser_page("viewer")
    page.goto(f"/insight/parts/calls?{RANGE}")
    chart = page.locator("figure", has_text="How calls ended")
    over = chart.locator(".u-over")
    over.scroll_into_view_if_needed()
    box = over.bounding_box()
    assert box
    with page.expect_request("**/calls?**") as asked:
        page.mouse.move(box["x"] + 3, box["y"] + 20)
        page.mouse.click(box["x"] + 3, box["y"] + 20)
    query = parse_qs(urlsplit(asked.value.url).query)
    assert query["outcome"] == ["resolved"], "the highest line at the first day"
    assert query["since"] == ["2027-01-11T00:00:00-05:00"]
    assert query["until"] == ["2027-01-12T00:00:00-05:00"]
    page.goto(f"/insight/parts/calls?{RANGE}")
    over.scroll_into_view_if_needed()
    box = over.bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 50)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] - 2, box["y"] + 60, steps=4)
    page.mouse.up()
    page.wait_for_url(lambda url: "since=2027-01-11" not in url)
    query = parse_qs(urlsplit(page.url).query)
    assert query["since"][0][:10] in ("2027-01-13", "2027-01-14"), page.url
    assert query["until"][0][:10] in ("2027-01-16", "2027-01-17"), page.url


def test_a_phrase_is_made_an_example_of_an_intent(filled: Site, browser_page: PageFor) -> None:
    page, watched = browser_page("administrator")
    page.goto(f"/insight?{RANGE}")
    form = page.locator("form.example", has_text="where is my parcel").first
    form.wait_for(timeout=60_000)  # the first time libraries are loaded
    form.get_by_label("Phrase").select_option("where is my parcel")
    intent = form.get_by_label("Intent")
    intent.focus()
    intent.locator("option").nth(1).wait_for(state="attached")
    chosen = intent.locator("option").nth(1).text_content() or ""
    intent.select_option(chosen)
    form.get_by_role("button").click()
    form.get_by_role("status").filter(has_text="in the draft").wait_for()
    kept = b"".join(
        it.data or b"" for path, it in flow_drafts.files(filled.engine, "orders").items() if path.endswith("nlu.yml")
    )
    assert b"where is my parcel" in kept
    assert not watched.complaints
    page, _ = browser_page("supervisor")
    page.goto(f"/insight/parts/questions?{RANGE}")
    assert page.get_by_text("where is my parcel").first.is_visible()
    assert page.locator("form.example").count() == 0, "supervisors do not edit flows"
    assert HOSTILE.lower() in "".join(page.locator("ul.said").all_text_contents())


def test_korean(filled: Site, browser_page: PageFor) -> None:
    page, _ = browser_page("viewer", language="ko")
    page.goto(f"/insight?{RANGE}")
    assert page.get_by_role("heading", name="분석").is_visible()
    page.locator("#part-questions").get_by_text("볼 권한이 없습니다").first.wait_for()
    assert page.locator("#part-nodes th", has_text="불일치").is_visible()
