"""The live page in Chromium: rows that follow the calls, hostile texts, listening, hanging up, a node away, widths."""

import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from ivr import actions as a
from ivr.call.wav import Recording
from tests.web.conftest import PageFor, Site, serve, until
from tests.web.live.conftest import TOKEN, Node
from tests.web.test_pages import axe, findings

pytestmark = pytest.mark.postgres
NewNode = Callable[[str], Node]
LOUD, QUIET = bytes([0, 16]) * 160, bytes(320)
HOSTILE = "<img src=x onerror=alert(1)>\N{RIGHT-TO-LEFT OVERRIDE}\"'"


@pytest.fixture(scope="module")
def site(postgres_server: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    yield from serve(postgres_server.fresh(), tmp_path_factory.mktemp("site"), control={"token": TOKEN})


def picture(page: Page, name: str) -> None:
    if folder := os.environ.get("SCREENSHOTS"):
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


def test_a_day_at_the_live_page(site: Site, new_node: NewNode, browser_page: PageFor) -> None:
    node = new_node("a")
    one = node.call(said="where is my order")
    two = node.call(caller=HOSTILE, said=HOSTILE * 40)
    node.step = 3
    page, watched = browser_page("supervisor")
    page.goto("/live")
    row = page.locator(f"tr[data-call='{one}']")
    row.get_by_text("where is my order").wait_for()
    page.locator(f"tr[data-call='{two}']").wait_for()
    assert page.locator("main img").count() == 0
    assert "onerror" in page.locator(f"tr[data-call='{two}']").inner_text(), "shown as text"
    page.locator("#live-nodes").get_by_text("no neural voice").wait_for()
    page.evaluate(axe())
    assert not findings(page)
    picture(page, "live-1280")
    page.set_viewport_size({"width": 360, "height": 900})
    assert not page.evaluate("() => document.documentElement.scrollWidth > innerWidth")
    assert not findings(page)
    picture(page, "live-360")
    page.set_viewport_size({"width": 1280, "height": 900})

    node.write(one, a.NodeEntered(flow="orders", node="which_order", node_type="collect"))
    row.get_by_text("which_order").wait_for()

    button = row.get_by_role("button", name="Hang up")
    button.click()
    page.get_by_role("dialog").get_by_role("button", name="Cancel").click()
    assert node.orders == []
    assert page.evaluate("() => document.activeElement.dataset.do") == "hang_up", "the keyboard is where it was"
    row.get_by_role("button", name="Transfer").click()
    dialog = page.get_by_role("dialog")
    assert not findings(page)
    picture(page, "live-ask")
    dialog.get_by_label("To").select_option("agents")
    dialog.get_by_role("button", name="Transfer").click()
    button.click()
    with page.expect_response(f"**/live/calls/{one}/hang_up") as answered:
        page.get_by_role("dialog").get_by_role("button", name="Hang up").click()
    assert answered.value.status == 204
    assert node.orders == [("transfer", one, {"to": "agents"}), ("hang_up", one, {})]
    node.over(one)
    row.wait_for(state="detached")

    page.get_by_label("Show only").fill("no such thing")
    page.locator("#live-count", has_text="0 / 1").wait_for()
    page.get_by_label("Show only").fill("")
    node.stop()
    page.locator("#live-nodes [data-state=away]").wait_for()
    page.locator("tr.away").wait_for()
    node.over(two)
    node.start(site.engine)
    page.locator("#live-none").wait_for()
    assert watched.complaints == []


def test_listening_in(site: Site, new_node: NewNode, browser_page: PageFor) -> None:
    node = new_node("a")
    call = node.call()
    recording = Recording(node.hears(call))
    over = threading.Event()

    def talk() -> None:
        t = 0
        while not over.wait(0.25):
            recording.put(t, LOUD * 13, QUIET * 13)
            t += 13

    talking = threading.Thread(target=talk)
    talking.start()
    try:
        page, watched = browser_page("supervisor")
        page.goto("/live")
        button = page.locator(f"tr[data-call='{call}']").get_by_role("button", name="Listen")
        button.click()
        until(page, "() => Number(document.getElementById('live-left').dataset.heard) > 8000")
        assert page.evaluate("() => document.getElementById('live-left').value") > 0.3
        assert page.evaluate("() => document.getElementById('live-right').value") == 0
        assert button.get_attribute("aria-pressed") == "true"
        page.evaluate(axe())
        assert not findings(page)
        picture(page, "live-ear")
        node.write(call, a.StopRecording(why="sensitive"))
        page.get_by_text("Nothing is kept now").wait_for()
        button.click()
        page.locator("#live-ear").wait_for(state="hidden")
        button.click()
        page.locator("#live-ear").wait_for()
        node.over(call)
        page.locator("#live-ear").wait_for(state="hidden")
        assert watched.complaints == []
    finally:
        over.set()
        talking.join()
        recording.close()


def test_who_may_only_look_has_no_buttons(site: Site, new_node: NewNode, browser_page: PageFor) -> None:
    call = new_node("a").call()
    page, _ = browser_page("viewer")
    page.goto("/live")
    row = page.locator(f"tr[data-call='{call}']")
    row.get_by_text("•••23").wait_for()
    assert row.get_by_role("button").count() == 0


def test_signed_out_while_it_is_open(site: Site, new_node: NewNode, browser_page: PageFor) -> None:
    """The stream is looked at again and again; who may see it no more is told so, and nothing more is shown."""
    from ivr.web.live import routes

    node = new_node("a")
    page, _ = browser_page("operator")
    still, routes.STILL_S = routes.STILL_S, 0.5
    try:
        page.goto("/live")
        page.locator("#live-nodes [data-state=there]").wait_for()
        page.context.clear_cookies()
        with site.engine.begin() as db:
            db.exec_driver_sql("delete from ivr.web_sessions")
        call = node.call()
        page.locator("#notice", has_text="signed out").wait_for()
        node.write(call, a.Say(id=9, text="not for them", language="en"))
        assert page.get_by_text("not for them").count() == 0
    finally:
        routes.STILL_S = still


def test_korean(site: Site, new_node: NewNode, browser_page: PageFor) -> None:
    call = new_node("a").call()
    page, _ = browser_page("supervisor", language="ko")
    page.goto("/live")
    page.locator(f"tr[data-call='{call}']").get_by_role("button", name="끊기").wait_for()
    page.goto("/live/values")
    page.get_by_role("heading", name="스위치와 안내", exact=True).wait_for()
    page.goto("/inbox")
    page.get_by_role("heading", name="받은 것").wait_for()
