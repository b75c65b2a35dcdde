"""A whole server for tests over real calls: `ivr up --mocks` in a folder of its own, on a free port, for as long as it
is needed. What takes time to make and is the same each time is kept between runs."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from ruamel.yaml import YAML

START_S = 60.0
PROMPTS_S = 90.0
RASA_S = 300.0
"""Training included, where no trained model is kept yet."""
STOP_S = 30.0


class PrivateLineError(Exception):
    """It does not start; the message carries the end of what it printed."""


def keep(kept: Path, state: Path) -> None:
    """Let a state folder use prompts and trained models of earlier runs. Both folders only grow by whole files, and
    what lies in them says itself whether it fits."""
    for name in ("prompts", "nlu"):
        (kept / name).mkdir(parents=True, exist_ok=True)
        if not (state / name).exists():
            (state / name).symlink_to((kept / name).absolute())


class PrivateLine:
    """Use as a context manager."""

    def __init__(
        self, flows: Path, kept: Path, agent: str, chosen: dict[str, str] | None = None, mocked: bool = True
    ) -> None:
        """`flows`: folder of flows. `kept`: see `keep`. `agent`: SIP address
        that stands for every destination: a test never calls anybody outside. `chosen`: settings, as IVR_* names;
        with IVR_NLU_RASA=auto it is ready when Rasa serves. `mocked`: queries wait for the answers of a test
        (business/mocked.py); what is timed must not."""
        self._mocked = mocked
        self._chosen = chosen or {}
        self._flows = flows.absolute()
        self._agent = agent
        self.state = Path(tempfile.mkdtemp(prefix="ivr-test-"))
        self._kept = kept
        self._process: subprocess.Popen[bytes] | None = None
        self.address = ""
        """`127.0.0.1:port`."""

    def __enter__(self) -> Self:
        keep(self._kept, self.state)
        self.mocks.mkdir()
        environment = {
            **os.environ,
            "IVR_STATE": str(self.state),
            "IVR_FLOWS": str(self._copied_flows()),
            "IVR_SIP_PORT": "0",
            "IVR_SIP_ADDRESSES": '["127.0.0.1"]',
            "IVR_NLU_RASA": "off",
            "IVR_NODE": "test",
            **self._chosen,
            "IVR_UP_DRAIN_S": "0",
        }
        for name in ("DATABASE_URL", "IVR_DATABASE_URL", "IVR_SIP_TRUNKS", "IVR_SIP_PEERS", "IVR_SIP_CREDENTIALS"):
            environment.pop(name, None)
        with self._out.open("wb") as out:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "ivr", "up", *(["--mocks", str(self.mocks)] if self._mocked else [])],
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
            )
        try:
            self._wait_ready()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        shutil.rmtree(self.state, ignore_errors=True)

    def _copied_flows(self) -> Path:
        """The flows with every destination of lines.yaml replaced."""
        copied = self.state / "flows-under-test"
        shutil.copytree(self._flows, copied, symlinks=False)
        lines = copied / "lines.yaml"
        if lines.is_file():
            yaml = YAML()
            found = yaml.load(lines)
            for name in (found or {}).get("destinations") or {}:
                found["destinations"][name] = self._agent
            yaml.dump(found, lines)
        return copied

    @property
    def pid(self) -> int:
        """Of `ivr up`, the parent of all its processes."""
        return self._process.pid if self._process is not None else 0

    @property
    def journals(self) -> Path:
        return self.state / "journals"

    @property
    def mocks(self) -> Path:
        return self.state / "mocks"

    @property
    def _out(self) -> Path:
        return self.state / "up.out"

    def _wait_ready(self) -> None:
        """Calls are answered, recognition works, and the prompts are there."""
        until = time.monotonic() + START_S
        told = self.state / "run" / "media.json"
        while not self.address:
            self._alive(until)
            try:
                sip = json.loads(told.read_text())["sip"]
                self.address = str(next(at for at in sip if at.startswith("udp:"))).removeprefix("udp:")
            except (OSError, ValueError, KeyError, StopIteration):
                time.sleep(0.1)
        recognizer = self.state / "logs" / "recognizer-0.log"
        while not _holds(recognizer, "recognizer_ready"):
            self._alive(until)
            time.sleep(0.1)
        until = time.monotonic() + RASA_S
        while self._chosen.get("IVR_NLU_RASA") == "auto" and not (self.state / "run" / "rasa.json").is_file():
            self._alive(until)
            time.sleep(0.5)
        until = time.monotonic() + PROMPTS_S
        services = self.state / "logs" / "services.log"
        while not self._rendered(services) and time.monotonic() < until:
            self._alive(until)
            time.sleep(0.2)

    def _rendered(self, log: Path) -> bool:
        return _holds(log, "flows are ready")

    def _alive(self, until: float) -> None:
        assert self._process is not None
        if self._process.poll() is not None or time.monotonic() > until:
            why = "ended" if self._process.poll() is not None else "is not ready in time"
            raise PrivateLineError(f"the server under test {why}:\n{self._out.read_text(errors='replace')[-2000:]}")


def _holds(path: Path, text: str) -> bool:
    try:
        return text in path.read_text(errors="replace")
    except OSError:
        return False
