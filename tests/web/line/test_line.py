"""The page of the line: files and settings without secrets, trunks as nodes tell them, health off the request."""

import json
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from ivr.records import nodes as node_table
from ivr.web.line import told
from ivr.web.line.checkup import Checkup, Health, checkup
from tests.embedded_postgres import Server
from tests.web.conftest import PageFor, Site, serve
from tests.web.test_pages import axe, findings

pytestmark = pytest.mark.postgres
HOSTILE = "<script>alert(1)</script>"
SECRETS = ("hunter2", "s3cret", "topsecretkey", "0123456789abcdef")
LINES = """\
lines:
  orders: {numbers: ["+18005550100", "sip:orders@*"], flow: shop, timezone: Asia/Seoul, max_calls: 7, per_caller: 6/10m}
  desk: {numbers: "+18005550101", flow: other}
destinations: {agents: "sip:<script>alert(1)</script>@pbx.example"}
agents: {agents: ["sip:anna@pbx.example"]}
"""
FLOW = """\
flow: shop
start: open
nodes:
  open:
    {type: hours, open: {mon-fri: "9:00-17:00"}, holidays: KR, dates: {"2027-12-24": closed}, next: bye, closed: bye}
  bye: {type: hangup, say: Goodbye.}
"""


class Node(BaseHTTPRequestHandler):
    """A node's control API: its trunks."""

    def do_GET(self) -> None:
        right = self.headers.get("authorization") == "Bearer the-token"
        trunks = [
            {"name": HOSTILE, "registrar": "sip:p", "status": 200, "reason": "OK", "registered": True},
            {"name": "spare", "registrar": "sip:q", "status": 403, "reason": HOSTILE, "registered": False},
        ]
        body = json.dumps({"media": {"trunks": trunks}}).encode()
        self.send_response(200 if right and self.path == "/status" else 401)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing on the terminal."""


@pytest.fixture(scope="module")
def site(postgres_server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("line")
    (folder / "flows" / "shop").mkdir(parents=True)
    (folder / "flows" / "lines.yaml").write_text(LINES)
    (folder / "flows" / "shop" / "flow.yaml").write_text(FLOW)
    (folder / "flows" / "shop" / "broken.yaml").write_text("nodes: [")
    trunk = {"name": "provider", "registrar": "sip:provider.example", "user": "u1", "password": "hunter2"}
    yield from serve(
        postgres_server.fresh(), folder, sip={"trunks": [trunk], "max_calls": 40}, control={"token": "the-token"},
        webhooks={"urls": ["https://me:s3cret@hooks.example/in?key=topsecretkey"], "secret": "0123456789abcdef"},
        queries={"headers": {"api.example": {"x-key": "topsecretkey"}}}, tasks={"urls": {"pay": "https://pay.example/x"}},
    )  # fmt: skip


@pytest.fixture
def node(site: Site) -> Iterator[None]:
    """One that lives, and one that does not answer."""
    server = HTTPServer(("127.0.0.1", 0), Node)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    row = {"sip": "udp:10.0.0.1:5060", "version": "1", "pid": 1, "max_calls": 40, "live_calls": 3, "draining": False}
    node_table.beat(site.engine, row | {"name": "one", "address": f"http://127.0.0.1:{server.server_port}"})
    node_table.beat(site.engine, row | {"name": "two", "address": "http://127.0.0.1:9"})
    yield
    server.shutdown()
    server.server_close()
    with site.engine.begin() as db:
        db.execute(text("delete from ivr.nodes"))


def doctor(site: Site, code: str) -> Checkup:
    made = Checkup([sys.executable, "-c", code], {})
    site.app.state.checkup = made
    return made


def test_what_is_told_and_no_secret(site: Site) -> None:
    page = site.client("supervisor", page=True).get("/line").text
    for words in ("+18005550100", "Asia/Seoul", "6 in 600 s", "sip:anna@pbx.example", "mon-fri", "9:00-17:00", "KR",
                  "2027-12-24", "provider.example", "https://hooks.example/in", "api.example", "https://pay.example/x",
                  "lines.yaml", "40 of the machine"):  # fmt: skip
        assert words in page, words
    told_to_programs = site.client("supervisor").get("/api/v1/line").text
    assert not [it for it in SECRETS if it in page + told_to_programs]
    assert HOSTILE not in page
    limited = site.client("supervisor", ["desk"]).get("/api/v1/line").json()
    assert [it["name"] for it in limited["lines"]] == ["desk"]
    assert limited["hours"] == [], "of a flow of another line"
    assert site.client("viewer").get("/line").status_code == 403


@pytest.mark.parametrize(("url", "shown"), [
    ("https://u:p@host/x?key=1#y", "https://host/x"), ("sip:u:p@host;transport=tcp", "host;transport=tcp"),
    ("redis://:p@host:6379/0", "redis://host:6379/0"), ("", ""), ("http://[bad", "•••"),
])  # fmt: skip
def test_addresses_are_shown_without_secrets(url: str, shown: str) -> None:
    assert told.plain(url) == shown


def test_trunks_as_each_node_tells_them(site: Site, node: None) -> None:
    found = {it["name"]: it for it in site.client("operator").get("/api/v1/line/nodes").json()}
    assert [(it["registered"], it["status"]) for it in found["one"]["trunks"]] == [(True, 200), (False, 403)]
    assert found["two"]["problem"] == "the node does not answer: ConnectError"
    page = site.client("operator", page=True).get("/line/nodes").text
    assert "not registered" in page
    assert HOSTILE not in page


def test_health_is_tried_once_at_a_time_and_kept(site: Site, tmp_path: Path) -> None:
    gate, count = tmp_path / "gate", tmp_path / "count"
    trials = [{"part": HOSTILE, "version": "1", "state": "broken", "detail": HOSTILE, "mend": "make it"},
              {"part": "machine", "version": "", "state": "works", "detail": "", "mend": ""}]  # fmt: skip
    made = doctor(
        site,
        f"""
import pathlib, time
with open({str(count)!r}, "a") as out: out.write("x")
while not pathlib.Path({str(gate)!r}).exists(): time.sleep(0.01)
print({json.dumps(trials)!r})
""",
    )
    client = site.client("operator", page=True)
    assert "Not tried" in client.get("/line").text
    for _ in range(3):
        assert "is being tried" in client.post("/line/health").text
    assert site.client("operator").get("/api/v1/line/health").json()["running"] is True
    gate.touch()
    found = wait(made)
    assert (found.broken, found.problem, len(found.trials)) == (1, "", 2)
    assert count.read_text() == "x"
    page = client.get("/line/health").text
    assert "1 part is broken" in page
    assert HOSTILE not in page
    assert client.post("/line/health").status_code == 200
    assert not made.known.running, "what was tried just now is not tried again"
    assert client.get("/line").elapsed.total_seconds() < 5


@pytest.mark.parametrize("code", ["print('no json')", "raise SystemExit(3)", "print('[1]')", "print('{}' * 3)"])
def test_a_check_up_that_says_nothing_is_told(site: Site, code: str) -> None:
    made = doctor(site, code)
    made.start()
    assert "gave no answer" in wait(made).problem
    assert "gave no answer" in site.client("operator", page=True).get("/line").text


def wait(made: Checkup) -> Health:
    thread = next((it for it in threading.enumerate() if it.name == "checkup"), None)
    if thread:
        thread.join(60)
    assert not made.known.running
    return made.known


def test_the_check_up_is_the_doctor_of_this_instance(site: Site) -> None:
    made = checkup(site.app.state.parts)
    assert made.command[1:] == ["-m", "ivr", "doctor", "--json"]
    assert made._environment["IVR_STATE"] == str(site.state)
    assert made._environment["IVR_DATABASE_URL"] == site.database


@pytest.mark.parametrize(("width", "dark"), [(360, True), (1280, False)])
def test_in_a_browser(site: Site, node: None, browser_page: PageFor, width: int, dark: bool) -> None:
    doctor(site, 'print(\'[{"part": "machine", "state": "works", "detail": "2 cores"}]\')')
    page, watched = browser_page("administrator", width=width, dark=dark)
    page.goto("/line")
    page.get_by_text("not registered").wait_for()
    page.get_by_role("button", name="Try every part").click()
    page.get_by_text("Nothing is broken").wait_for(timeout=90_000)  # at the lowest priority
    page.get_by_text("2 cores").wait_for()
    assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
    page.evaluate(axe())
    assert not findings(page)
    assert not watched.complaints
    assert not [it for it in watched.requests if not it.startswith((site.url, "data:"))]
