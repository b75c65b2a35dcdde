"""`ivr doctor` for a page: run in a process of its own at the lowest priority, one at a time, its answer kept."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import structlog

from ivr.web.parts import WebParts

log = structlog.get_logger("web")
LONGEST_S = 600.0
AGAIN_S = 20.0
"""So long the last answer is as good as a new one."""
FIELDS = ("part", "version", "state", "detail", "mend")


@dataclass(frozen=True)
class Health:
    """What is known. `trials`: as insight/trial.py has them."""

    running: bool = False
    at: datetime | None = None
    trials: tuple[dict[str, str], ...] = ()
    problem: str = ""

    @property
    def broken(self) -> int:
        return sum(it["state"] == "broken" for it in self.trials)


class Checkup:
    """One a web process. Trying loads models and takes a core for a while: calls come first."""

    def __init__(self, command: Sequence[str], environment: dict[str, str]) -> None:
        self.command = list(command)
        self._environment = environment
        self._lock = threading.Lock()
        self._known = Health()

    @property
    def known(self) -> Health:
        return self._known

    def start(self) -> Health:
        """Tries again, unless it is being done or was done just now; returns at once."""
        with self._lock:
            now = datetime.now(UTC)
            fresh = self._known.at is not None and (now - self._known.at).total_seconds() < AGAIN_S
            if not self._known.running and not (fresh and not self._known.problem):
                before = self._known
                self._known = Health(True, before.at, before.trials)
                threading.Thread(target=self._run, name="checkup", daemon=True).start()
            return self._known

    def _run(self) -> None:
        problem, trials = "", self._known.trials
        try:
            done = subprocess.run(
                ["nice", "-n", "19", *self.command], env=self._environment, stdin=subprocess.DEVNULL,
                capture_output=True, text=True, timeout=LONGEST_S, check=False,
            )  # fmt: skip
            trials = tuple(_trial(it) for it in json.loads(done.stdout))
        except subprocess.TimeoutExpired:
            problem = "ivr doctor took too long"
        except (OSError, ValueError, TypeError, AttributeError) as error:
            log.warning("ivr doctor gave no answer", error=type(error).__name__)
            problem = "ivr doctor gave no answer; run it in a terminal"
        self._known = Health(False, datetime.now(UTC), trials, problem)


def _trial(told: dict[str, Any]) -> dict[str, str]:
    return {name: str(told.get(name, ""))[:1000] for name in FIELDS}


def checkup(parts: WebParts) -> Checkup:
    """Of the same settings as this process."""
    values = parts.values
    given = {"IVR_STATE": parts.state, "IVR_FLOWS": parts.flows, "IVR_CACHE": values.cache.absolute(),
             "IVR_SOUNDS": values.sounds.absolute()}  # fmt: skip
    environment = os.environ | {name: str(path) for name, path in given.items()}
    if values.database.url:
        environment["IVR_DATABASE_URL"] = values.database.url
    return Checkup([sys.executable, "-m", "ivr", "doctor", "--json"], environment)
