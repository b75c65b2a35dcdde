"""The requests of media over a real Unix socket; the parts behind are stand-ins."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from ivr.actions import Cancel, ParseField, Query, Understand
from ivr.events import FieldParsed, Hypothesis, IntentScore, Queried, Understood
from ivr.services.fields import parse_field
from ivr.services.parts import Parts
from ivr.services.server import LATE_S, MediaAway, RequestServer
from ivr.wire.messages import (
    Control,
    ControlDone,
    FlowsPublished,
    FromServices,
    MediaHello,
    PromptCached,
    Synthesize,
    Synthesized,
)
from ivr.wire.streams import Connection, connect
from tests.services.waiting import until

HEARD = [Hypothesis("four five six seven", confidence=0.9)]


class Understander:
    """Answers at once, raises, or waits for its gate, by the flow's name."""

    def __init__(self) -> None:
        self.gate = asyncio.Event()
        self.asked: list[int] = []
        self.cancelled: list[int] = []

    async def parse(self, request: Understand) -> Understood:
        self.asked.append(request.id)
        if request.flow == "broken":
            raise RuntimeError("what the caller said: secretword")
        if request.flow == "slow":
            try:
                await self.gate.wait()
            except asyncio.CancelledError:
                self.cancelled.append(request.id)
                raise
        return Understood(call=request.call, id=request.id, intents=[IntentScore("x", 0.9)], source="builtin")


class Querier:
    def __init__(self) -> None:
        self.gate = asyncio.Event()
        self.done: list[int] = []

    async def answer(self, query: Query) -> Queried:
        if query.changes:
            await self.gate.wait()
        self.done.append(query.id)
        return Queried(call=query.call, id=query.id, value={"a": 1})


class Speaker:
    async def speak(self, message: Synthesize, tell: object = None) -> Synthesized:
        return Synthesized(call=message.call, id=message.id, path="/p.raw", sources=["piper"])


class Media:
    """Media's end of the connection."""

    def __init__(self, connection: Connection[Any]) -> None:
        self.post, self.close = connection.post, connection.close
        self.messages = aiter(connection)


def talk(folder: Path, use: Callable[[RequestServer, Media], Awaitable[None]], parts: Parts) -> None:
    """Runs the server and one connection of media."""

    async def main() -> None:
        path = folder / "services.sock"
        server = RequestServer(path, parts)
        running = asyncio.create_task(server.run())
        await until(path.exists)
        media = Media(await connect(path, FromServices))
        try:
            async with asyncio.timeout(20):
                await use(server, media)
        finally:
            await media.close()
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)

    asyncio.run(main())


async def answer(media: Media) -> Any:
    """The next message that services sent."""
    return await anext(media.messages)


def understand(number: int, flow: str = "f", deadline_s: float = 0.4) -> Understand:
    return Understand(
        call="c", id=number, flow=flow, version="v", language="en", hypotheses=HEARD, deadline_s=deadline_s
    )


def test_each_kind_of_request_is_answered_with_its_call_and_id(tmp_path: Path) -> None:
    parts = Parts(Understander(), parse_field, Querier(), Speaker())

    async def use(server: RequestServer, media: Media) -> None:
        media.post(understand(1))
        assert (await answer(media)).id == 1
        media.post(ParseField(call="c", id=2, field="digits", language="en", hypotheses=HEARD, options={"length": "4"}))
        parsed = await answer(media)
        assert isinstance(parsed, FieldParsed)
        assert (parsed.id, parsed.values[0]) == (2, "4567")
        assert 0.5 < parsed.confidences[0] <= 0.9  # not surer than the hearing was
        media.post(Query(call="c", id=3, node="n", kind="sql", request={}))
        assert (await answer(media)) == Queried(call="c", id=3, value={"a": 1})
        media.post(Synthesize(call="c", id=4, text="hello", language="en"))
        assert (await answer(media)).path == "/p.raw"

    talk(tmp_path, use, parts)


def test_a_part_that_fails_is_answered_for_and_the_others_go_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async def use(server: RequestServer, media: Media) -> None:
        media.post(understand(1, "broken"))
        failed = await answer(media)
        assert (failed.id, failed.source, failed.why) == (1, "none", "RuntimeError")
        media.post(ParseField(call="c", id=2, field="no such field", language="en", hypotheses=HEARD))
        assert (await answer(media)) == FieldParsed(call="c", id=2)
        media.post(understand(3))
        assert (await answer(media)).source == "builtin"

    talk(tmp_path, use, Parts(Understander(), parse_field))
    told = capsys.readouterr()
    assert "a request failed" in told.out + told.err
    assert "secretword" not in told.out + told.err


def test_what_is_not_there_is_answered_as_failed(tmp_path: Path) -> None:
    async def use(server: RequestServer, media: Media) -> None:
        media.post(understand(1))
        media.post(Query(call="c", id=2, node="n", kind="sql", request={}))
        media.post(Synthesize(call="c", id=3, text="x", language="en"))
        media.post(ParseField(call="c", id=4, field="digits", language="en", hypotheses=HEARD))
        answers = {a.id: a for a in [await answer(media) for _ in range(4)]}
        assert answers[1].source == "none"
        assert answers[2].status == "error"
        assert (answers[3].path, answers[3].reason) == ("", "not there")
        assert answers[4].values == []

    talk(tmp_path, use, Parts())


def test_one_that_hangs_holds_up_nobody_and_is_given_up(tmp_path: Path) -> None:
    understander = Understander()

    async def use(server: RequestServer, media: Media) -> None:
        media.post(understand(1, "slow", deadline_s=0.1 - LATE_S))
        media.post(understand(2))
        assert (await answer(media)).id == 2
        late = await answer(media)
        assert (late.id, late.why) == (1, "late")

    talk(tmp_path, use, Parts(understander))


def test_what_is_taken_back_is_not_answered(tmp_path: Path) -> None:
    understander = Understander()

    async def use(server: RequestServer, media: Media) -> None:
        media.post(understand(1, "slow"))
        await until(lambda: understander.asked)
        media.post(Cancel(call="c", id=1))
        media.post(understand(2))
        assert (await answer(media)).id == 2
        assert understander.cancelled == [1]

    talk(tmp_path, use, Parts(understander))


def test_a_change_goes_on_when_it_is_taken_back_and_when_media_dies(tmp_path: Path) -> None:
    querier = Querier()

    async def use(server: RequestServer, media: Media) -> None:
        media.post(Query(call="c", id=1, node="n", kind="sql", request={}, changes=True))
        media.post(Cancel(call="c", id=1))
        media.post(Query(call="c", id=2, node="n", kind="sql", request={}))
        assert (await answer(media)).id == 2
        await media.close()
        await asyncio.sleep(0)
        querier.gate.set()
        await until(lambda: 1 in querier.done)

    talk(tmp_path, use, Parts(querier=querier))


def test_media_is_told_of_the_flows_whenever_it_connects_and_of_prompts(tmp_path: Path) -> None:
    async def use(server: RequestServer, media: Media) -> None:
        server.publish(FlowsPublished(path="/f.json", version="1"))
        media.post(MediaHello(pid=1, max_calls=10))
        assert (await answer(media)) == FlowsPublished(path="/f.json", version="1")
        server.tell(PromptCached(key="k", path="/k.raw"))
        assert (await answer(media)).key == "k"

    talk(tmp_path, use, Parts())


def test_an_order_goes_to_media_and_its_answer_comes_back(tmp_path: Path) -> None:
    async def use(server: RequestServer, media: Media) -> None:
        with pytest.raises(MediaAway):
            await server.control("status")
        media.post(MediaHello(pid=1, max_calls=10))
        await until(lambda: server.media_connected)
        asked = asyncio.create_task(server.control("hang_up", "c7"))
        order = await answer(media)
        assert isinstance(order, Control)
        assert (order.command, order.call) == ("hang_up", "c7")
        media.post(ControlDone(id=order.id, ok=True, value=5))
        assert (await asked).value == 5

    talk(tmp_path, use, Parts())


def test_a_peer_that_speaks_something_else_is_dropped_alone(tmp_path: Path) -> None:
    async def use(server: RequestServer, media: Media) -> None:
        reader, writer = await asyncio.open_unix_connection(str(tmp_path / "services.sock"))
        writer.write(b"GET / HTTP/1.1\r\n\r\n" * 10)
        assert await reader.read() == b""
        writer.close()
        media.post(understand(1))
        assert (await answer(media)).id == 1

    talk(tmp_path, use, Parts(Understander()))


def test_who_asks_while_parts_are_still_loaded_waits_for_them_within_the_deadline(tmp_path: Path) -> None:
    parts = Parts(late={"understander": lambda: None})

    async def use(server: RequestServer, media: Media) -> None:
        media.post(understand(1, deadline_s=0.05))
        early = await answer(media)
        assert (early.id, early.source, early.why) == (1, "none", "not there")
        media.post(understand(2, deadline_s=10))
        await asyncio.sleep(0.05)
        parts.understander = Understander()
        parts.built.set()
        assert (await answer(media)).source == "builtin"

    talk(tmp_path, use, parts)
