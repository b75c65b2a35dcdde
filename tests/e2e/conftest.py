"""One server and one telephone for the tests of this folder."""

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("pjsua2", reason="pjsua2 is not built (make setup)")

from ivr.cache import cache_folder
from ivr.commands import test_sip as voices
from ivr.insight.ear import Recognized
from ivr.sip.caller import Phone
from tests.instance import ROOT, free_port, wait_for

from .line import Callers, Held, Line, mouth, wanted_tests


class Agent:
    """`ivr answer --json`: the human."""

    def __init__(self, recordings: Path) -> None:
        self.port = free_port()
        self.recordings = recordings
        """What it heard (left) and said (right), by call."""
        self.told: list[dict[str, Any]] = []
        self._process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "ivr",
                "answer",
                "--port",
                str(self.port),
                "--say",
                "Hello, this is the agent. How can I help you?",
                "--record",
                str(recordings),
                "--json",
            ],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        )
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self.told.append(json.loads(line))

    def wait(self, event: str, number: int = 1) -> dict[str, Any]:
        """The `number`th event of a kind."""
        wait_for(lambda: len(self.of(event)) >= number, 20, f"the agent's {event} ({number}); told: {self.told}")
        return self.of(event)[number - 1]

    def of(self, event: str) -> list[dict[str, Any]]:
        return [told for told in list(self.told) if told["event"] == event]

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(10)


@pytest.fixture(scope="module")
def phone() -> Iterator[Phone]:
    """Closed at the end of each module: a process has one telephone at a time."""
    with voices.telephone("+14155550123") as made:
        yield made


@pytest.fixture(scope="package")
def agent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Agent]:
    made = Agent(tmp_path_factory.mktemp("agent"))
    try:
        made.wait("listening")
        yield made
    finally:
        made.stop()


@pytest.fixture(scope="package")
def line(tmp_path_factory: pytest.TempPathFactory, agent: Agent) -> Iterator[Line]:
    """With key tones in the sound listened for too: nothing else may change by it."""
    made = Line(
        tmp_path_factory.mktemp("line") / "state",
        f"127.0.0.1:{agent.port}",
        {"asr_recognizers": "2", "sip_inband_keys": "true"},
    )
    try:
        yield made.start().ready()
    finally:
        made.stop()


@pytest.fixture(scope="package")
def ears() -> Recognized:
    return voices.ears(cache_folder())


@pytest.fixture(scope="module")
def all_callers(line: Line, phone: Phone, ears: Recognized) -> Callers:
    return Callers(line, phone, mouth(), ears)


@pytest.fixture(scope="module")
def held(all_callers: Callers, request: pytest.FixtureRequest) -> Iterator[Held]:
    """The conversations of test_calls.py, held at once."""
    made = Held(all_callers, wanted_tests(request))
    yield made
    made.close()


@pytest.fixture
def callers(all_callers: Callers) -> Iterator[Callers]:
    """For a test that is held alone."""
    made = all_callers.again()
    yield made
    made.end()
