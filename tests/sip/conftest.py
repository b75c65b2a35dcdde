"""A telephone of our own in this process, and servers in processes of their own."""

import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("pjsua2", reason="pjsua2 is not built (make setup)")

from ivr.sip.caller import Phone
from ivr.sip.config import SipConfig

HERE = Path(__file__).parent


def _shown(told: dict[str, Any]) -> str:
    """One line of a failure's report."""
    if told["event"] == "SipMessage":
        return f"  {'>' if told['sent'] else '<'} {told['text'].splitlines()[0][:100]}"
    return str({key: value for key, value in told.items() if value not in ("", 0, 0.0) and key != "headers"})[:200]


class Server:
    """tests/sip/server.py running."""

    def __init__(self, **config: Any) -> None:
        self.told: list[dict[str, Any]] = []
        self._changed = threading.Condition()
        self._process = subprocess.Popen(
            [sys.executable, str(HERE / "server.py"), json.dumps(config)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        threading.Thread(target=self._read, daemon=True).start()
        self.listening: list[str] = self.wait("Listening")["listening"]
        self.port = int(self.listening[0].rpartition(":")[2])

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            with self._changed:
                self.told.append(json.loads(line))
                self._changed.notify_all()
        with self._changed:
            self.told.append({"event": "Gone"})
            self._changed.notify_all()

    def uri(self, user: str, more: str = "") -> str:
        return f"sip:{user}@127.0.0.1:{self.port}{more}"

    def do(self, what: str, **more: Any) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"do": what, **more}) + "\n")
        self._process.stdin.flush()

    def of(self, event: str, call: int = 0) -> list[dict[str, Any]]:
        return [t for t in list(self.told) if t["event"] == event and (not call or t.get("call") == call)]

    def wait(self, event: str, timeout_s: float = 8.0, number: int = 1, call: int = 0) -> dict[str, Any]:
        """The `number`th event of a kind."""
        with self._changed:
            came = self._changed.wait_for(lambda: len(self.of(event, call)) >= number or self.of("Gone"), timeout_s)
        found = self.of(event, call)
        if not came or len(found) < number:
            shown = "\n".join(_shown(t) for t in self.told if not call or t.get("call", call) == call)
            raise AssertionError(f"no {event} ({number}) within {timeout_s} s; told:\n{shown}")
        return found[number - 1]

    def number(self, sip_call_id: str, timeout_s: float = 8.0) -> int:
        """The server's number of the call with this Call-ID."""
        with self._changed:
            self._changed.wait_for(lambda: self._numbered(sip_call_id), timeout_s)
        return self._numbered(sip_call_id)

    def _numbered(self, sip_call_id: str) -> int:
        return next((int(t["call"]) for t in self.of("Invite") if t["sip_call_id"] == sip_call_id), 0)

    def keys(self, call: int = 0) -> str:
        return "".join(t["key"] for t in self.of("KeyPressed", call))

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def log_in(self, user: str, password: str) -> str:
        """Status of a call by a telephone that answers digest challenges; it has a process of its own."""
        done = subprocess.run(
            [sys.executable, str(HERE / "dialler.py"), self.uri("echo"), user, password],
            capture_output=True,
            text=True,
            timeout=20,
        )
        return done.stdout.strip()

    @property
    def pid(self) -> int:
        return self._process.pid

    def stop(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            self._process.wait(8)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


@pytest.fixture
def start_server() -> Iterator[Callable[..., Server]]:
    """Start a server with these fields of SipConfig; all are stopped at the end of the test."""
    servers: list[Server] = []

    def start(**config: Any) -> Server:
        servers.append(Server(**config))
        return servers[-1]

    yield start
    for server in servers:
        server.stop()


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """One server for the tests of a module that need nothing special."""
    made = Server()
    yield made
    made.stop()


@pytest.fixture(scope="module")
def phone() -> Iterator[Phone]:
    """The telephone; a process has one at a time, so each module has its own."""
    with Phone(SipConfig(user="+18005550199", user_agent="ivr phone", max_calls=50)) as made:
        yield made


@pytest.fixture
def quiet_time() -> Callable[[float], None]:
    """Let real time pass in a real call."""
    return time.sleep
