"""Queries over HTTP against a real server, good and hostile."""

import asyncio
import gzip
import json
import ssl
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ivr.actions import Query
from ivr.business.cache import Answer
from ivr.business.http import HttpConfig, HttpQueries
from ivr.business.network import Hosts, Refused
from ivr.business.queries import Queries
from tests.business.web_server import Asked, Reply, WebServer, reply

Serve = Callable[[Callable[[Asked], Reply] | Reply], WebServer]


@pytest.fixture
def serve() -> Iterator[Serve]:
    servers: list[WebServer] = []

    def start(script: Callable[[Asked], Reply] | Reply) -> WebServer:
        servers.append(WebServer(script if callable(script) else lambda _: script))
        return servers[-1]

    yield start
    for server in servers:
        server.stop()


def query(url: str, deadline_s: float = 2.0, parameters: dict[str, Any] | None = None, **request: Any) -> Query:
    changes = request.get("method", "GET") != "GET"
    asked = {"method": "GET", "url": url, **request}
    return Query(
        call="c", id=1, node="lookup", kind="http", request=asked, parameters=parameters or {}, deadline_s=deadline_s,
        changes=changes,
    )  # fmt: skip


def ask(*queries: Query, hosts: tuple[str, ...] = ("127.0.0.1",), **config: Any) -> list[Answer]:
    async def run() -> list[Answer]:
        http = HttpQueries(HttpConfig(hosts=hosts, **config))
        try:
            return [await http.ask(one) for one in queries]
        finally:
            await http.close()

    return asyncio.run(run())


def test_the_answer_is_the_json_that_came(serve: Serve) -> None:
    server = serve(reply('{"status": "shipped", "items": [{"n": 1}]}'))
    wanted = query(f"{server.url}/orders/{{order_id}}?by={{caller.number}}", headers={"X-Why": "{task}"})
    (answer,) = ask(
        Query(**{**{f: getattr(wanted, f) for f in wanted.__struct_fields__},
                 "parameters": {"order_id": "../45?x=1#é", "caller__number": "+1 555", "task": "a\r\nEvil: yes"}})
    )  # fmt: skip
    assert answer == Answer("ok", {"status": "shipped", "items": [{"n": 1}]})
    (asked,) = server.asked
    assert asked.path == "/orders/..%2F45%3Fx%3D1%23%C3%A9?by=%2B1%20555"
    assert "evil" not in asked.headers
    assert asked.headers["x-why"] == "a Evil: yes"


def test_json_and_form_bodies(serve: Serve) -> None:
    server = serve(reply())
    body = {"id": "{order_id}", "text": "no {order_id}"}
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    ask(
        query(server.url + "/", method="POST", body=body, parameters={"order_id": 45}),
        query(server.url + "/", method="POST", body=body, headers=form, parameters={"order_id": "4&5"}),
    )
    first, second = server.asked
    assert json.loads(first.body) == {"id": 45, "text": "no 45"}
    assert first.headers["content-type"] == "application/json"
    assert second.body == b"id=4%265&text=no+4%265"


@pytest.mark.parametrize(
    ("status", "expected", "tries"),
    [
        ("404 No", "not_found", 1),
        ("409 No", "409", 1),
        ("503 No", "503", 3),
        ("500 No", "500", 1),
        ("301 No", "301", 1),
    ],
)
def test_a_status_is_told_and_what_may_pass_is_tried_again(
    serve: Serve, status: str, expected: str, tries: int
) -> None:
    server = serve(reply(status=status))
    assert ask(query(server.url + "/"))[0].status == expected
    assert len(server.asked) == tries


def test_only_what_may_be_repeated_is_tried_again(serve: Serve) -> None:
    server = serve(reply(status="503 Busy"))
    ask(query(server.url + "/", method="POST"))
    assert len(server.asked) == 1
    server.asked.clear()
    ask(query(server.url + "/", method="POST", key="c-lookup-1"))
    assert [asked.headers["idempotency-key"] for asked in server.asked] == ["c-lookup-1"] * 3


def test_a_second_try_may_succeed(serve: Serve) -> None:
    def script(_: Asked) -> Reply:
        return reply('"fine"') if len(server.asked) > 1 else b""  # closed without an answer

    server = serve(script)
    assert ask(query(server.url + "/"))[0] == Answer("ok", "fine")


BOMB = gzip.compress(b" " * 20_000_000)
HOSTILE: dict[str, Reply] = {
    "html": reply("<html>500</html>"),
    "cut off": reply(b'{"a": 1}')[:-2],
    "not utf-8": reply(b'{"a": "\xff\xfe"}'),
    "unknown charset": reply('{"a": 1}', Content_Type="application/json; charset=klingon"),
    "unknown content encoding": reply('{"a": 1}', Content_Encoding="br"),
    "no gzip": reply('{"a": 1}', Content_Encoding="gzip"),
    "bomb": reply(BOMB, Content_Encoding="gzip"),
    "deep": reply("[" * 100_000),
    "nested": reply("[" * 60 + "]" * 60),
    "NaN": reply('{"a": NaN}'),
    "too long": reply(b'"' + b"a" * 1_100_000 + b'"'),
    "endless header": b"HTTP/1.1 200 OK\r\nX: " + b"a" * 1_000_000,
    "no http": b"hello\r\n\r\n",
    "wrong length": reply(b"{}", Content_Length="-5"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_bad_answer_is_an_error_in_time(serve: Serve, name: str) -> None:
    server = serve(HOSTILE[name])
    started = time.monotonic()
    assert ask(query(server.url + "/")) == [Answer("error")]
    assert time.monotonic() - started < 2.0


def test_what_cannot_be_kept_is_cleaned(serve: Serve) -> None:
    server = serve(reply(r'{"a\u0000": "x\ud800\u0000", "n": 1e999, "big": 123456789012345678901234567890}'))
    value = ask(query(server.url + "/"))[0].value
    assert value == {"a\ufffd": "x?\ufffd", "n": None, "big": "123456789012345678901234567890"}


def test_other_encodings_that_are_named_are_read(serve: Serve) -> None:
    latin = reply('{"a": "é"}'.encode("latin-1"), Content_Type="application/json; charset=iso-8859-1")
    packed = reply(gzip.compress(b'{"a": 1}'), Content_Encoding="gzip")
    assert ask(query(serve(latin).url + "/"), query(serve(packed).url + "/")) == [
        Answer("ok", {"a": "é"}), Answer("ok", {"a": 1}),
    ]  # fmt: skip


@pytest.mark.parametrize("answer", [(b"", 5.0, b""), (reply('{"a": 1}')[:-3], 5.0, b"1}"), (b"HTTP/1.1 200", 5.0, b"")])
def test_a_service_that_hangs_is_a_timeout(serve: Serve, answer: Reply) -> None:
    server = serve(answer)
    started = time.monotonic()
    assert ask(query(server.url + "/", deadline_s=0.4)) == [Answer("timeout")]
    assert time.monotonic() - started < 1.0


def test_a_redirect_is_followed_without_secrets_and_never_to_this_machine(serve: Serve) -> None:
    inside = serve(reply('"secret of this machine"'))

    def script(asked: Asked) -> Reply:
        if asked.path == "/loop":
            return reply(status="302 Go", Location="/loop")
        if asked.path == "/away":
            return reply(status="302 Go", Location=f"http://127.0.0.2:{inside.port}/")
        if asked.path == "/file":
            return reply(status="302 Go", Location="file:///etc/passwd")
        return reply('"here"') if asked.path == "/here" else reply(status="302 Go", Location="/here")

    server = serve(script)
    ok, *others = ask(
        query(server.url + "/", headers={"X-Flow": "1"}),
        *(query(server.url + path) for path in ("/loop", "/away", "/file")),
        query(server.url + "/", method="POST"),
    )
    assert ok == Answer("ok", "here")
    assert "x-flow" not in server.asked[1].headers
    assert [one.status for one in others] == ["error", "error", "error", "302"]
    assert inside.asked == []


def test_a_secret_goes_to_its_host_alone(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORDERS_TOKEN", "Bearer 123")
    server = serve(reply())
    headers = {"127.0.0.1": {"Authorization": "env:ORDERS_TOKEN"}, "localhost": {"X-Other": "1"}}
    ask(query(server.url + "/"), headers=headers)
    assert server.asked[0].headers["authorization"] == "Bearer 123"
    assert "x-other" not in server.asked[0].headers


def test_no_cookie_passes_from_call_to_call(serve: Serve) -> None:
    server = serve(reply(Set_Cookie="who=alice"))
    ask(query(server.url + "/"), query(server.url + "/"))
    assert "cookie" not in server.asked[1].headers


def test_hosts_are_allowed_by_name_network_and_pattern() -> None:
    public, private = "93.184.216.34", "10.1.2.3"
    assert Hosts(["*"]).choose("acme.example", [public, private]) == [public]
    for inner in (private, "127.0.0.1", "::1", "169.254.169.254", "::ffff:127.0.0.1", "0.0.0.0", "fe80::1%eth0"):
        with pytest.raises(Refused):
            Hosts(["*"]).choose("acme.example", [inner])
    assert Hosts(["10.0.0.0/8"]).choose("any", [private, public]) == [private]
    assert Hosts(["*.acme.example"]).choose("API.acme.example", [private]) == [private]
    with pytest.raises(Refused):
        Hosts(["*.acme.example"]).choose("evilacme.example", [public])


def test_this_machine_is_not_asked_unless_named(serve: Serve) -> None:
    server = serve(reply())
    assert ask(query(server.url + "/"), hosts=("*",)) == [Answer("error")]
    assert server.asked == []


def test_a_certificate_of_nobody_is_refused_once(tmp_path: Path) -> None:
    key, certificate = tmp_path / "key.pem", tmp_path / "cert.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1", "-addext",
         "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate], check=True, capture_output=True,
    )  # fmt: skip
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server = WebServer(lambda _: reply('"fine"'), context)
    try:
        assert ask(query(server.url + "/")) == [Answer("error")]
        assert ask(query(server.url + "/"), ca_file=str(certificate)) == [Answer("ok", "fine")]
        wrong_name = query(server.url.replace("127.0.0.1", "localhost") + "/")
        assert ask(wrong_name, hosts=("localhost",), ca_file=str(certificate)) == [Answer("error")]
        assert len(server.asked) == 1
    finally:
        server.stop()


def test_a_dead_service_is_left_alone(serve: Serve) -> None:
    server = serve(reply(status="503 Busy"))
    statuses = [one.status for one in ask(*[query(server.url + "/", method="POST")] * 6, failures=3)]
    assert statuses == ["503", "503", "503", "error", "error", "error"]
    assert len(server.asked) == 3


def test_nobody_listens() -> None:
    assert ask(query("http://127.0.0.1:1/")) == [Answer("error")]
    assert ask(query("ftp://127.0.0.1/"), query("http:///x"), query("{nothing}")) == [Answer("error")] * 3


def test_answers_are_kept_for_one_caller_or_for_all(serve: Serve) -> None:
    server = serve(reply('"x"'))

    async def run() -> list[bool]:
        http = HttpQueries(HttpConfig(hosts=("127.0.0.1",)))
        queries = Queries(None, kinds={"http": http})  # type: ignore[arg-type]

        def one(call: str, shared: bool) -> Query:
            request = {"url": server.url + ("/s" if shared else "/")}
            return Query(call=call, id=1, node="n", kind="http", request=request, cache_s=60, shared=shared)

        wanted = [one("a", False), one("a", False), one("b", False), one("a", True), one("b", True)]
        found = [(await queries.answer(query)).cached for query in wanted]
        await http.close()
        return found

    assert asyncio.run(run()) == [False, True, False, False, True]
