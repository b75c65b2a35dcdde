"""Every page in Chromium: nothing from another host, nothing that the browser complains of, nothing that axe finds."""

import json
from typing import Any

import pytest

from ivr import settings
from ivr.web.app import routes_of
from scripts import build_web
from tests.web.calls import filling
from tests.web.conftest import PageFor, Site

pytestmark = pytest.mark.postgres
NO_PAGES = (
    "/api/",
    "/live/events",
    "/inbox/new",
    "/flows/list",
    "/flows/schema.json",
    "/audit/all.csv",
    "/sign-in/provider",
    "/healthz",
    "/calls/count",
)
"""What these answer is for programs, or another page."""
WIDTHS = (360, 1280, 2560)


@pytest.fixture(scope="module")
def site(site: Site) -> Site:
    """With calls in it."""
    filling.fill(site.engine, site.state / "recordings", site.flows)
    return site


def pages(site: Site) -> list[str]:
    """Every page without something of its own in its address."""
    found = {it.path for it in routes_of(site.app) if it.path and "GET" in (it.methods or ())}
    pages = sorted(path for path in found if "{" not in path and not path.startswith(NO_PAGES))
    assert {"/account", "/audit", "/people"} <= set(pages)
    return pages


def axe() -> str:
    return (build_web.modules(settings.load().cache) / "axe-core" / "axe.min.js").read_text()


def findings(page: Any) -> list[str]:
    """What axe says of the page as it is now."""
    told = page.evaluate("() => axe.run({resultTypes: ['violations']})")
    return [f"{it['id']}: {json.dumps([node['html'] for node in it['nodes']])[:400]}" for it in told["violations"]]


def test_every_page(site: Site, browser_page: PageFor) -> None:
    wrong: list[str] = []
    source = axe()
    for role in ("administrator", ""):
        for dark in (False, True):
            page, watched = browser_page(role, dark=dark)
            for path in pages(site) if role else ["/sign-in"]:
                watched.requests.clear()
                watched.complaints.clear()
                answer = page.goto(path, wait_until="load")
                assert answer is not None
                if answer.status >= 400:
                    wrong.append(f"{path}: {answer.status}")
                wrong += [
                    f"{path} loads {it}" for it in watched.requests if not it.startswith((site.url, "data:", "blob:"))
                ]
                wrong += [f"{path}: {it}" for it in watched.complaints]
                page.evaluate(source)
                wrong += [f"{path}{' (dark)' if dark else ''}: {it}" for it in findings(page)]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("width", WIDTHS)
def test_no_page_is_wider_than_the_screen(site: Site, browser_page: PageFor, width: int) -> None:
    page, _ = browser_page("administrator", width=width)
    wide = []
    for path in pages(site):
        page.goto(path, wait_until="load")
        if page.evaluate("() => document.documentElement.scrollWidth > innerWidth"):
            wide.append(path)
    assert not wide


def test_signed_out_in_the_middle_is_told_and_nothing_is_lost(site: Site, browser_page: PageFor) -> None:
    page, _ = browser_page("viewer")
    page.goto("/account")
    page.context.clear_cookies()
    page.evaluate("() => htmx.ajax('GET', '/account', {target: '#content', swap: 'none'})")
    page.locator("#notice", has_text="signed out").wait_for()
    assert page.get_by_role("heading", name="My account").is_visible()


def test_the_keyboard_reaches_the_content_first(site: Site, browser_page: PageFor) -> None:
    page, _ = browser_page("administrator")
    page.goto("/people")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("() => document.activeElement.id || location.hash") in ("content", "#content")
