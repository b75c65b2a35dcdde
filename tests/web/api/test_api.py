"""The API against its own description (schemathesis), its page, tokens with scopes, cursors, errors."""

import json
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from ivr.records import audit, sessions
from ivr.web.line.checkup import Checkup
from tests.web.conftest import PageFor, Site
from tests.web.test_pages import axe, findings

pytestmark = pytest.mark.postgres
EXAMPLES = 3
"""Made-up requests an operation: bounded, so that all of them take seconds."""
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]


def token(site: Site, role: str, *scopes: str) -> str:
    with site.engine.begin() as db:
        return sessions.make_token(db, site.person(role).id, "program", list(scopes), None)


def program(site: Site, role: str, *scopes: str) -> httpx.Client:
    client = site.client()
    client.headers["authorization"] = f"Bearer {token(site, role, *scopes)}"
    return client


def described(site: Site) -> dict[str, Any]:
    found: dict[str, Any] = site.client("viewer").get("/api/openapi.json").json()
    return found


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
def test_every_operation_answers_as_it_says(site: Site, mode: GenerationMode) -> None:
    from ivr.web.rights import Right

    key = token(site, "administrator", *Right)
    site.app.state.checkup = Checkup(["echo", "[]"], {"PATH": "/usr/bin:/bin"})
    schema = schemathesis.openapi.from_dict(described(site))
    schema.app = site.app
    wrong: list[str] = []
    tried = 0
    for found in schema.get_all_operations():
        operation: Any = found.ok()  # type: ignore[union-attr] # an operation that cannot be read fails here
        if mode is GenerationMode.NEGATIVE and not (operation.query or operation.body):
            continue  # nothing that could be wrong

        @settings(
            max_examples=EXAMPLES, deadline=None, derandomize=True, database=None, phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )  # fmt: skip
        @given(case=operation.as_strategy(generation_mode=mode))
        def ask(case: Any) -> None:
            nonlocal tried
            tried += 1
            answer = case.call(headers={"authorization": f"Bearer {key}"})
            try:
                case.validate_response(answer, checks=CHECKS)
            except (Exception, BaseExceptionGroup) as error:
                wrong.append(f"{case.method} {case.formatted_path}: {str(error)[:600]}")

        ask()
    assert not wrong, f"{len(wrong)} of {tried}\n" + "\n".join(wrong[:10])
    assert tried > 50


def test_every_operation_names_a_scope_and_how_errors_look(site: Site) -> None:
    told = described(site)
    assert told["openapi"].startswith("3.1")
    assert {"/api/v1/me", "/api/v1/audit", "/api/v1/insight/outcomes", "/api/v1/flows/list"} <= set(told["paths"])
    for path, item in told["paths"].items():
        assert path.startswith("/api/v1/")
        for operation in item.values():
            assert operation["security"][0]["bearer"], path
            assert "application/problem+json" in operation["responses"]["default"]["content"]
            assert operation.get("summary")


def test_scopes_bound_a_token_and_errors_are_problems(site: Site) -> None:
    client = program(site, "supervisor", "insight.see")
    assert client.get("/api/v1/insight/outcomes").json()["offered"] == 0
    refused = client.get("/api/v1/insight/unmatched")
    assert refused.status_code == 403
    assert refused.headers["content-type"] == "application/problem+json"
    assert refused.json() == {
        "type": "about:blank", "title": "Forbidden", "status": 403, "detail": "you may not do that",
    }  # fmt: skip
    assert client.get("/api/v1/me").status_code == 403, "not among its scopes"
    wide = program(site, "supervisor", "account", "insight.see", "calls.words")
    assert wide.get("/api/v1/me").json()["scopes"] == ["account", "calls.words", "insight.see"]
    assert wide.get("/api/v1/insight/unmatched").json() == []
    for path, status in (("/api/v1/insight/outcomes?zone=Mars", 422), ("/api/v1/nothing", 404)):
        answer = wide.get(path, headers={"accept": "text/html"})
        assert (answer.status_code, answer.json()["status"]) == (status, status)
    assert site.client().get("/api/v1/me").status_code == 401


def test_the_trail_is_read_by_cursor_without_a_gap(site: Site) -> None:
    with site.engine.begin() as db:
        for number in range(7):
            audit.write(db, "cursor.test", name="x", about=str(number))
    client, after, seen = program(site, "auditor", "audit.see"), "", []
    while True:
        page = client.get("/api/v1/audit", params={"what": "cursor.", "limit": 3, "after": after}).json()
        seen += [it["about"] for it in page["entries"]]
        after = page["after"]
        with site.engine.begin() as db:
            audit.write(db, "cursor.test", name="x", about="late")
        if not after:
            break
    assert seen == ["6", "5", "4", "3", "2", "1", "0"]
    assert client.get("/api/v1/audit", params={"after": "x'; drop"}).status_code == 422


@pytest.mark.parametrize("said", ["nul \x00 in it", "half \ud800 of one"])
def test_what_a_database_cannot_keep_is_refused(site: Site, said: str) -> None:
    client = program(site, "administrator", "flows.edit", "flows.see")
    body = json.dumps({"intent": "x", "phrase": said}).encode()
    answer = client.post("/api/v1/flows/orders/examples", content=body, headers={"content-type": "application/json"})
    assert answer.status_code in (422, 404), answer.text
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("width", [360, 1280])
def test_the_page(site: Site, browser_page: PageFor, width: int) -> None:
    page, watched = browser_page("viewer", width=width)
    page.goto("/api/docs")
    page.get_by_text("/api/v1/insight/outcomes").click()
    page.get_by_text("turned_away").first.wait_for()
    assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
    page.evaluate(axe())
    assert not findings(page)
    assert not watched.complaints
    assert not [it for it in watched.requests if not it.startswith((site.url, "data:"))]
    out, _ = browser_page("", width=width)
    out.goto("/api/docs")
    assert "/sign-in" in out.url
