"""The pages as they are served: real Postgres, the app under uvicorn on a free port, people of each role, Chromium."""

import shutil
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from sqlalchemy import Engine

from ivr import bootstrap, settings
from ivr.records import people, sessions
from ivr.web import server
from ivr.web.app import create_app
from ivr.web.identity import cookie_name
from scripts import build_web
from tests.embedded_postgres import Server, postgres_server

__all__ = ["postgres_server"]
ROOT = Path(__file__).parents[2]


@dataclass
class Site:
    """One web process, in a thread."""

    url: str
    app: Any
    engine: Engine
    state: Path
    flows: Path
    database: str
    _clients: list[httpx.Client] = field(default_factory=list)

    def person(self, role: str, lines: list[str] | None = None) -> people.Person:
        """The one of that role (and limit to lines), made when there is none: `viewer`, `viewer-orders`."""
        name = "-".join([role, *(lines or [])])
        with self.engine.begin() as db:
            return people.find(db, name) or people.add(db, name, role, lines=lines)

    def session(self, role: str, lines: list[str] | None = None) -> tuple[str, str]:
        """(token of the cookie, CSRF token) of a new session."""
        with self.engine.begin() as db:
            token = sessions.begin(db, self.person(role, lines).id, complete=True)
            found = sessions.find(db, token, 3600, 3600)
            assert found is not None
            return token, found.csrf

    def client(self, role: str = "", lines: list[str] | None = None, *, page: bool = False) -> httpx.Client:
        """Signed in as that role ("": not at all), with its CSRF token. `page`: asks like a browser's address bar."""
        headers = {"accept": "text/html" if page else "application/json"}
        made = httpx.Client(base_url=self.url, headers=headers, timeout=30)
        if role:
            token, csrf = self.session(role, lines)
            made.cookies.set(cookie_name(self.app.state.parts), token)
            made.headers["x-csrf-token"] = csrf
        self._clients.append(made)
        return made


def serve(database: str, folder: Path, **chosen: Any) -> Iterator[Site]:
    """For fixtures: `yield from serve(url, tmp_path, web={"idle_h": 1})`; `chosen`: settings."""
    flows = folder / "flows"
    if not flows.exists():
        shutil.copytree(ROOT / "flows", flows)
    cache = settings.load().cache
    build_web.build(cache)
    given = {"database": {"url": database}, "state": folder / "state", "flows": flows, "cache": cache}
    values = settings.Settings(**{**given, "sounds": ROOT / "sounds", **chosen})
    app = create_app(bootstrap.web(values))
    bound = server.listener("127.0.0.1", 0)
    config = uvicorn.Config(app, log_config=None, access_log=False, ws="websockets-sansio", timeout_graceful_shutdown=1)
    running = uvicorn.Server(config)
    thread = threading.Thread(target=running.run, kwargs={"sockets": [bound]}, daemon=True)
    thread.start()
    site = Site(
        f"http://127.0.0.1:{bound.getsockname()[1]}", app, app.state.parts.engine, folder / "state", flows, database
    )
    try:
        until = time.monotonic() + 20
        while not running.started:
            assert time.monotonic() < until, "the pages do not start"
            time.sleep(0.01)
        yield site
    finally:
        for client in site._clients:
            client.close()
        running.should_exit = True
        thread.join(10)
        site.engine.dispose()


@pytest.fixture(scope="module")
def site(postgres_server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    yield from serve(postgres_server.fresh(), tmp_path_factory.mktemp("site"))


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, one a file; its microphone plays silence and asks nobody.

    Not one a session: as long as Playwright's synchronous side is open, an event loop counts as running in this thread,
    and no other test of the worker could call asyncio.run.
    """
    with sync_playwright() as playwright:
        found = shutil.which("chromium")
        if found is None:
            pytest.skip("chromium is not installed")
        arguments = ["--no-sandbox", "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
        made = playwright.chromium.launch(executable_path=found, args=arguments)
        yield made
        made.close()


class Watched:
    """What a page asked for and complained of."""

    def __init__(self, page: Page) -> None:
        self.requests: list[str] = []
        self.complaints: list[str] = []
        page.on("request", lambda it: self.requests.append(it.url))
        page.on("console", lambda it: self.complaints.append(it.text) if it.type == "error" else None)
        page.on("pageerror", lambda it: self.complaints.append(str(it)))


PageFor = Callable[..., tuple[Page, Watched]]


@pytest.fixture
def browser_page(browser: Browser, site: Site) -> Iterator[PageFor]:
    """`page, watched = browser_page("supervisor", width=360, dark=True)`; "": not signed in."""
    contexts: list[BrowserContext] = []

    def make(
        role: str = "", *, width: int = 1280, dark: bool = False, language: str = "en", lines: list[str] | None = None
    ) -> tuple[Page, Watched]:
        context = browser.new_context(
            base_url=site.url,
            viewport={"width": width, "height": 900},
            color_scheme="dark" if dark else "light",
            locale=language,
        )
        contexts.append(context)
        if role:
            token, _ = site.session(role, lines)
            context.add_cookies([{"name": cookie_name(site.app.state.parts), "value": token, "url": site.url}])
        page = context.new_page()
        page.set_default_timeout(20_000)
        return page, Watched(page)

    yield make
    for context in contexts:
        context.close()


def until(page: Page, script: str, timeout_s: float = 20) -> None:
    """Waits until the script's function returns true: wait_for_function polls by eval, which the pages' CSP refuses."""
    end = time.monotonic() + timeout_s
    while not page.evaluate(script):
        assert time.monotonic() < end, f"not within {timeout_s} s: {script}"
        page.wait_for_timeout(50)
