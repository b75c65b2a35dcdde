"""Follows every node's control API while anybody watches: one a web process, shared by all viewers."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import structlog
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from ivr.records import board_rows
from ivr.records.board_rows import NodeRow, QueueRow
from ivr.web.live.board import Board

log = structlog.get_logger("web")
LOOK_S = 2.0
"""Between two looks at the queues and the list of nodes."""
AGAIN_S = 2.0
"""Before a node that is away is tried again."""
SILENT_S = 10.0
"""A node says something every two seconds; one that is silent for so long is away."""
LINGER_S = 15.0
"""Following goes on for so long after the last viewer left: pages are loaded again."""
LARGEST = 32 * 1024 * 1024
"""Bytes of one message: all calls of a node."""


class NodeRefused(Exception):
    """A node did not do what was asked; says why. `status`: of HTTP."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status


class Follower:
    """`watch()` by those who look; everything else happens in its own task on the event loop."""

    def __init__(self, engine: Engine, token: Callable[[], str]) -> None:
        """`token`: the nodes' bearer token, read at each connection; raises OSError."""
        self.board = Board()
        self._engine = engine
        self._token = token
        self._viewers = 0
        self._task: asyncio.Task[None] | None = None
        self._following: dict[str, tuple[str, asyncio.Task[None]]] = {}

    @contextlib.asynccontextmanager
    async def watch(self) -> AsyncIterator[Board]:
        """The board, kept up to date for as long as this lasts."""
        self._viewers += 1
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run(), name="live follower")
        try:
            yield self.board
        finally:
            self._viewers -= 1

    # --- the task -----------------------------------------------------------------------------------------------

    async def _run(self) -> None:
        idle_s = 0.0
        try:
            while idle_s < LINGER_S:
                await self._look()
                await asyncio.sleep(LOOK_S)
                idle_s = 0.0 if self._viewers else idle_s + LOOK_S
        finally:
            for _, task in self._following.values():
                task.cancel()
            self._following.clear()

    async def _look(self) -> None:
        try:
            nodes, queues, resting = await asyncio.to_thread(self._read)
        except SQLAlchemyError:
            self.board.database_away()
            return
        self.board.queued(queues, resting)
        self.board.keep(node.name for node in nodes)
        addresses = {node.name: node.address for node in nodes}
        for name, (address, task) in list(self._following.items()):
            if addresses.get(name) != address:
                task.cancel()
                del self._following[name]
        for name, address in addresses.items():
            if name not in self._following:
                task = asyncio.create_task(self._follow(name, address), name=f"live {name}")
                self._following[name] = (address, task)

    def _read(self) -> tuple[list[NodeRow], list[QueueRow], frozenset[str]]:
        with self._engine.connect() as db:
            return board_rows.node_rows(db), *board_rows.queue_rows(db)

    async def _follow(self, name: str, address: str) -> None:
        """Until cancelled."""
        while True:
            try:
                async with self.stream(address, "/calls") as stream:
                    first = True
                    while True:
                        async with asyncio.timeout(SILENT_S):
                            news = json.loads(await stream.recv())
                        self.board.took(name, news, first=first)
                        first = False
            except (OSError, TimeoutError, WebSocketException, ValueError, KeyError, TypeError) as error:
                self.board.away(name, type(error).__name__)
            await asyncio.sleep(AGAIN_S)

    # --- one node -----------------------------------------------------------------------------------------------

    def stream(self, address: str, path: str) -> "contextlib.AbstractAsyncContextManager[ClientConnection]":
        """A WebSocket of a node. Raises OSError, WebSocketException."""
        return connect(
            f"ws{address.removeprefix('http')}{path}", additional_headers={"Authorization": f"Bearer {self._token()}"},
            proxy=None, open_timeout=5, close_timeout=1, max_size=LARGEST, max_queue=8,
        )  # fmt: skip

    async def order(self, address: str, path: str, body: dict[str, Any]) -> None:
        """A POST to a node. Raises NodeRefused."""
        try:
            headers = {"Authorization": f"Bearer {self._token()}"}
            async with httpx.AsyncClient(trust_env=False, timeout=8, headers=headers) as client:
                answer = await client.post(address + path, json=body)
        except (httpx.HTTPError, OSError) as error:
            raise NodeRefused(503, f"the node does not answer ({type(error).__name__})") from None
        if answer.is_error:
            try:
                why = str(answer.json()["detail"])
            except (ValueError, KeyError, TypeError):
                why = f"the node answered {answer.status_code}"
            raise NodeRefused(answer.status_code if answer.status_code in (404, 409) else 503, why)

    async def place(self, call: str) -> tuple[str, str] | None:
        """(line, address of the control API) of a call that lasts. Raises SQLAlchemyError."""
        seat = self.board.call(call)
        if seat is not None and seat.node in self._following:
            return seat.row["line"], self._following[seat.node][0]
        return await asyncio.to_thread(self._find, call)

    def _find(self, call: str) -> tuple[str, str] | None:
        with self._engine.connect() as db:
            return board_rows.node_of(db, call)
