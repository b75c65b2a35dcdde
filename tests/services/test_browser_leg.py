"""Calls from the browser by the control API's WebSocket, into a real audio loop."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from ivr import actions as act
from ivr import events as ev
from ivr import journal
from ivr.audio import g711
from ivr.audio.frames import SILENCE
from ivr.legs.browser_line import BrowserLine
from ivr.services import control
from tests.call.conftest import Media, state, tone
from tests.services.waiting import until

__all__ = ["state"]
QUIET = g711.encode(SILENCE)
FIRST = json.dumps({"line": "test", "caller": "browser:anna"})


class Node:
    """Media and its control API."""

    def __init__(self, media: Media) -> None:
        self.media = media
        self.browsers = BrowserLine(media.state / "run" / "browser.sock", media.loop)
        self.token = control.token_of(media.state)
        self.url = ""

    def run(self, use: Callable[["Node"], Awaitable[None]]) -> None:
        async def nobody(*_: object) -> Any:
            raise AssertionError("media is not asked")

        async def main() -> None:
            told = self.media.state / "run" / "control.json"
            socket = self.media.state / "run" / "browser.sock"
            app = control.make_app(self.token, nobody, None, dict, socket)
            server = asyncio.create_task(control.serve(app, "127.0.0.1", 0, told))
            await until(told.exists)
            self.url = json.loads(told.read_text())["url"].replace("http", "ws") + "/calls/browser"
            try:
                async with asyncio.timeout(20):
                    await use(self)
            finally:
                server.cancel()
                await asyncio.gather(server, return_exceptions=True)

        self.media.loop.start()
        asyncio.run(main())

    def call(self, token: str = "") -> Any:
        headers = {"Authorization": f"Bearer {token or self.token}"}
        return connect(self.url, additional_headers=headers, proxy=None)

    def entries(self, call: str) -> list[journal.Entry]:
        path = next(self.media.state.glob(f"journals/*/{call}.jsonl"), None)
        return journal.read(path.read_bytes()) if path else []


@pytest.fixture
def node(state: Path) -> Iterator[Node]:
    media = Media(state)
    made = Node(media)
    yield made
    made.browsers.stop()
    media.stop()


async def told(stream: ClientConnection, state: str) -> dict[str, Any]:
    """The state's message; sound before it is passed over."""
    while True:
        message = await stream.recv()
        if isinstance(message, str) and json.loads(message)["state"] == state:
            found: dict[str, Any] = json.loads(message)
            return found


def test_a_call_is_heard_both_ways_and_ends_by_the_caller(node: Node) -> None:
    node.media.prompt("hello", tone(0.5))

    def script(event: ev.Event) -> list[act.Action]:
        return [act.Say(id=1, text="hello", language="en")] if isinstance(event, ev.CallStarted) else []

    node.media.script = script
    node.browsers.start()

    async def use(node: Node) -> None:
        async with node.call() as stream:
            await stream.send(FIRST)
            call = (await told(stream, "calling"))["call"]
            await told(stream, "answered")
            sounding = 0
            while sounding < 25:
                await stream.send(QUIET)
                message = await stream.recv()
                if isinstance(message, bytes):
                    assert len(message) == 160
                    sounding += g711.decode(message) != SILENCE
            await stream.send('{"key": "#"}')
            await stream.send('{"hang_up": true}')
            assert (await told(stream, "ended"))["by"] == "caller"
            with pytest.raises(ConnectionClosed) as closed:
                await stream.recv()
            assert closed.value.rcvd is not None
            assert closed.value.rcvd.code == 1000
        await until(lambda: any(isinstance(it, journal.Closed) for it in node.entries(call)))
        pressed = [it for it in node.media.sessions[0].events if isinstance(it, ev.KeyPressed)]
        assert [(it.key, it.via) for it in pressed] == [("#", "browser")]

    node.run(use)


def test_a_page_that_is_closed_ends_its_call(node: Node) -> None:
    node.browsers.start()

    async def use(node: Node) -> None:
        async with node.call() as stream:
            await stream.send(FIRST)
            call = (await told(stream, "calling"))["call"]
            await told(stream, "answered")
        await until(lambda: any(isinstance(it, journal.Closed) for it in node.entries(call)))
        assert [it.by for it in node.entries(call) if isinstance(it, ev.HungUp)] == ["caller"]

    node.run(use)


@pytest.mark.parametrize(
    ("first", "then", "code", "reason"),
    [
        (FIRST, b"x" * 161, 1003, "a frame is 160 bytes of 8 kHz mu-law; this one has 161"),
        (FIRST, b"", 1003, "this one has 0"),
        (FIRST, '{"key": "55"}', 1003, 'a text message is {"key": "5"}'),
        (FIRST, "no json", 1003, 'a text message is {"key": "5"}'),
        (FIRST, "[" * 5000, 1003, 'a text message is {"key": "5"}'),
        ("{}", None, 1003, "the first message is"),
        (b"x" * 160, None, 1003, "the first message is"),
        ('{"line": "test", "caller": "+14155550123"}', None, 1003, "the first message is"),
        (FIRST, [QUIET] * 400, 1008, "more than 50 frames a second"),
    ],
)
def test_what_nobody_understands_closes_with_the_reason(
    node: Node, first: str | bytes, then: Any, code: int, reason: str
) -> None:
    node.browsers.start()

    async def use(node: Node) -> None:
        async with node.call() as stream:
            await stream.send(first)
            for message in then if isinstance(then, list) else [then] if then is not None else []:
                await stream.send(message)
            with pytest.raises(ConnectionClosed) as closed:
                await told(stream, "nothing like it")
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == code
        assert reason in closed.value.rcvd.reason

    node.run(use)


def test_without_the_token_there_is_no_call_and_without_media_a_reason(node: Node) -> None:
    async def use(node: Node) -> None:
        with pytest.raises(InvalidStatus):
            async with node.call("wrong") as stream:
                await stream.recv()
        async with node.call() as stream:
            await stream.send(FIRST)
            with pytest.raises(ConnectionClosed) as closed:
                await stream.recv()
        assert closed.value.rcvd is not None
        assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (1013, "the media process is away")

    node.run(use)


def test_a_page_that_stops_reading_holds_up_no_other_call(node: Node) -> None:
    node.media.prompt("hello", tone(8.0))

    def script(event: ev.Event) -> list[act.Action]:
        return [act.Say(id=1, text="hello", language="en")] if isinstance(event, ev.CallStarted) else []

    node.media.script = script
    node.browsers.start()

    async def sends(stream: ClientConnection) -> None:
        while True:
            await stream.send(QUIET)
            await asyncio.sleep(0.02)

    async def use(node: Node) -> None:
        async with node.call() as wedged, node.call() as other:
            for stream in (wedged, other):
                await stream.send(FIRST)
                await told(stream, "answered")
            talking = [asyncio.create_task(sends(stream)) for stream in (wedged, other)]
            # From here on nobody reads `wedged`: what it is sent fills this process's queue and then the sockets.
            wedged.transport.pause_reading()
            times: list[float] = []
            while len(times) < 100:
                if isinstance(await other.recv(), bytes):
                    times.append(time.monotonic())
            for task in talking:
                task.cancel()
            assert max(b - a for a, b in pairwise(times)) < 0.15
            assert times[-1] - times[0] < 99 * 0.02 + 0.15
            wedged.transport.resume_reading()

    node.run(use)
