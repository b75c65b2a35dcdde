"""Signing in: passwords, the first administrator, sessions that end, forged requests."""

import re
from collections.abc import Iterator

import pytest

from ivr.records import people
from ivr.web import passwords
from tests.embedded_postgres import Server
from tests.web.conftest import Site, serve

pytestmark = pytest.mark.postgres
PASSWORD = "correct horse battery"


@pytest.fixture(scope="module")
def anna(site: Site) -> str:
    with site.engine.begin() as db:
        return people.add(db, "Anna", "supervisor", password=passwords.hashed(PASSWORD)).name


def test_who_is_not_signed_in_is_led_to_the_page_and_back(site: Site, anna: str) -> None:
    client = site.client(page=True)
    answer = client.get("/account?x=1")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/sign-in?next=/account%3Fx%3D1"
    asked = {"name": "ANNA", "password": PASSWORD, "next": "/account?x=1"}
    answer = client.post("/sign-in", data=asked)
    assert (answer.status_code, answer.headers["location"]) == (303, "/account?x=1")
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Anna" in client.get("/account", follow_redirects=True).text


@pytest.mark.parametrize(
    "wanted", ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:x", "/a\nb"]
)
def test_the_way_back_leads_to_no_other_host(site: Site, anna: str, wanted: str) -> None:
    answer = site.client(page=True).post("/sign-in", data={"name": anna, "password": PASSWORD, "next": wanted})
    assert answer.headers["location"] == "/"


def test_programs_are_told_in_their_way(site: Site) -> None:
    answer = site.client().get("/account")
    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["status"] == 401


def test_signing_out_ends_the_session_for_every_copy_of_the_cookie(site: Site) -> None:
    client, other = site.client("viewer"), site.client()
    other.cookies = client.cookies
    assert client.post("/sign-out").status_code == 303
    assert other.get("/account").status_code == 401


@pytest.mark.parametrize(
    "headers", [{"x-csrf-token": "wrong"}, {"origin": "https://evil.example"}, {"sec-fetch-site": "cross-site"}]
)
def test_what_another_site_sends_is_refused(site: Site, headers: dict[str, str]) -> None:
    client = site.client("viewer")
    assert client.post("/sign-out", headers=headers).status_code == 403
    assert client.get("/account").status_code == 200, "the session goes on"


def test_guessing_ends_after_ten_tries(site: Site) -> None:
    with site.engine.begin() as db:
        people.add(db, "Bert", "viewer", password=passwords.hashed(PASSWORD))
    client = site.client(page=True)
    told = [client.post("/sign-in", data={"name": "Bert", "password": "wrong"}).status_code for _ in range(11)]
    assert told == [401] * 10 + [429]
    right = client.post("/sign-in", data={"name": "bert", "password": PASSWORD})
    assert right.status_code == 429, "the right password opens no sooner"


def test_unknown_names_and_wrong_passwords_look_the_same(site: Site, anna: str) -> None:
    client, told = site.client(page=True), set()
    for name in (anna, "Nobody"):
        answer = client.post("/sign-in", data={"name": name, "password": "wrong"})
        told.add((answer.status_code, re.sub(r'nonce="[^"]*"', "", answer.text).replace(name, "NAME")))
    assert len(told) == 1
    assert "The name or the password is wrong." in next(iter(told))[1]


@pytest.fixture
def empty(postgres_server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    yield from serve(postgres_server.fresh(), tmp_path_factory.mktemp("empty"))


def test_the_first_administrator_and_then_the_link_is_dead(empty: Site) -> None:
    link = empty.app.state.parts.first_time.path(empty.engine)
    assert link.startswith("/first/")
    client = empty.client(page=True)
    assert client.get("/first/wrong").headers["location"] == "/sign-in"
    assert client.post(link, data={"name": "root", "password": "short"}).status_code == 422
    answer = client.post(link, data={"name": "root", "password": PASSWORD})
    assert answer.status_code == 303
    assert client.get("/account").status_code == 200
    assert empty.app.state.parts.first_time.path(empty.engine) == ""
    assert (
        empty.client(page=True).post(link, data={"name": "two", "password": PASSWORD}).headers["location"] == "/sign-in"
    )
