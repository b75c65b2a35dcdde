"""Requests of http queries: what callers said is data in every place."""

import pytest

from ivr.flow.http_request import Http, build, spoken_of, url_trouble
from tests.flow.loading import CLEAN, found

HOSTILE = "a/../b?x=1&y#z {config.key} \r\nX-Evil: 1 \"'{{"


def test_hostile_values_stay_values() -> None:
    http = Http.model_validate(
        {"url": "{config.api}/o/{order_id}?by={who}", "method": "POST", "headers": {"X-Who": "<{who}>"},
         "body": {"who": "{who}", "n": 4, "list": ["{who}!", True, None]}}
    )  # fmt: skip
    assert spoken_of(http) == ["config.api", "order_id", "who"]
    sent = build(
        http.model_dump(exclude_defaults=True),
        {"config__api": "https://a.example", "order_id": "..", "who": HOSTILE},
    )
    assert sent.url.startswith("https://a.example/o/%2E%2E?by=a%2F..%2Fb%3Fx%3D1%26y%23z%20%7Bconfig.key%7D%20%0D%0A")
    assert sent.headers["X-Who"].count("\n") == 0
    assert sent.body == {"who": HOSTILE, "n": 4, "list": [HOSTILE + "!", True, None]}


def test_a_value_alone_keeps_its_type() -> None:
    assert build({"url": "https://a/", "body": {"order": "{order}"}}, {"order": {"n": 1}}).body == {"order": {"n": 1}}


@pytest.mark.parametrize(
    ("url", "good"),
    [("https://a.example/x/{y}", True), ("{config.api}/x", True), ("{config.api}", True), ("{y}/x", False),
     ("https://{y}/x", False), ("https://a{y}/x", False), ("{config.api}.evil/x", False),
     ("file:///etc/passwd", False)],
)  # fmt: skip
def test_only_administrators_choose_the_host(url: str, good: bool) -> None:
    assert (url_trouble(url) == "") is good


def test_sensitive_values_may_stand_in_a_body_only() -> None:
    secret = CLEAN.replace("say: How many cups?", "say: How many cups?, sensitive: true").replace(
        "{cups:digits|then}", ""
    )
    query = 'changes: true, http: {method: POST, url: "https://a/%s", headers: {%s}, body: {%s}}'
    ask = f"\n  q: {{type: query, {query}, next: bye}}\n"
    places = {("", "", 'c: "{cups}"'): False, ("{cups}", "", "c: 1"): True, ("", 'X-C: "{cups}"', "c: 1"): True}
    for place, refused in places.items():
        flow = secret.replace("    next: bye\n", "    next: q" + ask % place)
        assert ("sensitive" in {p.code for p in found(flow)}) is refused, place
