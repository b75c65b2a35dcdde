"""Answers that a flow cannot use: each takes `on:`, and the record holds what it was."""

import asyncio
from collections.abc import Callable, Iterator
from typing import Any, cast

import pytest

from ivr.actions import Query
from ivr.business.http import HttpConfig, HttpQueries
from ivr.business.queries import Queries
from ivr.events import Queried
from ivr.flow.nodes.steps import Goto, QueryReply, RunQuery
from ivr.flow.nodes.table import NODE_TYPES
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


def test_an_answer_of_another_shape_is_told_and_not_kept(serve: Serve) -> None:
    answers = ['{"status": ["x"]}', '[{"status": "x"}]', '{"status": "x", "more": 1}']
    server = serve(lambda _: reply(answers[min(len(server.asked), 3) - 1]))

    async def run() -> list[str]:
        http = HttpQueries(HttpConfig(hosts=("127.0.0.1",)))
        queries = Queries(None, kinds={"http": http})  # type: ignore[arg-type]
        request = {"url": server.url + "/", "returns": {"status": "text"}}
        wanted = Query(call="c", id=1, node="n", kind="http", request=request, cache_s=60)
        found = [(await queries.answer(wanted)).status for _ in range(4)]
        await http.close()
        return found

    assert asyncio.run(run()) == ["wrong_shape", "wrong_shape", "ok", "ok"]
    assert len(server.asked) == 3


TRICKLE = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 400\r\n\r\n"
OUTCOMES: dict[str, tuple[Reply, str]] = {
    "shape": (reply('{"status": []}'), "wrong_shape"),
    "size": (reply(b'"' + b"a" * 1_100_000 + b'"'), "error"),
    "encoding": (reply(b'{"status": "\xff"}'), "error"),
    "redirect to this machine": (reply(status="302 Go", Location="http://127.0.0.2:22/"), "error"),
    "hang in mid-body": ((TRICKLE + b'{"sta', 5.0, b'tus": 1}'), "timeout"),
    "nothing": (b"", "error"),
    "status": (reply(status="409 No"), "409"),
}


@pytest.mark.parametrize("name", OUTCOMES)
def test_a_flow_goes_on_where_it_says_and_the_record_holds_the_outcome(serve: Serve, name: str) -> None:
    """The node itself, with what services answer to its query: the path that is taken, and the event of the journal."""
    answer, expected = OUTCOMES[name]
    url = serve(answer).url
    http = {"method": "GET", "url": url + "/"}
    on = {"409": "closed", "timeout": "later", "wrong_shape": "odd", "error": "sorry"}
    node = NODE_TYPES["query"].model_validate(
        {"type": "query", "http": http, "save": "order", "returns": {"status": "text"}, "on": on, "next": "route"}
    )
    step = node.run(cast(Any, None))  # no value of the call is asked for
    asked = next(step)
    assert isinstance(asked, RunQuery)

    async def run() -> Queried:
        client = HttpQueries(HttpConfig(hosts=("127.0.0.1",)))
        queries = Queries(None, kinds={"http": client})  # type: ignore[arg-type]
        try:
            return await queries.answer(
                Query(call="c", id=1, node="lookup", kind="http", request=asked.request, deadline_s=0.6)
            )
        finally:
            await client.close()

    event = asyncio.run(run())
    assert (event.status, event.value) == (expected, None)
    assert event.query_s > 0
    with pytest.raises(StopIteration) as ended:
        step.send(QueryReply(event.status, event.value))
    assert ended.value.value == Goto(on.get(expected, "sorry"), expected)
