"""Calls as they change and their sound, over a real WebSocket, from real journals and recordings."""

import asyncio
import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from ivr import actions as a
from ivr import events as e
from ivr import journal as j
from ivr.call.wav import Recording
from ivr.records.live_call import LiveCall
from tests.services.test_control import CALL, OLD, Api, api

__all__ = ["api"]
LOUD, QUIET = bytes([0, 16]) * 160, bytes(320)


def stream(api: Api, path: str, token: str = "") -> Any:
    headers = {"Authorization": f"Bearer {token or api.token}"}
    return connect(f"{api.url.replace('http', 'ws')}{path}", additional_headers=headers, proxy=None)


def begun(api: Api) -> Path:
    """A call that lasts, with a marker as media writes it; its journal."""
    path = api.journals / f"{CALL}.jsonl"
    path.write_bytes(b"".join(OLD.read_bytes().splitlines(keepends=True)[:10]))
    markers = api.state / "run" / "calls"
    markers.mkdir()
    (markers / CALL).write_text(f"{path.parent.name}/{path.name}")
    return path


def test_calls_are_told_as_they_change_and_when_they_are_gone(api: Api) -> None:
    async def use(_: httpx.AsyncClient) -> None:
        path = begun(api)
        async with stream(api, "/calls") as told:
            first = json.loads(await told.recv())
            assert [(it["id"], it["at_node"], it["kept"]) for it in first["calls"]] == [(CALL, "welcome", True)]
            assert first["media"]["max_calls"] == 3
            assert "slots" not in first["calls"][0]
            with path.open("ab") as file:
                file.write(b"".join(OLD.read_bytes().splitlines(keepends=True)[10:40]))
            while not (news := json.loads(await told.recv()))["calls"]:
                pass
            assert news["calls"][0]["said_by"] in ("caller", "line")
            with path.open("ab") as file:
                file.write(b"".join(OLD.read_bytes().splitlines(keepends=True)[40:]))
            (api.state / "run" / "calls" / CALL).unlink()
            while not (news := json.loads(await told.recv()))["gone"]:
                pass
            assert news["gone"] == [CALL]
            api.media_there = False
            while "media" not in (news := json.loads(await told.recv())):
                pass
            assert news["media"] is None

    api.run(use)


def test_the_sound_is_what_is_kept_and_nothing_else(api: Api) -> None:
    """From a recording as media's writer makes it: loud, a stretch that is not kept, loud again."""

    async def use(_: httpx.AsyncClient) -> None:
        path = begun(api)
        recording = Recording(api.state / "recordings" / f"2026-11-23/{CALL}.wav")
        recording.put(40, LOUD * 50, QUIET * 50)
        heard = bytearray()
        async with stream(api, f"/calls/{CALL}/sound") as told:
            heard += await told.recv()
            assert len(heard) == 16_000, "half a second that is there already"
            recording.put(90, QUIET * 25, LOUD * 25)
            while len(heard) < 32_000:
                heard += await told.recv()
            before = len(heard)
            recording.put(900, LOUD * 25, QUIET * 25)  # 15 s were not kept
            heard += await told.recv()
            assert len(heard) - before == 16_000, "the hole is passed over"
            with path.open("ab") as file:
                file.write(j.encode(j.Closed(call=CALL, seq=11)) + b"\n")
            await told.wait_closed()
            assert told.close_code == 1000
        left = bytes(heard[:16_000])
        assert left[:4] == LOUD[:2] + QUIET[:2], "caller left, line right"
        assert bytes(heard[16_000:16_004]) == QUIET[:2] + LOUD[:2]
        recording.close()

    api.run(use)


def test_before_consent_nothing_is_heard(api: Api) -> None:
    async def use(_: httpx.AsyncClient) -> None:
        path = begun(api)
        path.write_bytes(b"".join(OLD.read_bytes().splitlines(keepends=True)[:8]))
        async with stream(api, f"/calls/{CALL}/sound") as told:
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(1.5):
                    await told.recv()

    api.run(use)


@pytest.mark.parametrize("path", ["/calls", f"/calls/{CALL}/sound", "/calls/nobody/sound"])
def test_nothing_is_streamed_without_the_token_or_of_no_call(api: Api, path: str) -> None:
    async def use(_: httpx.AsyncClient) -> None:
        with pytest.raises((ConnectionClosed, InvalidStatus)):
            async with stream(api, path, "wrong") as told:
                await told.recv()
        if path != "/calls":
            with pytest.raises(ConnectionClosed):
                async with stream(api, path) as told:
                    await told.recv()

    api.run(use)


def test_what_was_said_last_and_whether_sound_is_kept() -> None:
    call = LiveCall(CALL)
    seen = []
    for entry in (
        a.Say(id=1, text="How can I help?", language="en"), a.StartRecording(), e.Partial(id=2, text="where is"),
        e.Heard(id=2, hypotheses=[e.Hypothesis(text="where is my order")]), e.Heard(id=3),
        a.StopRecording(why="sensitive"), a.KeysTaken(node="pin", keys="***", sensitive=True),
        e.Queued(id=4, position=3), e.TransferDone(id=4),
    ):  # fmt: skip
        call.add(entry)
        told = call.shown()
        seen.append((told["said_by"], told["said"], told["kept"], told["position"]))
    assert seen == [
        ("line", "How can I help?", False, 0),
        ("line", "How can I help?", True, 0),
        ("caller", "where is", True, 0),
        ("caller", "where is my order", True, 0),
        ("caller", "where is my order", True, 0),
        ("caller", "where is my order", False, 0),
        ("caller", "***", False, 0),
        ("caller", "***", False, 3),
        ("caller", "***", False, 0),
    ]
