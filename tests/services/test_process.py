"""`ivr services` as a process: killed in mid-call, started again, without its database."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from ivr.actions import ParseField, Query
from ivr.events import Hypothesis
from ivr.wire.messages import FromServices, MediaHello
from ivr.wire.streams import connect
from tests.embedded_postgres import Server
from tests.services.waiting import until

pytestmark = [pytest.mark.postgres, pytest.mark.slow]

ROOT = Path(__file__).parent.parent.parent
OLD = Path(__file__).parent.parent / "data" / "journals" / "format-1.jsonl"
CALL = "0197a0e0-1111-7abc-8def-0123456789ab"


class Services:
    """`ivr services` on a state folder, without speech engines: they are others' tests."""

    def __init__(self, state: Path, **settings: str) -> None:
        self.state = state
        kept = {k: v for k, v in os.environ.items() if not k.startswith("IVR_") and k != "DATABASE_URL"}
        self.environment = {
            **kept,
            "IVR_STATE": str(state),
            "IVR_FLOWS": str(ROOT / "flows"),
            "IVR_NLU_RASA": "off",
            "IVR_TTS_ENGINES": '{"en": [], "ko": []}',
            "IVR_NODE": "here",
            **settings,
        }
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with (self.state / "services.log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "ivr", "services"], env=self.environment, cwd=ROOT, stdout=log, stderr=log
            )

    def stop(self, number: int = signal.SIGTERM) -> int:
        assert self.process is not None
        self.process.send_signal(number)
        return self.process.wait(20)

    def told(self) -> dict[str, Any]:
        """run/control.json of this very process."""
        try:
            value = json.loads((self.state / "run" / "control.json").read_text())
        except (OSError, ValueError):
            return {}
        assert self.process is not None
        return value if value.get("pid") == self.process.pid else {}

    def status(self) -> dict[str, Any]:
        wait(self.told, self)
        token = (self.state / "secrets" / "control.token").read_text().strip()
        answer = httpx.get(
            self.told()["url"] + "/status", headers={"Authorization": f"Bearer {token}"}, timeout=10, trust_env=False
        )
        value = answer.json()
        assert isinstance(value, dict)
        return value


def wait(what: Callable[[], Any], services: Services, seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, (services.state / "services.log").read_text()[-3000:]
        time.sleep(0.05)


@pytest.fixture
def state() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="ivr-test-") as folder:
        Path(folder).chmod(0o711)
        yield Path(folder)


def count(url: str) -> int:
    try:
        with psycopg.connect(url) as connection:
            row = connection.execute("select count(*) from ivr.journal").fetchone()
    except psycopg.errors.UndefinedTable:
        return 0
    return int(row[0]) if row else 0


def test_killed_in_mid_call_it_goes_on_with_the_call_s_record(state: Path) -> None:
    lines = OLD.read_bytes().splitlines(keepends=True)
    journal = state / "journals" / "2026-11-23" / f"{CALL}.jsonl"
    journal.parent.mkdir(parents=True)
    journal.write_bytes(b"".join(lines[:20]))
    server, services = Server(state), Services(state)
    server.start()
    services.start()
    try:
        url = server.cluster.url()
        wait(lambda: count(url) == 20, services)
        assert services.stop(signal.SIGKILL) == -signal.SIGKILL
        with journal.open("ab") as file:
            file.writelines(lines[20:40])
        services.start()
        wait(lambda: count(url) == 40, services)
        with journal.open("ab") as file:
            file.writelines(lines[40:])
        wait(lambda: count(url) == 55, services)
        with psycopg.connect(url) as connection:
            assert connection.execute("select complete, outcome from ivr.calls").fetchall() == [(True, "resolved")]
            wait(lambda: services.status()["heartbeat"]["told"], services)
            nodes = connection.execute("select name, address, pid from ivr.nodes").fetchall()
        assert services.process is not None
        assert nodes == [("here", services.told()["url"], services.process.pid)]
        assert services.stop() == 0
        assert not (state / "run" / "control.json").exists()
        assert not (state / "run" / "services.sock").exists()
    finally:
        if services.process is not None and services.process.poll() is None:
            services.stop(signal.SIGKILL)
        server.stop(signal.SIGQUIT)


def test_without_its_database_it_serves_everything_else(state: Path) -> None:
    url = "postgresql://nobody:secretword@127.0.0.1:1/none?connect_timeout=1"
    services = Services(state, IVR_DATABASE_URL=url, IVR_PUBLISHING_FILES="true")  # else it waits for what is published
    services.start()

    async def media() -> list[Any]:
        await until((state / "run" / "services.sock").exists)
        connection = await connect(state / "run" / "services.sock", FromServices)
        messages = aiter(connection)
        connection.post(MediaHello(pid=os.getpid(), max_calls=5))
        heard = [Hypothesis("yes please", confidence=0.9)]
        connection.post(ParseField(call="c", id=1, field="yes_no", language="en", hypotheses=heard))
        statement = {"statement": "select 1 as one", "rows": "one"}
        connection.post(Query(call="c", id=2, node="n", kind="sql", request=statement, deadline_s=1.0))
        seen: dict[str, Any] = {}
        async with asyncio.timeout(60):
            while not {"FieldParsed", "Queried", "FlowsPublished"} <= seen.keys():
                message = await anext(messages)
                seen[type(message).__name__] = message
        await connection.close()
        return [seen["FieldParsed"].values, seen["Queried"].status, seen["FlowsPublished"].path]

    try:
        values, status, path = asyncio.run(media())
        assert values == ["yes"]
        assert status in ("error", "timeout")
        assert Path(path).is_file()
        wait(lambda: services.status()["delivery"]["error"], services)
        assert services.status()["delivery"]["connected"] is False
        assert services.stop() == 0
        assert "secretword" not in (state / "services.log").read_text()
    finally:
        if services.process is not None and services.process.poll() is None:
            services.stop(signal.SIGKILL)
