"""The page of one call in Chromium: heard, corrected, noted, tagged; hostile words are text; who may not, does not."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from ivr.records import audit
from tests.embedded_postgres import Server
from tests.web.calls.filling import ATTACK, BARE, HOSTILE, WHOLE, fill
from tests.web.conftest import PageFor, Site, serve, until

pytestmark = pytest.mark.postgres
HERE = "() => Number(document.querySelector('#now').textContent.split(':')[1])"


@pytest.fixture(scope="module")
def site(postgres_server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    for made in serve(postgres_server.fresh(), tmp_path_factory.mktemp("site")):
        fill(made.engine, made.state / "recordings", made.flows, many=0)
        yield made


def opened(page: Page, call: str = WHOLE, turn: int = 0) -> None:
    """With its sound decoded."""
    page.goto(f"/calls/{call}{f'#turn-{turn}' if turn else ''}")
    page.locator("#player[data-ready]").wait_for(state="attached")


def told(site: Site) -> list[str]:
    with site.engine.connect() as db:
        return [it.what for it in audit.read(db, call=WHOLE)][::-1]


def test_heard_turn_by_turn_and_each_sight_is_in_the_trail(site: Site, browser_page: PageFor) -> None:
    page, watched = browser_page("supervisor")
    before = len(told(site))
    opened(page)
    first = page.locator("#turn-1")
    for words in ("Welcome. You can ask where an order is.", "where is my order", "order_status", "1.20 s", "calm 70%"):
        expect(first).to_contain_text(words)
    first.get_by_text("2 readings").click()
    expect(first.get_by_role("cell", name="wear is my border")).to_be_visible()
    first.get_by_text("As it was heard").click()
    expect(first.locator(".partials li")).to_have_text(["4.0 s where is", "4.6 s where is my order"])
    page.get_by_role("button", name="Play from turn 2").click()
    until(page, f"() => ({HERE})() >= 6")
    expect(page.locator("#turn-2[data-here]")).to_be_visible()
    assert page.url.endswith("#turn-2")
    page.locator("#play").click()
    expect(page.locator("#play")).to_have_attribute("aria-pressed", "false")
    assert page.locator("#wave").evaluate("it => it.querySelector('div').shadowRoot.querySelectorAll('canvas').length")
    assert told(site)[before:] == ["call.transcript", "call.recording", "call.transcript"]
    assert watched.complaints == []
    assert all(it.startswith((site.url, "data:", "blob:")) for it in watched.requests)


def test_a_region_leads_to_its_turn_and_the_keyboard_from_turn_to_turn(browser_page: PageFor) -> None:
    page, _ = browser_page("supervisor")
    opened(page)
    page.locator("#wave").evaluate(
        "it => it.querySelector('div').shadowRoot.querySelector(\"[part~='turn-3']\").dispatchEvent("
        "new MouseEvent('click', {bubbles: true}))"
    )
    page.wait_for_url("**#turn-3")
    until(page, f"() => ({HERE})() >= 12")
    assert page.evaluate("() => document.activeElement.id") == "turn-3"
    page.keyboard.press("Space")
    expect(page.locator("#play")).to_have_attribute("aria-pressed", "false")
    page.keyboard.press("k")
    page.wait_for_url("**#turn-2")
    assert page.evaluate(HERE) in (5, 6)


def test_a_link_to_a_turn_stands_at_its_sound(browser_page: PageFor) -> None:
    page, _ = browser_page("supervisor")
    opened(page, turn=3)
    until(page, f"() => ({HERE})() === 12")
    expect(page.locator("#turn-3")).to_be_in_viewport()


def test_corrected_noted_rated_tagged_and_found_by_the_tag(browser_page: PageFor) -> None:
    page, watched = browser_page("supervisor")
    opened(page)
    turn = page.locator("#turn-1")
    turn.get_by_text("This was misheard").click()
    turn.get_by_label("What the caller really said").fill("where is my border")
    turn.get_by_label("What was meant").fill("order_status")
    turn.get_by_role("button", name="Save the correction").click()
    expect(turn.locator(".corrections")).to_contain_text("Really said: where is my border")
    expect(turn.get_by_label("What the caller really said")).to_be_hidden()
    review = page.locator("#review")
    review.get_by_label("New note").fill("<b>call back</b>")
    review.get_by_role("button", name="Add the note").click()
    expect(review.locator(".note")).to_contain_text("<b>call back</b>")
    review.get_by_label("My rating").select_option("4")
    review.get_by_role("button", name="Rate").click()
    expect(review).to_contain_text("4 of 5")
    review.get_by_placeholder("Tag").fill("To Train")
    review.get_by_role("button", name="Add", exact=True).click()
    review.get_by_role("link", name="to train").click()
    page.wait_for_url(re.compile(r"/calls\?tag=to"))
    expect(page.locator("table.calls tbody tr")).to_have_count(1)
    opened(page)
    page.get_by_role("button", name="Take the tag to train away").click()
    expect(page.locator("#review")).to_contain_text("No tags")
    assert watched.complaints == []


def test_what_people_write_is_kept_without_scripts_too(site: Site) -> None:
    client = site.client("supervisor", page=True)
    sent = client.post(f"/calls/{WHOLE}/notes", data={"note": "by hand"})
    assert (sent.status_code, sent.headers["location"]) == (303, f"/calls/{WHOLE}#review")
    assert "by hand" in client.get(f"/calls/{WHOLE}").text
    for path, data in (
        ("notes", {"note": " "}), ("notes", {"note": "x" * 10_001}), ("rating", {"stars": "9"}), ("tags", {"tag": ""}),
        ("turns/9/corrections", {"said": "x"}), ("turns/1/corrections", {"said": ""}),
    ):  # fmt: skip
        assert client.post(f"/calls/{WHOLE}/{path}", data=data).status_code == 422, (path, data)
    client.headers.pop("x-csrf-token")
    assert client.post(f"/calls/{WHOLE}/notes", data={"note": "x"}).status_code == 403


def test_the_way_on_the_graph_and_the_sip_ladder(browser_page: PageFor) -> None:
    page, watched = browser_page("supervisor")
    opened(page)
    page.locator("#way").scroll_into_view_if_needed()
    page.locator("#way[data-ready]").wait_for(state="attached")
    walked = page.locator("#graph .node.walked")
    assert sorted(str(it.get_attribute("data-id")) for it in walked.all()) == [
        "agent", "lookup", "route", "welcome", "which_order",
    ]  # fmt: skip
    assert page.locator("#graph .way.walked").count() >= 1
    expect(page.locator("#way .path li")).to_have_count(5)
    page.get_by_text("SIP messages").click()
    messages = page.locator("#sip .messages summary")
    expect(messages).to_have_count(7)
    messages.first.click()
    expect(page.locator("#sip pre").first).to_contain_text("Call-ID: abc@192.0.2.7")
    assert watched.complaints == []


@pytest.mark.parametrize("width", [360, 1280])
def test_hostile_words_numbers_and_headers_are_text(browser_page: PageFor, width: int) -> None:
    page, watched = browser_page("supervisor", width=width)
    page.goto(f"/calls/{HOSTILE}")
    page.locator("#way").scroll_into_view_if_needed()
    page.locator("#way[data-ready]").wait_for(state="attached")
    page.get_by_text("SIP messages").click()
    expect(page.locator("#sip .messages summary")).to_have_count(2)
    for partials in page.get_by_text("As it was heard").all():
        partials.click()
    expect(page.locator("#turn-1 .partials")).to_contain_text(ATTACK)
    assert page.get_by_text(ATTACK, exact=True).count() > 10
    assert page.title().endswith("· ivr")
    assert page.locator("main :is(script, img, b)").count() == 0
    clipped = "const cut = it => it && (getComputedStyle(it).overflowX !== 'visible' || cut(it.parentElement));"
    wide = (
        "() => {" + clipped + "return document.documentElement.scrollWidth <= innerWidth ? []"
        ": [...document.querySelectorAll('main *')].filter(it => it.getBoundingClientRect().right > innerWidth"
        " && !cut(it.parentElement)).map(it => it.outerHTML.slice(0, 80))}"
    )
    assert page.evaluate(wide) == []
    assert watched.complaints == []


def test_a_call_of_which_little_is_known(browser_page: PageFor) -> None:
    page, watched = browser_page("supervisor")
    page.goto(f"/calls/{BARE}")
    for words in ("withheld", "Nothing was asked in this call.", "Nothing of this call was recorded."):
        expect(page.locator("main")).to_contain_text(words)
    assert watched.complaints == []


def test_roles_see_what_they_may(site: Site, browser_page: PageFor) -> None:
    page, _ = browser_page("viewer")
    page.goto(f"/calls/{WHOLE}")
    text = page.content()
    for hidden in ("+14155550123", "where is my order", "4567", "by hand"):
        assert hidden not in text
    assert page.locator("#review form, .misheard, #play, #sip").count() == 0
    expect(page.locator("#turn-1")).to_contain_text("order_status")
    operator = site.client("operator", page=True).get(f"/calls/{WHOLE}").text
    assert re.search(r'id="sip"', operator)
    assert "data-sound" not in operator
    auditor = site.client("auditor", page=True).get(f"/calls/{WHOLE}").text
    assert "data-sound" in auditor
    assert "Add the note" not in auditor
    other = site.client("supervisor", ["elsewhere"], page=True)
    for path in ("", "/sip", "/turns/1/partials"):
        assert other.get(f"/calls/{WHOLE}{path}").status_code == 404
    assert other.post(f"/calls/{WHOLE}/notes", data={"note": "x"}).status_code == 404


def test_a_recording_that_is_gone_is_told(site: Site, browser_page: PageFor) -> None:
    page, _ = browser_page("supervisor")
    page.route("**/recordings/0", lambda it: it.fulfill(status=404, json={}))
    page.goto(f"/calls/{WHOLE}")
    expect(page.locator("#sound-told")).to_have_text("The recording has been deleted.")
    page.unroute("**/recordings/0")
    page.route("**/recordings/0", lambda it: it.abort())
    page.reload()
    expect(page.locator("#sound-told")).to_have_text("The recording cannot be loaded.")
