"""Nodes as the pages meet them: the real control API on a real port, over journals and recordings that tests write."""

import asyncio
import contextlib
import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import Engine, delete

from ivr import actions as a
from ivr import events as e
from ivr import journal as j
from ivr.records import nodes, tables
from ivr.records.live import LiveJournals
from ivr.services import control
from ivr.services.server import MediaAway
from ivr.wire.messages import ControlDone
from tests.instance import wait_for

TOKEN = "the-nodes-token"
HEADER = 44


class Node:
    """One machine; `orders`: what its media was told."""

    def __init__(self, name: str, folder: Path) -> None:
        self.name, self.folder = name, folder
        self.orders: list[tuple[str, str, dict[str, Any]]] = []
        self.media_there = True
        self.step = 0
        self.url = ""
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._task: asyncio.Task[None] | None = None
        self._seqs: dict[str, int] = {}
        self.port = 0
        for part in ("journals/2026-11-30", "recordings/2026-11-30", "run/calls"):
            (folder / part).mkdir(parents=True)

    async def _order(self, command: str, call: str, arguments: dict[str, Any]) -> ControlDone:
        if not self.media_there:
            raise MediaAway("the media process is not connected")
        if command == "status":
            figures = {"ladder_step": self.step}
            value = {"calls": [], "max_calls": 40, "free_calls": 39, "draining": False, "figures": figures}
            return ControlDone(id=1, ok=True, value=value)
        self.orders.append((command, call, arguments))
        there = (self.folder / "run/calls" / call).exists()
        return ControlDone(id=1, ok=there, value=None, error="" if there else "no such call")

    def start(self, engine: Engine) -> "Node":
        """Answers, and is on the list of nodes."""
        told = self.folder / "run" / "control.json"
        live = LiveJournals(self.folder / "journals", self.folder / "recordings", self.folder / "run" / "calls")
        app = control.make_app(TOKEN, self._order, live, lambda: {"node": self.name})

        async def main() -> None:
            self._loop, self._task = asyncio.get_running_loop(), asyncio.current_task()
            await control.serve(app, "127.0.0.1", self.port, told)

        def run() -> None:
            with contextlib.suppress(asyncio.CancelledError):
                asyncio.run(main())

        self._thread = threading.Thread(target=run, daemon=True)
        self._thread.start()
        wait_for(told.exists, 10, "the node answers")
        self.url = json.loads(told.read_text())["url"]
        self.port = int(self.url.rpartition(":")[2])
        nodes.beat(engine, {"name": self.name, "address": self.url, "live_calls": 0, "max_calls": 40})
        return self

    def stop(self) -> None:
        """It does not answer any more."""
        if self._thread is not None and self._loop is not None and self._task is not None:
            self._loop.call_soon_threadsafe(self._task.cancel)
            self._thread.join(10)
            self._thread = None

    # --- calls --------------------------------------------------------------------------------------------------

    def journal(self, call: str) -> Path:
        return self.folder / "journals/2026-11-30" / f"{call}.jsonl"

    def write(self, call: str, *entries: j.Entry) -> None:
        """Next lines of its journal."""
        from msgspec.structs import replace

        with self.journal(call).open("ab") as file:
            for entry in entries:
                self._seqs[call] = self._seqs.get(call, 0) + 1
                file.write(j.encode(replace(entry, call=call, seq=self._seqs[call])) + b"\n")

    def call(self, line: str = "orders", caller: str = "+14155550123", said: str = "") -> str:
        """A call that lasts; its id."""
        call = str(uuid4())
        path = self.journal(call)
        self.write(
            call,
            j.Opened(at="2026-11-30T18:00:00.000Z", node=self.name, caller=caller, line=line, flow="orders"),
            j.CallAnswered(at="2026-11-30T18:00:01.000Z", codec="PCMU"),
            a.NodeEntered(flow="orders", node="welcome", node_type="menu"),
            a.Say(id=1, text="How can I help?", language="en"),
        )
        (self.folder / "run/calls" / call).write_text(str(path.relative_to(self.folder / "journals")))
        if said:
            self.write(call, a.Answered(turn=1, node="welcome", text=said))
        return call

    def hears(self, call: str) -> Path:
        """Consent stands; its recording."""
        path = f"2026-11-30/{call}.wav"
        self.write(call, a.StartRecording(), j.RecordingStarted(path=path))
        (self.folder / "recordings" / path).write_bytes(bytes(HEADER))
        return self.folder / "recordings" / path

    def over(self, call: str) -> None:
        """The call ends."""
        self.write(call, e.HungUp(), j.Closed(at="2026-11-30T18:05:00.000Z", reason="bye"))
        (self.folder / "run/calls" / call).unlink()


@pytest.fixture
def new_node(site: Any, tmp_path: Path) -> Iterator[Callable[[str], Node]]:
    """`new_node("a")`: a node that answers, gone with the test."""
    made: list[Node] = []

    def make(name: str) -> Node:
        made.append(Node(name, tmp_path / name).start(site.engine))
        return made[-1]

    yield make
    for node in made:
        node.stop()
    with site.engine.begin() as db:
        db.execute(delete(tables.nodes))
