"""The control API over real HTTP and WebSocket; calls are read from real journals."""

import asyncio
import json
import stat
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from ivr.records.live import LiveJournals
from ivr.services import control
from ivr.services.server import MediaAway
from ivr.wire.messages import ControlDone
from tests.services.waiting import until

OLD = Path(__file__).parent.parent / "data" / "journals" / "format-1.jsonl"
CALL = "0197a0e0-1111-7abc-8def-0123456789ab"


class Api:
    """A running control API; `orders` is what media was told."""

    def __init__(self, state: Path) -> None:
        self.state = state
        self.media_there = self.taking = True
        self.orders: list[tuple[str, str, dict[str, Any]]] = []
        self.token = control.token_of(state)
        self.journals = state / "journals" / "2026-11-23"
        self.journals.mkdir(parents=True)
        (state / "run").mkdir()
        self.url = ""

    async def order(self, command: str, call: str, arguments: dict[str, Any]) -> ControlDone:
        if not self.media_there:
            raise MediaAway("the media process is not connected")
        if command == "status":
            calls = {"calls": [{}], "max_calls": 3, "free_calls": 2 * self.taking, "taking_calls": self.taking}
            return ControlDone(id=1, ok=True, value=calls)
        self.orders.append((command, call, arguments))
        return ControlDone(id=1, ok=call != "gone", value={"done": command}, error="no such call")

    def run(self, use: Callable[[httpx.AsyncClient], Awaitable[None]]) -> None:
        async def main() -> None:
            told = self.state / "run" / "control.json"
            app = control.make_app(
                self.token,
                self.order,
                LiveJournals(self.state / "journals", self.state / "recordings", self.state / "run" / "calls"),
                lambda: {"media_connected": self.media_there},
            )
            server = asyncio.create_task(control.serve(app, "127.0.0.1", 0, told))
            await until(told.exists)
            self.url = json.loads(told.read_text())["url"]
            headers = {"Authorization": f"Bearer {self.token}"}
            async with httpx.AsyncClient(base_url=self.url, headers=headers, trust_env=False) as client:
                async with asyncio.timeout(20):
                    await use(client)
            server.cancel()
            await asyncio.gather(server, return_exceptions=True)
            assert not told.exists()

        asyncio.run(main())

    def follow(self, call: str, token: str | None = None) -> Any:
        headers = {"Authorization": f"Bearer {token or self.token}"}
        return connect(f"{self.url.replace('http', 'ws')}/calls/{call}/journal", additional_headers=headers, proxy=None)


@pytest.fixture
def api(tmp_path: Path) -> Api:
    return Api(tmp_path)


def test_the_token_is_made_once_kept_private_and_can_be_set(tmp_path: Path) -> None:
    token = control.token_of(tmp_path)
    path = tmp_path / "secrets" / "control.token"
    assert control.token_of(tmp_path) == token == path.read_text().strip()
    assert len(token) >= 32
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert control.token_of(tmp_path, "mine") == "mine" == path.read_text().strip()


def test_nothing_is_told_or_done_without_the_token(api: Api) -> None:
    async def use(client: httpx.AsyncClient) -> None:
        asked = [("GET", "/status"), ("GET", "/calls"), ("POST", "/drain"), ("POST", f"/calls/{CALL}/hang_up")]
        for wrong in ("", "Bearer wrong", f"Basic {api.token}", api.token):
            for method, path in asked:
                answer = await client.request(method, path, headers={"Authorization": wrong})
                assert answer.status_code == 401, (wrong, path)
        with pytest.raises((ConnectionClosed, InvalidStatus)):
            async with api.follow(CALL, "wrong") as stream:
                await stream.recv()
        assert api.orders == []
        assert (await client.get("/openapi.json")).status_code == 404

    api.run(use)


def test_orders_reach_media_and_its_refusals_come_back(api: Api) -> None:
    async def use(client: httpx.AsyncClient) -> None:
        assert (await client.post(f"/calls/{CALL}/hang_up")).json() == {"done": "hang_up"}
        await client.post(f"/calls/{CALL}/transfer", json={"to": "agents"})
        await client.post("/drain")
        await client.post("/undrain")
        assert api.orders == [
            ("hang_up", CALL, {}),
            ("transfer", CALL, {"to": "agents"}),
            ("drain", "", {}),
            ("undrain", "", {}),
        ]
        assert (await client.post("/calls/gone/hang_up")).status_code == 404
        assert (await client.post(f"/calls/{CALL}/transfer", json={})).status_code == 422
        api.media_there = False
        assert (await client.post("/drain")).status_code == 503
        assert "not connected" in (await client.get("/status")).json()["media"]["error"]

    api.run(use)


def test_health_and_metrics_need_no_token_and_carry_no_caller(api: Api) -> None:
    (api.journals / f"{CALL}.jsonl").write_bytes(OLD.read_bytes().splitlines(keepends=True)[0])

    async def use(client: httpx.AsyncClient) -> None:
        client.headers.clear()
        assert (await client.get("/healthz")).status_code == 200
        assert (await client.get("/live")).status_code == 200
        ready = await client.get("/ready")
        assert (ready.status_code, ready.json()["free_calls"]) == (200, 2)
        api.taking = False  # drained: alive, not ready
        assert (await client.get("/ready")).status_code == 503
        metrics = (await client.get("/metrics")).text
        assert "ivr_services_requests" in metrics
        assert "+1415" not in metrics
        api.media_there = False
        assert (await client.get("/healthz")).status_code == 503
        assert (await client.get("/ready")).status_code == 503
        assert (await client.get("/live")).status_code == 200

    api.run(use)


def test_calls_that_last_are_listed_from_their_journals(api: Api) -> None:
    lines = OLD.read_bytes().splitlines(keepends=True)
    path = api.journals / f"{CALL}.jsonl"
    path.write_bytes(b"".join(lines[:30]))

    async def use(client: httpx.AsyncClient) -> None:
        (call,) = (await client.get("/calls")).json()
        assert (call["id"], call["at_node"], call["caller"]) == (CALL, "which_order", "+14155550123")
        path.write_bytes(b"".join(lines))
        assert (await client.get("/calls")).json() == []

    api.run(use)


def test_a_journal_is_followed_while_it_grows_until_it_is_closed(api: Api) -> None:
    lines = OLD.read_bytes().splitlines(keepends=True)
    path = api.journals / f"{CALL}.jsonl"
    path.write_bytes(b"".join(lines[:10]) + lines[10][:20])

    async def use(client: httpx.AsyncClient) -> None:
        async with api.follow(CALL) as stream:
            seen = [await stream.recv() for _ in range(10)]
            with path.open("ab") as file:
                file.write(lines[10][20:] + b"".join(lines[11:]))
            seen += [line async for line in stream]
        assert [json.loads(line)["seq"] for line in seen] == list(range(1, 56))

    api.run(use)


@pytest.mark.parametrize("call", ["0197a0e0-1111-7abc-8def-000000000000", "..%2f..%2fsecrets%2fcontrol", "*"])
def test_a_call_that_is_not_there_has_no_journal(api: Api, call: str) -> None:
    async def use(client: httpx.AsyncClient) -> None:
        with pytest.raises((ConnectionClosed, InvalidStatus)):
            async with api.follow(call) as stream:
                await stream.recv()

    api.run(use)
