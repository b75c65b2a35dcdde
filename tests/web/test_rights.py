"""Every route with every role: who lacks the right is refused, and no route forgot to say what it needs."""

import re
from typing import Any

import pytest
from fastapi.dependencies.models import Dependant
from starlette.routing import Mount

from ivr.web.app import routes_of
from ivr.web.rights import ROLES, Need, Right
from tests.web.conftest import Site

pytestmark = pytest.mark.postgres
PUBLIC = {
    "/sign-in", "/sign-in/code", "/sign-in/provider", "/sign-in/provider/back", "/first/{token}", "/healthz",
}  # fmt: skip
"""Before anybody is known."""


def every(site: Site) -> list[Any]:
    found = [it for it in routes_of(site.app) if not isinstance(it.original_route, Mount)]
    assert {"/people", "/audit", "/flows/{flow}/publish"} <= {it.path for it in found}
    return found


def needs(route: Any) -> list[Right]:
    """What the route's dependencies ask for."""
    found, left = [], [getattr(route, "dependant", None) or Dependant()]
    while left:
        here = left.pop()
        left += here.dependencies
        if isinstance(here.call, Need):
            found.append(here.call.right)
    return found


def test_every_route_says_what_it_needs(site: Site) -> None:
    silent = {it.path for it in every(site) if not needs(it)}
    assert silent == PUBLIC & {it.path for it in every(site)}


def address(path: str) -> str:
    """Of something that is not there: nothing is changed where the right is had."""
    return re.sub(r"\{(\w+)(:\w+)?\}", lambda it: "0190b0a0-0000-7000-8000-000000000000" if it[1] in ("call", "id")
                  else "999999999", path)  # fmt: skip


@pytest.mark.parametrize("role", ["", *ROLES])
def test_who_lacks_the_right_is_refused(site: Site, role: str) -> None:
    client = site.client(role)
    had = ROLES.get(role, frozenset())
    wrong = []
    for route in every(site):
        wanted = set(needs(route))
        if not wanted:
            continue
        for method in set(route.methods or ()) - {"HEAD", "OPTIONS"}:
            if wanted <= had and method != "GET":
                continue  # what these do is tested where they are
            with client.stream(method, address(route.path)) as answer:
                status = answer.status_code
            if not role:
                good = status == 401
            elif wanted <= had:
                good = status not in (401, 403, 500)
            else:
                good = status == 403
            if not good:
                wrong.append((method, route.path, sorted(wanted), status))
    assert not wrong


def test_a_token_opens_its_scopes_only(site: Site) -> None:
    client = site.client("supervisor", page=True)
    made = client.post("/account/tokens", data={"name": "script", "scopes": ["flows.see"], "days": "30"})
    found = re.search(r"<code>(ivr_[\w-]+)</code>", made.text)
    assert found, made.text
    program = site.client()
    program.headers["authorization"] = f"Bearer {found[1]}"
    assert program.get("/flows/list").status_code == 200
    assert program.get("/audit").status_code == 403
    assert program.get("/account").status_code == 403, "a scope that it was not given"
    number = re.search(r"/account/tokens/(\d+)/end", made.text)
    assert number
    assert client.post(f"/account/tokens/{number[1]}/end").status_code == 303
    assert program.get("/flows/list").status_code == 401


def test_nobody_gives_a_token_more_than_they_have(site: Site) -> None:
    data = {"name": "x", "scopes": ["audit.see"], "days": "30"}
    assert site.client("viewer").post("/account/tokens", data=data).status_code == 422


def test_the_role_of_the_owner_bounds_a_token(site: Site) -> None:
    from ivr.records import people, sessions

    with site.engine.begin() as db:
        person = people.add(db, "once administrator", "administrator")
        token = sessions.make_token(db, person.id, "t", ["audit.see", "flows.see"], None)
        people.change(db, person.id, role="viewer")
    program = site.client()
    program.headers["authorization"] = f"Bearer {token}"
    assert program.get("/audit").status_code == 403
    assert program.get("/flows/list").status_code == 200
