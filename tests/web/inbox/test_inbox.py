"""What callers left: rows with state and owner, heard, taken, called back; as journals left it in the real database."""

import os
import re
import wave
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from ivr import actions as a
from ivr import journal as j
from ivr.records import audit, inbox, store
from ivr.records.fold import fold
from ivr.web.inbox.routes import dial
from tests.web.conftest import PageFor, Site, serve, until
from tests.web.test_pages import axe, findings

pytestmark = pytest.mark.postgres


@pytest.fixture(scope="module")
def site(postgres_server: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    yield from serve(postgres_server.fresh(), tmp_path_factory.mktemp("site"))


def left(site: Site, *notes: j.Entry, line: str = "orders", caller: str = "+14155550123") -> str:
    """A call whose caller left something, delivered as services deliver it; its id."""
    call = str(uuid4())
    opened = j.Opened(at="2026-11-30T18:00:00Z", node="a", caller=caller, line=line, flow="orders")
    rows = fold(call, [opened, j.CallAnswered(at="2026-11-30T18:00:01Z"), *notes])
    with site.engine.begin() as db:
        store.write(db, [rows.changed()])
        store.write(db, [rows.changed()])  # delivered twice is delivered once
    return call


def message(site: Site, name: str = "", *, sound: bool = True, **more: Any) -> tuple[str, str]:
    """(call, path of its entry) of a voicemail with a second of sound."""
    name = name or str(uuid4())
    if sound:
        path = site.state / "recordings" / "messages" / f"{name}.wav"
        path.parent.mkdir(parents=True, exist_ok=True)
        with wave.open(str(path), "wb") as file:
            file.setparams((1, 2, 8000, 0, "NONE", ""))
            file.writeframes(b"\x10\x00" * 8000)
    kept = a.MessageLeft(name=name, mailbox="sales", seconds=1.0, caller="+14155550123", t=500)
    call = left(site, kept, **more)
    return call, f"/inbox/{call}/3"


def state(site: Site, call: str) -> tuple[str, str]:
    with site.engine.connect() as db:
        found = inbox.find(db, call, 3)
    assert found is not None
    return found.state, found.owner


def trail(site: Site, call: str) -> list[tuple[str, str]]:
    with site.engine.connect() as db:
        return [(it.name, it.what) for it in audit.read(db, call=call)]


def row_of(page: str, call: str) -> str:
    found = re.search(rf'<tr id="entry-{call}-3".*?</tr>', page, re.DOTALL)
    return found[0] if found else ""


def test_a_message_is_heard_taken_done_and_given_back(site: Site) -> None:
    call, path = message(site)
    client = site.client("supervisor", page=True)
    row = row_of(client.get("/inbox").text, call)
    assert "+14155550123" in row
    assert "sales" in row
    assert f'data-sound="{path}/sound"' in row
    sound = client.get(f"{path}/sound", headers={"range": "bytes=0-43"})
    assert (sound.status_code, sound.content[:4]) == (206, b"RIFF")
    assert client.post(path, data={"state": "taken"}).status_code == 303
    assert state(site, call) == ("taken", "supervisor")
    answer = client.post(path, data={"state": "done"}, headers={"hx-request": "true"})
    assert answer.text.lstrip().startswith(f'<tr id="entry-{call}-3" data-state="done"')
    assert call not in client.get("/inbox").text, "what is done is open no more"
    assert call in client.get("/inbox?state=done").text
    client.post(path, data={"state": "new"})
    assert state(site, call) == ("new", "")
    assert [what for _, what in trail(site, call)] == ["inbox.new", "inbox.done", "inbox.taken", "message.heard"]


def test_two_cannot_have_the_same(site: Site) -> None:
    call, path = message(site, sound=False)
    ann, ben = site.client("supervisor"), site.client("administrator")
    assert ann.post(path, data={"state": "taken"}).status_code == 303
    refused = ben.post(path, data={"state": "taken"})
    assert (refused.status_code, "supervisor has taken it" in refused.json()["detail"]) == (409, True)
    assert ben.post(path, data={"state": "done"}).status_code == 409
    assert state(site, call) == ("taken", "supervisor")
    assert ben.post(path, data={"state": "new"}).status_code == 303
    assert ben.post(path, data={"state": "done"}).status_code == 303
    assert state(site, call) == ("done", "administrator")


def test_who_wants_to_be_called_back_is_called_with_one_click(site: Site, browser_page: PageFor) -> None:
    call = left(site, a.CallBackWanted(to="agents", number="+1 (415) 555-0199", position=4))
    page, _ = browser_page("supervisor")
    page.goto("/inbox?kind=call_back")
    row = page.locator(f"#entry-{call}-3")
    link = row.get_by_role("link", name="Call back")
    assert link.get_attribute("href") == "tel:+14155550199"
    assert "was at place 4" in row.inner_text()
    page.evaluate(axe())
    assert not findings(page)
    with page.expect_request("tel:+14155550199"):
        link.click()
    page.locator(f"#entry-{call}-3[data-state=taken]").wait_for()
    assert state(site, call) == ("taken", "supervisor")
    assert trail(site, call) == [("supervisor", "inbox.called_back")]
    again, watched = browser_page("supervisor")  # the first one's browser asks which program shall call
    again.goto("/inbox?kind=call_back")
    again.locator(f"#entry-{call}-3").get_by_role("button", name="Done").click()
    again.locator(f"#entry-{call}-3[data-state=done]").wait_for()
    assert state(site, call) == ("done", "supervisor")
    assert watched.complaints == []


def test_the_server_calls_for_who_may_and_an_entry_that_no_call_was_made_for_is_open_again(site: Site) -> None:
    call = left(site, a.CallBackWanted(to="agents", number="+14155550199", position=1))
    path = f"/inbox/{call}/3"
    client = site.client("supervisor", page=True)
    assert f'action="{path}/call"' in row_of(client.get("/inbox").text, call)
    assert client.post(f"{path}/call").status_code == 503, "no server takes calls here"
    assert state(site, call) == ("new", "")
    assert site.client("administrator").post(path, data={"state": "taken"}).status_code == 303
    assert client.post(f"{path}/call").status_code == 409
    assert state(site, call) == ("taken", "administrator")
    assert site.client("viewer").post(f"{path}/call").status_code == 403
    voicemail, of_voicemail = message(site, sound=False)
    assert client.post(f"{of_voicemail}/call").status_code == 403
    assert state(site, voicemail) == ("new", "")
    odd = left(site, a.CallBackWanted(to="agents", number="<script>", position=1))
    assert client.post(f"/inbox/{odd}/3/call").status_code == 409
    assert state(site, odd) == ("new", "")


def test_a_message_is_played_in_the_page_and_new_ones_are_told(site: Site, browser_page: PageFor) -> None:
    call, _ = message(site)
    page, watched = browser_page("supervisor", width=360)
    page.goto("/inbox")
    page.locator(f"#entry-{call}-3").get_by_role("button", name="Play").click()
    until(page, "() => document.querySelector('audio').currentTime > 0.2")
    assert page.evaluate("() => document.querySelector('audio').error") is None
    assert trail(site, call)[0] == ("supervisor", "message.heard")
    message(site, sound=False)
    page.evaluate("() => htmx.trigger('#inbox-new', 'load')")
    page.evaluate("() => htmx.ajax('GET', document.getElementById('inbox-new').getAttribute('hx-get'), '#inbox-new')")
    page.get_by_role("link", name="1 new entry").wait_for()
    assert watched.complaints == []
    if folder := os.environ.get("SCREENSHOTS"):
        page.screenshot(path=Path(folder) / "inbox-360.png", full_page=True)


def test_who_may_not(site: Site) -> None:
    call, path = message(site)
    assert site.client("viewer").get("/inbox").status_code == 403
    assert site.client("auditor").post(path, data={"state": "taken"}).status_code == 403
    limited = site.client("supervisor", ["office"], page=True)
    assert call not in limited.get("/inbox").text
    assert limited.get(f"{path}/sound").status_code == 404
    assert limited.post(path, data={"state": "taken"}).status_code == 404
    client = site.client("supervisor")
    client.headers.pop("x-csrf-token")
    assert client.post(path, data={"state": "taken"}).status_code == 403
    assert (state(site, call), trail(site, call)) == (("new", ""), [])


HOSTILE = "<img src=x onerror=alert(1)>\N{RIGHT-TO-LEFT OVERRIDE}'\""


@pytest.mark.parametrize("name", ["../../secrets/control.token", "/etc/passwd", "a\0b", HOSTILE, "x" * 5000])
def test_hostile_notes(site: Site, name: str) -> None:
    secret = site.state / "secrets" / "control.token.wav"
    secret.parent.mkdir(parents=True, exist_ok=True)
    secret.write_text("secret")
    call = left(site, a.MessageLeft(name=name, mailbox=HOSTILE, seconds=1e9, caller=HOSTILE), caller=HOSTILE)
    client = site.client("supervisor", page=True)
    page = client.get("/inbox").text
    assert "<img" not in page
    assert 'href="tel:' not in row_of(page, call)
    assert client.get(f"/inbox/{call}/3/sound").status_code == 404


@pytest.mark.parametrize(
    ("number", "href"),
    [
        ("+1 415-555-0123", "tel:+14155550123"),
        ("1234", "tel:1234"),
        ("sip:anna@pbx.example", "sip:anna@pbx.example"),
        ("anonymous", ""),
        ("", ""),
        ("javascript:alert(1)", ""),
        ("sip:a b", ""),
        ("*" * 50, ""),
        ("12", ""),
    ],
)
def test_what_can_be_dialled(number: str, href: str) -> None:
    assert dial(number) == href


def test_pages_of_the_inbox_leave_nothing_out(site: Site) -> None:
    folds = [fold(str(uuid4()), [j.Opened(node="a", line="busy"), a.MessageLeft(name="x")]) for _ in range(55)]
    with site.engine.begin() as db:
        store.write(db, [it.changed() for it in folds])
    calls = {it.id for it in folds}
    client = site.client("supervisor", ["busy"], page=True)
    page = client.get("/inbox?state=new").text
    first = set(re.findall(r'id="entry-([0-9a-f-]{36})-2"', page))
    older = re.search(r'href="(/inbox\?[^"]*before=[^"]*)"', page)
    assert older
    second = set(re.findall(r'id="entry-([0-9a-f-]{36})-2"', client.get(older[1].replace("&amp;", "&")).text))
    assert (len(first), len(second), first | second) == (50, 5, calls)
    for wrong in ("?before=nonsense", "?state=sold", "?kind=x", f"?before={uuid4()}-99999999999999999999"):
        assert client.get(f"/inbox{wrong}").status_code == 422
