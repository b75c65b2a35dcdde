"""Text messages and e-mails go out by a signed webhook."""

import asyncio
import json

import pytest

from ivr.actions import Query
from ivr.business.messages import Messages
from tests.business.web_server import Asked, Reply, WebServer, reply


def send(url: str, deadline_s: float = 2.0) -> str:
    async def run() -> str:
        messages = Messages(url, "a secret of sixteen letters")
        values = {"to": "+14155550123", "text": "Your order {x} ships.\n"}
        query = Query(
            call="c", id=1, node="tell", kind="send", request={"by": "sms", "key": "c-tell-1"}, parameters=values,
            changes=True, deadline_s=deadline_s,
        )  # fmt: skip
        try:
            return (await messages.ask(query)).status
        finally:
            await messages.close()

    return asyncio.run(run())


@pytest.mark.parametrize(
    ("first", "status", "tries"),
    [
        (reply(), "ok", 1),
        (reply(status="503 Busy"), "ok", 2),
        (b"", "ok", 2),
        (reply(status="400 No"), "error", 1),
        ((b"", 5.0, b""), "timeout", 1),
    ],
)
def test_a_message_is_handed_over(first: Reply, status: str, tries: int) -> None:
    def answer(_: Asked) -> Reply:
        return first if len(server.asked) == 1 else reply()

    server = WebServer(answer)
    try:
        assert send(server.url + "/send", deadline_s=1.0) == status
        assert len(server.asked) == tries
        assert {asked.headers["x-ivr-delivery"] for asked in server.asked} == {"c-tell-1"}
        assert server.asked[0].headers["x-ivr-signature"].startswith("v1=")
        assert json.loads(server.asked[0].body) == {
            "id": "c-tell-1", "by": "sms", "call": "c", "to": "+14155550123", "text": "Your order {x} ships.\n",
        }  # fmt: skip
    finally:
        server.stop()


def test_without_an_address_nothing_is_sent() -> None:
    assert send("") == "error"
