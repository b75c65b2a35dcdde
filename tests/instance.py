"""A whole server as `ivr up` starts it, in a state folder of its own, on free ports; for tests that make real calls."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psutil

ROOT = Path(__file__).parents[1]


def free_port() -> int:
    """A UDP and TCP port of 127.0.0.1 that nobody uses now."""
    for _ in range(50):
        with (
            closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as udp,
            closing(socket.socket(socket.AF_INET, socket.SOCK_STREAM)) as tcp,
        ):
            udp.bind(("127.0.0.1", 0))
            port: int = udp.getsockname()[1]
            try:
                tcp.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise RuntimeError("no free port")


def wait_for(what: Callable[[], Any], timeout_s: float, name: str = "") -> Any:
    """The first true value of `what()`; fails with `name` when it does not come in time."""
    until = time.monotonic() + timeout_s
    while time.monotonic() < until:
        value = what()
        if value:
            return value
        time.sleep(0.05)
    raise AssertionError(f"not within {timeout_s} s: {name or what}")


class Instance:
    """`ivr up`; `settings` (`sip_max_calls`) become IVR_* of the environment."""

    def __init__(
        self, state: Path, flows: Path = ROOT / "flows", settings: dict[str, str] | None = None, namespace: str = ""
    ) -> None:
        self.state = state
        self.namespace = namespace
        """Network namespace (ip-netns) that it runs in; empty: ours."""
        self.port = free_port()
        self.environment = {
            **{
                k: v for k, v in os.environ.items() if not k.startswith("IVR_") or k in ("IVR_CACHE", "IVR_RASA_PYTHON")
            },
            "IVR_STATE": str(state),
            "IVR_SIP_PORT": str(self.port),
            "IVR_SIP_ADDRESSES": '["127.0.0.1"]',
            "IVR_FLOWS": str(flows),
            "IVR_SOUNDS": str(ROOT / "sounds"),
            "IVR_NLU_RASA": "off",
            "IVR_OVERLOAD_HIGHEST_STEP": "0",  # whatever else runs here: what is tested is not overload
            "IVR_NODE": "test",
            "IVR_WEB_ON": "false",  # tests of pages say so
            "IVR_WEB_PORT": "0",
            "IVR_UP_DRAIN_S": "0",  # a test's end waits for no call
            **{f"IVR_{name.upper()}": value for name, value in (settings or {}).items()},
        }
        self.environment.pop("DATABASE_URL", None)
        self.process: subprocess.Popen[bytes] | None = None

    def uri(self, user: str = "orders", transport: str = "") -> str:
        return f"sip:{user}@127.0.0.1:{self.port}" + (f";transport={transport}" if transport else "")

    def start(self, timeout_s: float = 40.0) -> "Instance":
        """Returns when calls are answered. Prompts may still be rendered then; see `wait_ready`."""
        self.state.mkdir(parents=True, exist_ok=True)
        with (self.state / "up.out").open("ab") as out:
            self.process = subprocess.Popen(
                [*self._inside(), sys.executable, "-m", "ivr", "up"],
                env=self.environment,
                cwd=ROOT,
                stdout=out,
                stderr=out,
            )
        # A killed `ivr up` leaves its media.json behind: only the child's own counts.
        self.wait(lambda: self.told("media").get("pid", -1) == self.pid("media"), timeout_s, "media answers calls")
        return self

    def _inside(self) -> list[str]:
        return ["ip", "netns", "exec", self.namespace] if self.namespace else []

    def wait(self, what: Callable[[], Any], timeout_s: float, name: str = "") -> Any:
        """Like wait_for; fails with the logs."""
        try:
            return wait_for(what, timeout_s, name)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.logs()}") from None

    def told(self, name: str) -> dict[str, Any]:
        """What a process wrote of itself to run/<name>.json; empty before it did."""
        try:
            value = json.loads((self.state / "run" / f"{name}.json").read_text())
        except (OSError, ValueError):
            return {}
        return value if isinstance(value, dict) else {}

    def pid(self, program: str) -> int:
        """Of a process that `ivr up` keeps alive: `media`, `services`, `recognizer-0`, `postgres`, `rasa`."""
        words = {"media": "serve"}.get(program, program).split("-")
        assert self.process is not None
        for child in psutil.Process(self.process.pid).children(recursive=True):
            try:
                line = child.cmdline()
            except psutil.Error:
                continue
            if program == "postgres" and line and Path(line[0]).name == program:  # the server itself, not `ivr`
                return child.pid
            if line[1:4] == ["-m", "ivr", words[0]] and (len(words) == 1 or line[-1] == words[1]):
                return child.pid
        return 0

    def kill(self, program: str) -> int:
        """kill -9; returns the pid that it had."""
        pid = int(self.wait(lambda: self.pid(program), 20, f"{program} runs"))
        os.kill(pid, signal.SIGKILL)
        return pid

    def journals(self) -> list[Path]:
        return sorted((self.state / "journals").glob("*/*.jsonl"), key=lambda p: p.stat().st_mtime)

    def control(self, path: str, **kwargs: Any) -> Any:
        """GET (or POST with `json=`) of the control API."""
        import httpx

        told = self.wait(lambda: self.told("control"), 20, "control API")
        token = (self.state / "secrets" / "control.token").read_text().strip()
        method = "POST" if "json" in kwargs else "GET"
        answer = httpx.request(
            method, told["url"] + path, headers={"Authorization": f"Bearer {token}"}, timeout=10, **kwargs
        )
        answer.raise_for_status()
        return answer.json()

    def rows(self, statement: str, **parameters: Any) -> list[dict[str, Any]]:
        """SQL on the instance's own database."""
        import psycopg
        from psycopg.rows import dict_row

        from ivr.records.address import resolve

        with psycopg.connect(resolve(self.state).url, row_factory=dict_row, connect_timeout=5) as connection:
            return connection.execute(statement, parameters).fetchall()

    def logs(self) -> str:
        """The end of every log, for a failure's message."""
        files = [self.state / "up.out", *sorted((self.state / "logs").glob("*.log"))]
        return "\n".join(f"--- {f.name}\n{f.read_text(errors='replace')[-3000:]}" for f in files if f.exists())

    def stop(self) -> None:
        if self.process is None:
            return
        children: list[psutil.Process] = []
        if self.process.poll() is None:
            children = psutil.Process(self.process.pid).children(recursive=True)
            self.process.terminate()
        try:
            self.process.wait(30)
        finally:
            for child in [c for c in children if c.is_running()]:
                child.kill()
            self.process = None


def running(state: Path, **settings: str) -> Iterator[Instance]:
    """For fixtures: `yield from running(tmp_path)`."""
    instance = Instance(state, settings=settings)
    try:
        yield instance.start()
    finally:
        instance.stop()
