import asyncio
import multiprocessing
import os
import selectors
import socket
import struct
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ivr.actions import Query
from ivr.events import Heard, Hypothesis, Queried
from ivr.wire.framing import FramingError, Unframer, frame
from ivr.wire.messages import (
    FromRecognizer,
    FromServices,
    RecognizerHello,
    StreamAudio,
    StreamStart,
    Synthesize,
    Synthesized,
    ToRecognizer,
    ToServices,
)
from ivr.wire.sockets import Link, Listener, bind
from ivr.wire.streams import Connection, connect, listen

START = StreamStart(call="c", id=1, slot=0, from_t=10, language="en", hints=["coffee"])


class Loop:
    """A selector loop as media has one."""

    def __init__(self) -> None:
        self.selector = selectors.DefaultSelector()

    def until(self, condition: Callable[[], Any], links: tuple[Link[Any], ...] = (), seconds: float = 10) -> None:
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end, "it did not happen"
            wanted = [at for link in links if (at := link.tick(time.monotonic())) is not None]
            timeout = max(0.0, min([*wanted, end]) - time.monotonic())
            for key, mask in self.selector.select(min(timeout, 0.2)):
                key.data.ready(mask)


@pytest.fixture
def loop() -> Iterator[Loop]:
    loop = Loop()
    yield loop
    loop.selector.close()


@pytest.mark.parametrize("size", [1, 3, 5, 1000])
def test_messages_come_whole_however_they_are_cut(size: int) -> None:
    heard = Heard(call="c", id=2, hypotheses=[Hypothesis(text="네 한국어", score=-1.5, slots={"a": "b"})])
    data = frame(heard) + frame(RecognizerHello(pid=1, languages={"en": ["vosk"]})) + frame(heard)
    unframer: Unframer[FromRecognizer] = Unframer(FromRecognizer)
    messages = [m for at in range(0, len(data), size) for m in unframer.feed(data[at : at + size])]
    assert messages == [heard, RecognizerHello(pid=1, languages={"en": ["vosk"]}), heard]


@pytest.mark.parametrize(
    "data",
    [
        struct.pack(">I", 2**31) + b"x",
        struct.pack(">I", 3) + b"\xff\xff\xff",
        frame(RecognizerHello(pid=1, languages={})),  # theirs, not ours
    ],
)
def test_what_is_no_message_is_refused(data: bytes) -> None:
    with pytest.raises(FramingError):
        Unframer(ToRecognizer).feed(data)


def _echo_recognizer(path: Path, fail_after: int) -> None:
    """A process that answers each StreamStart with Heard, and dies after `fail_after` messages."""
    loop, seen = Loop(), 0

    def accepted(connection: socket.socket) -> None:
        def came(message: ToRecognizer) -> None:
            nonlocal seen
            seen += 1
            if seen >= fail_after:
                os._exit(1)
            link.send(Heard(call=message.call, id=message.id, engine=str(os.getpid())))

        link: Link[ToRecognizer] = Link(loop.selector, ToRecognizer, came, connection=connection)
        link.send(RecognizerHello(pid=os.getpid(), languages={}))

    Listener(loop.selector, path, accepted)
    loop.until(lambda: False, seconds=60)


def test_link_connects_again_to_a_process_that_died(tmp_path: Path, loop: Loop) -> None:
    path = tmp_path / "r.sock"
    came: list[FromRecognizer] = []
    downs: list[str] = []
    link: Link[FromRecognizer] = Link(loop.selector, FromRecognizer, came.append, on_down=downs.append, path=path)
    context = multiprocessing.get_context("spawn")
    first = context.Process(target=_echo_recognizer, args=(path, 2))
    first.start()
    second = context.Process(target=_echo_recognizer, args=(path, 1000))
    try:
        loop.until(lambda: link.connected and came, (link,), 30)
        assert came == [RecognizerHello(pid=first.pid or 0, languages={})]
        assert link.send(START)
        loop.until(lambda: len(came) == 2, (link,))
        assert link.send(START)
        loop.until(lambda: downs, (link,))
        assert not link.connected
        assert not link.send(START)
        second.start()
        loop.until(lambda: len(came) == 3, (link,), 30)
        assert came[2] == RecognizerHello(pid=second.pid or 0, languages={})
        assert link.send(START)
        loop.until(lambda: len(came) == 4, (link,))
        assert isinstance(came[3], Heard)
        assert came[3].engine == str(second.pid)
    finally:
        link.close()
        for process in (first, second):
            if process.pid is not None:
                process.kill()
                process.join(10)


def pair(loop: Loop, came: list[ToRecognizer], downs: list[str], queue_bytes: int) -> tuple[Link[Any], Link[Any]]:
    a, b = socket.socketpair()
    sender: Link[Any] = Link(
        loop.selector, FromRecognizer, lambda m: None, on_down=downs.append, connection=a, queue_bytes=queue_bytes
    )
    return sender, Link(loop.selector, ToRecognizer, came.append, connection=b)


def test_much_is_sent_in_pieces_and_in_order(loop: Loop) -> None:
    came: list[Any] = []
    downs: list[str] = []
    sender, receiver = pair(loop, came, downs, 64_000_000)
    messages = [StreamStart(call="c", id=n, slot=0, from_t=0, language="x" * 50_000) for n in range(100)]
    for message in messages:
        assert sender.send(message)
    assert sender.waiting_bytes > 1_000_000, "the kernel does not take it at once"
    loop.until(lambda: len(came) == 100)
    assert came == messages
    assert (sender.waiting_bytes, downs) == (0, [])
    sender.close()
    receiver.close()


def test_a_side_that_does_not_read_is_dropped(loop: Loop) -> None:
    downs: list[str] = []
    sender, receiver = pair(loop, [], downs, 1_000_000)
    sent = 0
    while sender.send(StreamAudio(call="c" * 10_000, id=1, until_t=sent)):
        sent += 1
        assert sent < 1000
    assert downs == ["it does not read"]
    assert not sender.connected
    receiver.close()


def test_broken_bytes_end_one_connection_only(tmp_path: Path, loop: Loop) -> None:
    came: list[Any] = []
    downs: list[str] = []
    links: list[Link[Any]] = []

    def accepted(connection: socket.socket) -> None:
        links.append(Link(loop.selector, ToRecognizer, came.append, on_down=downs.append, connection=connection))

    listener = Listener(loop.selector, tmp_path / "s.sock", accepted)
    with socket.socket(socket.AF_UNIX) as stranger:
        stranger.connect(str(tmp_path / "s.sock"))
        stranger.sendall(b"GET / HTTP/1.1\r\n\r\n")
        loop.until(lambda: downs)
    assert "does not speak our messages" in downs[0]
    friend: Link[Any] = Link(loop.selector, FromRecognizer, lambda m: None, path=tmp_path / "s.sock")
    friend.tick(0.0)
    friend.send(START)
    loop.until(lambda: came)
    assert came == [START]
    assert (tmp_path / "s.sock").stat().st_mode & 0o777 == 0o600
    listener.close()
    for link in [*links, friend]:
        link.close()


def test_waits_grow_and_stay_bounded(tmp_path: Path, loop: Loop) -> None:
    link: Link[Any] = Link(loop.selector, FromRecognizer, lambda m: None, path=tmp_path / "nobody")
    now, waits = 100.0, []
    for _ in range(8):
        at = link.tick(now)
        assert at is not None
        assert link.tick((now + at) / 2) == at, "not before its time"
        waits.append(round(at - now, 3))
        now = at
    assert waits == [0.05, 0.1, 0.2, 0.4, 0.8, 1.0, 1.0, 1.0]


def test_a_dead_socket_is_replaced_and_a_living_one_is_not(tmp_path: Path) -> None:
    path = tmp_path / "s.sock"
    bind(path).close()  # leaves its file, as a killed process does
    server = bind(path)
    with pytest.raises(OSError, match="another process listens"):
        bind(path)
    server.close()


def test_asyncio_side_talks_with_the_selector_side(tmp_path: Path, loop: Loop) -> None:
    """Services answer; media asks without ever waiting."""
    came: list[Any] = []

    async def services() -> None:
        served = asyncio.Event()

        async def serve(connection: Connection[ToServices]) -> None:
            async for message in connection:
                assert isinstance(message, Query)
                await connection.send(Queried(call=message.call, id=message.id, value={"status": "shipped"}))
            served.set()

        server = await listen(tmp_path / "services.sock", ToServices, serve)
        async with server:
            link: Link[Any] = Link(loop.selector, FromServices, came.append, path=tmp_path / "services.sock")

            def media() -> None:
                loop.until(lambda: link.connected, (link,))
                for n in range(3):
                    link.send(Query(call="c", id=n, node="lookup", kind="sql", request={"statement": "select 1"}))
                loop.until(lambda: len(came) == 3, (link,))
                link.close()

            await asyncio.to_thread(media)
            await asyncio.wait_for(served.wait(), 10)

    asyncio.run(services())
    assert [m.id for m in came] == [0, 1, 2]
    assert came[0].value == {"status": "shipped"}


def test_asyncio_both_sides_and_a_broken_peer(tmp_path: Path) -> None:
    async def run() -> None:
        broken: list[str] = []
        done = asyncio.Event()

        async def serve(connection: Connection[ToServices]) -> None:
            async for message in connection:
                assert isinstance(message, Synthesize)
                connection.post(Synthesized(call=message.call, id=message.id, pcm=b"\1\2" * 100_000))
            broken.append(connection.broken)
            if len(broken) == 2:
                done.set()

        async with await listen(tmp_path / "s.sock", ToServices, serve):
            connection = await connect(tmp_path / "s.sock", FromServices)
            connection.post(Synthesize(call="c", id=7, text="hello", language="en"))
            async for answer in connection:
                assert answer == Synthesized(call="c", id=7, pcm=b"\1\2" * 100_000)
                break
            await connection.close()
            assert not connection.post(Synthesize(call="c", id=8, text="late", language="en"))
            _, writer = await asyncio.open_unix_connection(str(tmp_path / "s.sock"))
            writer.write(struct.pack(">I", 1) + b"\xc1")
            await asyncio.wait_for(done.wait(), 10)
            writer.close()
        assert sorted(map(bool, broken)) == [False, True]

    asyncio.run(run())
