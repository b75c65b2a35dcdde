"""Short lines on the console: what is ready, what died, what is missing. Runs beside supervisor in a thread."""

import contextlib
import json
import os
import shutil
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

LONGEST_WAIT_S = 10
"""A program that dies at each start is tried again after at most this long."""
QUICK_DEATHS = 2
"""After as many, only every doubling of the number is told."""

LOG_BYTES = 20_000_000
"""A longer log becomes <name>.log.1; the one before that is gone."""
LOG_LOOK_S = 30.0


def cut_logs(folder: Path, most: int = LOG_BYTES) -> None:
    """Copy a long log away and empty it: its writer appends and goes on in the same file."""
    for log in folder.glob("*.log"):
        with contextlib.suppress(OSError):
            if log.stat().st_size > most:
                shutil.copyfile(log, log.with_name(log.name + ".1"))
                os.truncate(log, 0)


@dataclass(frozen=True)
class Seen:
    """One program as supervisor has it."""

    name: str
    state: str
    """starting, running, backoff, exited, stopped, ..."""
    pid: int
    exit_status: int | None
    deaths: int = 0
    """How often it has ended since `ivr up` started."""


@dataclass
class Console:
    """`watch` until `stop`; `say` prints one line."""

    run: Path
    logs: Path
    address: str
    """What to dial."""
    programs: Callable[[], Iterable[Seen]]
    say: Callable[[str], None]
    hopeless: Callable[[str], None]
    """Called with the reason when the server can never answer: wrong settings."""
    noted: Callable[[dict[str, int]], None] = lambda pids: None
    poll_s: float = 0.3
    _before: dict[str, Seen] = field(default_factory=dict)
    _stop: threading.Event = field(default_factory=threading.Event)
    _ready: bool = False
    _was_ready: bool = False
    _flows: str = ""
    _records: bool | None = None
    _web: dict[str, Any] = field(default_factory=dict)
    _started: float = field(default_factory=time.monotonic)

    def stop(self) -> None:
        self._stop.set()

    def watch(self) -> None:
        asked = cut = 0.0
        while not self._stop.wait(self.poll_s):
            if time.monotonic() - cut > LOG_LOOK_S:
                cut = time.monotonic()
                cut_logs(self.logs)
            self._look_at_programs()
            self._look_at_media()
            self._look_at_web()
            if time.monotonic() - asked > 2.0:
                asked = time.monotonic()
                self._look_at_services()

    # --- programs ---------------------------------------------------------------------------------------------

    def _look_at_programs(self) -> None:
        now = {seen.name: seen for seen in self.programs()}
        for name, seen in now.items():
            before = self._before.get(name)
            if before is not None:
                self._compare(before, seen)
        if {n: s.pid for n, s in now.items()} != {n: s.pid for n, s in self._before.items()}:
            self.noted({name: seen.pid for name, seen in now.items() if seen.pid})
        self._before = now

    def _compare(self, before: Seen, seen: Seen) -> None:
        if seen.deaths == before.deaths or seen.state in {"stopping", "stopped"}:
            return
        if seen.name == "demo":
            self.say("demo: the tables are filled" if seen.exit_status == 0 else f"demo: {self._last_words('demo')}")
            return
        self._take_back(seen.name, before.pid)
        words = self._last_words(seen.name)
        if seen.exit_status == 2 and seen.name == "media" and not self._was_ready:
            self.hopeless(words)
            return
        if seen.deaths <= QUICK_DEATHS or seen.deaths & (seen.deaths - 1) == 0:  # then the 4th, 8th, 16th time
            self.say(f"{seen.name} ended ({_ending(seen.exit_status)}) and is started again; last words: {words}")

    def _take_back(self, name: str, pid: int) -> None:
        """What a killed process told of itself holds no more."""
        told = {"media": "media.json", "services": "control.json", "rasa": "rasa.json", "web": "web.json"}.get(name)
        if told and self._told(told).get("pid") == pid:
            (self.run / told).unlink(missing_ok=True)

    def _last_words(self, name: str) -> str:
        try:
            with (self.logs / f"{name}.log").open("rb") as file:
                file.seek(0, 2)
                file.seek(max(file.tell() - 4000, 0))
                lines = [line for line in file.read().decode("utf-8", "replace").splitlines() if line.strip()]
        except OSError:
            lines = []
        return lines[-1].strip()[:300] if lines else f"see {self.logs / name}.log"

    # --- what is ready ----------------------------------------------------------------------------------------

    def _told(self, name: str) -> dict[str, Any]:
        """What a process wrote of itself to the folder run."""
        try:
            told = json.loads((self.run / name).read_text())
        except (OSError, ValueError):
            return {}
        return told if isinstance(told, dict) else {}

    def _look_at_media(self) -> None:
        told = self._told("media.json")
        ready = bool(told) and psutil.pid_exists(int(told.get("pid", 0)))
        ready = ready and (self.run.parent / "flows" / "current.json").exists()  # else there is no line to answer yet
        if ready and not self._ready:
            took = f"ready after {time.monotonic() - self._started:.1f} s: dial {self.address}"
            self.say("media answers calls again" if self._was_ready else took)
            self._was_ready = True
        self._ready = ready

    def _look_at_web(self) -> None:
        told = self._told("web.json")
        if told.get("url") and told != self._web:
            if told["url"] != self._web.get("url"):
                self.say(f"pages: {told['url']}")
            if told.get("first"):
                self.say(f"pages: nobody can sign in yet; make the first administrator at {told['first']}")
            self._web = told

    def _look_at_services(self) -> None:
        told = self._status()
        if told is None:
            return
        flows = told.get("flows", {})
        problems = flows.get("problems") or []
        line = f"flows: version {flows['version']} serves" if flows.get("version") else ""
        if problems:
            line = f"flows: {len(problems)} mistake(s), the last good version serves; the first: {problems[0]}"
        if line and line != self._flows:
            self.say(line)
            self._flows = line
        delivery = told.get("delivery", {})
        if delivery.get("last_pass_at") and delivery.get("connected") != self._records:
            self._records = delivery["connected"]
            self.say(
                "records: the database answers, calls are written"
                if self._records
                else f"records: the database is away, journals are kept ({delivery.get('error', '')})"
            )

    def _status(self) -> dict[str, Any] | None:
        try:
            url = self._told("control.json")["url"]
            token = (self.run.parent / "secrets" / "control.token").read_text().strip()
            request = urllib.request.Request(f"{url}/status", headers={"Authorization": f"Bearer {token}"})
            with urllib.request.urlopen(request, timeout=6) as answer:
                told = json.load(answer)
        except (OSError, ValueError, KeyError, urllib.error.URLError):
            return None
        return told if isinstance(told, dict) else None


def _ending(status: int | None) -> str:
    if status is None:
        return "unknown"
    return f"signal {-status}" if status < 0 else f"exit code {status}"
