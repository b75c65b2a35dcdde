"""The caller's profile in the media process: asked while it rings, never waited for."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from ivr import actions as act
from ivr import events as ev
from ivr.flow.models import Flow, Published
from ivr.services.parts import Parts
from ivr.services.server import RequestServer
from tests.call.conftest import Media
from tests.instance import wait_for

KNOWN = {"language": "ko", "last_request": "query_order", "name": "Bob"}


class Profiles:
    """Answers when the test lets it."""

    def __init__(self) -> None:
        self.asked: list[act.Query] = []
        self.free = threading.Event()

    async def answer(self, query: act.Query) -> ev.Queried:
        self.asked.append(query)
        await asyncio.to_thread(self.free.wait, 5)
        return ev.Queried(call=query.call, id=query.id, value=dict(KNOWN))


@contextmanager
def services(state: Path, profiles: Profiles) -> Iterator[RequestServer]:
    (state / "run").mkdir(exist_ok=True)
    server = RequestServer(state / "run" / "services.sock", Parts(profiles=profiles))
    loop = asyncio.new_event_loop()

    task = loop.create_task(server.run())

    def run() -> None:
        with suppress(asyncio.CancelledError):
            loop.run_until_complete(task)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield server
    finally:
        profiles.free.set()
        loop.call_soon_threadsafe(task.cancel)
        thread.join(5)
        loop.close()


def keeping(state: Path, ring_ms: int) -> Media:
    """Media whose flow keeps profiles."""
    media = Media(state, ring_ms=ring_ms)
    flow = Flow.model_validate(
        {
            "flow": "test", "start": "bye", "version": "v2", "profile": {"remember": "always"},
            "nodes": {"bye": {"type": "hangup", "say": "Goodbye."}},
        }
    )  # fmt: skip
    (state / "flows" / "current.json").write_text(Published(version="2", flows={"test": flow}).to_json())
    media.loop.start()
    return media


def events(media: Media, kind: type[ev.Event]) -> list[ev.Event]:
    return [event for session in media.sessions for event in session.events if isinstance(event, kind)]


def test_what_is_known_before_the_answer_is_there_when_the_call_begins(state: Path) -> None:
    profiles = Profiles()
    profiles.free.set()
    with services(state, profiles) as server:
        media = keeping(state, ring_ms=700)
        try:
            wait_for(lambda: server.media_connected, 10.0, "media is connected")
            leg = media.call()
            assert leg.wait_for(lambda _: bool(events(media, ev.CallStarted)), 6)
            assert [one.parameters for one in profiles.asked] == [{"number": "+14155550123"}]
            assert [one.profile for one in events(media, ev.CallStarted) if isinstance(one, ev.CallStarted)] == [KNOWN]
            assert events(media, ev.ProfileLoaded) == []
        finally:
            media.stop()


def test_the_answer_does_not_wait_for_it_and_the_call_is_told_later(state: Path) -> None:
    profiles = Profiles()
    with services(state, profiles) as server:
        media = keeping(state, ring_ms=0)
        try:
            wait_for(lambda: server.media_connected, 10.0, "media is connected")
            leg = media.call()
            assert leg.wait_for(lambda _: bool(events(media, ev.CallStarted)), 6)
            (started,) = events(media, ev.CallStarted)
            assert isinstance(started, ev.CallStarted)
            assert started.profile == {}
            profiles.free.set()
            assert leg.wait_for(lambda _: bool(events(media, ev.ProfileLoaded)), 6)
            (told,) = events(media, ev.ProfileLoaded)
            assert isinstance(told, ev.ProfileLoaded)
            assert told.profile == KNOWN
        finally:
            media.stop()


@pytest.mark.parametrize("caller", ["anonymous", "", "sip:x@y"])
def test_nobody_is_asked_about_a_withheld_number(state: Path, caller: str) -> None:
    profiles = Profiles()
    profiles.free.set()
    with services(state, profiles) as server:
        media = keeping(state, ring_ms=0)
        try:
            wait_for(lambda: server.media_connected, 10.0, "media is connected")
            assert media.call(caller).wait_for(lambda _: bool(events(media, ev.CallStarted)), 6)
            assert profiles.asked == []
        finally:
            media.stop()
