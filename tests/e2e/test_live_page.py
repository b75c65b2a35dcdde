"""A real call is seen in the browser while it lasts, listened to, and hung up from the page."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("pjsua2", reason="pjsua2 is not built (make setup)")

from playwright.sync_api import sync_playwright
from sqlalchemy import Engine

from ivr.records import audit, people, sessions, store
from ivr.records.address import resolve
from ivr.sip.caller import Phone
from tests.instance import Instance

pytestmark = [pytest.mark.sip, pytest.mark.slow, pytest.mark.postgres]


@pytest.fixture
def line(tmp_path: Path) -> Iterator[Instance]:
    instance = Instance(tmp_path / "state", settings={"asr_recognizers": "1", "web_on": "true"})
    try:
        instance.start()
        instance.wait(lambda: instance.told("web").get("url"), 60, "the pages are there")
        instance.wait(lambda: instance.control("/status")["flows"]["version"], 120, "flows are published")
        yield instance
    finally:
        instance.stop()


def signed_in(engine: Engine) -> str:
    """Token of a supervisor's session."""
    with engine.begin() as db:
        ann = people.add(db, "ann", "supervisor")
        return sessions.begin(db, ann.id, complete=True)


def test_seen_heard_and_hung_up(line: Instance) -> None:
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("chromium is not installed")
    engine, url = store.engine(resolve(line.state).url), line.told("web")["url"]
    with Phone() as phone, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        context = browser.new_context(base_url=url)
        context.add_cookies([{"name": "ivr_session", "value": signed_in(engine), "url": url}])
        page = context.new_page()
        page.goto("/live")
        page.locator("#live-nodes [data-state=there]").wait_for()
        call = phone.dial(line.uri())
        call.wait_answered()
        row = page.locator("#live-calls tr")
        row.wait_for()
        id = str(row.get_attribute("data-call"))
        row.get_by_text("Line:").wait_for()
        row.get_by_role("button", name="Listen").click()
        page.wait_for_function("() => Number(document.getElementById('live-left').dataset.heard) > 8000")
        page.wait_for_function("() => document.getElementById('live-right').value > 0.2")  # the prompt
        row.get_by_role("button", name="Hang up").click()
        page.get_by_role("dialog").get_by_role("button", name="Hang up").click()
        call.wait_over()
        row.wait_for(state="detached")
        browser.close()
    with engine.connect() as db:
        told = [(it.name, it.what) for it in audit.read(db, call=id)]
    assert told == [("ann", "live.hung_up"), ("ann", "live.listened")]
    engine.dispose()
