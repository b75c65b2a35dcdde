"""The second factor: set up, asked, each code once; required for everybody where the setting says so."""

import re
import time
from collections.abc import Iterator
from html import unescape

import httpx
import pyotp
import pytest

from ivr.records import people
from ivr.web import passwords
from tests.embedded_postgres import Server
from tests.web.conftest import Site, serve

pytestmark = pytest.mark.postgres
PASSWORD = "correct horse battery"


def hidden(page: httpx.Response, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page.text)
    assert found, page.text
    return unescape(found[1])


def shown_key(page: httpx.Response) -> str:
    found = re.search(r'class="mono">([A-Z2-7]+)<', page.text)
    assert found, page.text
    return found[1]


def add(site: Site, name: str) -> None:
    with site.engine.begin() as db:
        people.add(db, name, "viewer", password=passwords.hashed(PASSWORD))


def test_a_code_is_asked_once_it_is_set_up_and_serves_once(site: Site) -> None:
    add(site, "Cora")
    client = site.client(page=True)
    client.post("/sign-in", data={"name": "Cora", "password": PASSWORD})
    page = client.get("/account/second-factor")
    totp, before = pyotp.TOTP(shown_key(page)), time.time() - 30
    given = {"csrf": hidden(page, "csrf"), "sealed": hidden(page, "sealed"), "password": PASSWORD}
    assert client.post("/account/second-factor", data={**given, "code": "000000 "}).status_code == 422
    assert client.post("/account/second-factor", data={**given, "code": totp.at(before)}).status_code == 303

    other = site.client(page=True)
    answer = other.post("/sign-in", data={"name": "Cora", "password": PASSWORD, "next": "/account"})
    assert answer.headers["location"] == "/sign-in/code?next=/account"
    assert other.get("/account").status_code == 303, "the password alone opens nothing"
    csrf = hidden(other.get("/sign-in/code?next=/account"), "csrf")
    used = other.post("/sign-in/code", data={"csrf": csrf, "code": totp.at(before)})
    assert used.status_code == 401, "a code that was used is seen over a shoulder"
    fresh = other.post("/sign-in/code", data={"csrf": csrf, "code": totp.at(time.time() + 30), "next": "/account"})
    assert (fresh.status_code, fresh.headers["location"]) == (303, "/account")
    assert other.get("/account").status_code == 200


def test_guessing_codes_ends(site: Site) -> None:
    add(site, "Dora")
    with site.engine.begin() as db:
        dora = people.find(db, "Dora")
        assert dora
        people.change(db, dora.id, second_factor=site.app.state.parts.box.close(pyotp.random_base32()))
    client = site.client(page=True)
    client.post("/sign-in", data={"name": "Dora", "password": PASSWORD})
    csrf = hidden(client.get("/sign-in/code"), "csrf")
    told = [client.post("/sign-in/code", data={"csrf": csrf, "code": "12345x"}).status_code for _ in range(11)]
    assert told == [401] * 10 + [429]


@pytest.fixture
def strict(postgres_server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    yield from serve(postgres_server.fresh(), tmp_path_factory.mktemp("strict"), web={"second_factor": "required"})


def test_where_it_is_required_the_next_sign_in_sets_it_up(strict: Site) -> None:
    add(strict, "Emil")
    client = strict.client(page=True)
    client.post("/sign-in", data={"name": "Emil", "password": PASSWORD})
    assert client.get("/account").status_code == 303
    page = client.get("/sign-in/code")
    given = {"csrf": hidden(page, "csrf"), "sealed": hidden(page, "sealed")}
    wrong = client.post("/sign-in/code", data={**given, "code": "1"})
    assert shown_key(wrong) == shown_key(page), "who mistypes need not scan again"
    code = pyotp.TOTP(shown_key(page)).now()
    assert client.post("/sign-in/code", data={**given, "code": code}).status_code == 303
    assert client.get("/account").status_code == 200
