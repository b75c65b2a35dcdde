"""A real services process, its database away, is scraped while calls' journals grow, and again after kill -9."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from ivr.insight.node_status import NodeAway, Scrape, scrape, summary

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
OLD = ROOT / "tests" / "data" / "journals" / "format-1.jsonl"
CALL = "0197a0e0-1111-7abc-8def-0123456789ab"


class Services:
    """`ivr services` without speech engines and with a database that nobody serves."""

    def __init__(self, state: Path) -> None:
        self.state = state
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        kept = {k: v for k, v in os.environ.items() if not k.startswith("IVR_") and k != "DATABASE_URL"}
        own = {
            "IVR_STATE": str(self.state),
            "IVR_FLOWS": str(ROOT / "flows"),
            "IVR_NLU_RASA": "off",
            "IVR_TTS_ENGINES": '{"en": [], "ko": []}',
            "IVR_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none?connect_timeout=1",
        }
        with (self.state / "services.log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "ivr", "services"], env=kept | own, cwd=ROOT, stdout=log, stderr=log
            )

    def scraped(self, what: Callable[[Scrape], object]) -> Scrape:
        """The first scrape of this process for which `what` holds."""
        end = time.monotonic() + 60
        while time.monotonic() < end:
            try:
                found = scrape(self.state)
            except NodeAway:
                found = Scrape(0.0, {})
            if what(found):
                return found
            time.sleep(0.1)
        raise AssertionError((self.state / "services.log").read_text()[-3000:])

    def stop(self, number: int = signal.SIGTERM) -> None:
        if self.process is not None:
            self.process.send_signal(number)
            self.process.wait(20)
            self.process = None


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    found = Services(tmp_path)
    yield found
    found.stop(signal.SIGKILL)


def test_calls_are_counted_without_a_database_and_once_over_a_restart(services: Services) -> None:
    lines = OLD.read_bytes().splitlines(keepends=True)
    journal = services.state / "journals" / "2026-11-23" / f"{CALL}.jsonl"
    journal.parent.mkdir(parents=True)
    journal.write_bytes(b"".join(lines[:30]))
    services.start()
    now = services.scraped(lambda it: it.sum("ivr_turns_total") == 1)
    assert now.sum("ivr_calls_answered_total", flow="orders") == 1
    assert now.sum("ivr_calls_ended_total") == 0
    assert now.sum("ivr_records_database_up") == 0
    assert now.sum("ivr_process_up", process="services") == 1
    assert now.sum("ivr_process_cpu_seconds_total", process="services") > 0
    url = json.loads((services.state / "run" / "control.json").read_text())["url"]
    text = httpx.get(f"{url}/metrics", trust_env=False).text
    assert not re.search(rf"1415|4567|{CALL}", text)
    note = services.state / "run" / "counted.json"
    services.scraped(lambda _: note.exists() and json.loads(note.read_text())["lines"] == {CALL: 30})

    services.stop(signal.SIGKILL)
    (services.state / "run" / "control.json").unlink()
    with journal.open("ab") as file:
        file.writelines(lines[30:])
    services.start()
    now = services.scraped(lambda it: it.sum("ivr_calls_ended_total", outcome="resolved") == 1)
    assert now.sum("ivr_calls_answered_total") == 0  # the process before has counted it
    assert (now.sum("ivr_turns_total"), now.sum("ivr_turns_total", how="keys")) == (1, 1)
    assert summary(now)["calls"]["ended"] == {"resolved": 1}
