"""The human agent: `ivr answer` in a process of its own."""

import json
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

from tests.instance import ROOT, free_port, wait_for


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
