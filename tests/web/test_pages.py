"""Every page in Chromium: nothing from another host, nothing that the browser complains of, nothing that axe finds."""

import gzip
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
OF_ONE = (f"/calls/{filling.WHOLE}", "/flows/orders", "/flows/orders/edit")
"""Pages of one thing."""
WIDTHS = (360, 1280, 2560)
MOST_SCRIPT = 300_000
"""Bytes of script a page, compressed."""
SCRIPTS = "() => performance.getEntriesByType('resource').map(it => it.name).filter(it => it.endsWith('.js'))"


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
    return [*pages, *OF_ONE]


def weight(site: Site, page: Any, known: dict[str, int]) -> int:
    """Bytes of script that this page loaded, compressed. `known`: what each file weighs."""
    found = [it for it in page.evaluate(SCRIPTS) if it.startswith(site.url)]
    with site.client() as client:
        known |= {it: len(gzip.compress(client.get(it).content)) for it in found if it not in known}
    return sum(known[it] for it in found)


def axe() -> str:
    return (build_web.modules(settings.load().cache) / "axe-core" / "axe.min.js").read_text()


def findings(page: Any) -> list[str]:
    """What axe says of the page as it is now."""
    told = page.evaluate("() => axe.run({resultTypes: ['violations']})")
    return [f"{it['id']}: {json.dumps([node['html'] for node in it['nodes']])[:400]}" for it in told["violations"]]


def test_every_page(site: Site, browser_page: PageFor) -> None:
    wrong: list[str] = []
    source, weights = axe(), dict[str, int]()
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
                if (heavy := weight(site, page, weights)) > MOST_SCRIPT:
                    wrong.append(f"{path} loads {heavy} bytes of script")
                page.evaluate(source)
                wrong += [f"{path}{' (dark)' if dark else ''}: {it}" for it in findings(page)]
    assert not wrong, "\n".join(wrong)
    assert weights


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
