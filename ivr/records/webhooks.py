"""Webhooks: what happens in calls, posted to a company's own address while the calls last.

Driven by the journals, in a thread of its own: a receiver that is slow or dead delays later posts and nothing else.
Each event is sent until it is taken (at least once, in the order of its call), also after a restart: a small file says
how far each journal was told. What waits longer than `keep_s` is given up, and counted.
"""

import json
import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import msgspec
import structlog

from ivr.records.hook_events import KINDS, HookCall
from ivr.records.tail import SUFFIX, Tail, is_call
from ivr.signing import signed

log = structlog.get_logger("webhook")

ACTIVE_DAYS = 2
WAITS_S = (0.5, 1.0, 2.0, 5.0, 15.0, 60.0)
"""Before a receiver that failed is tried again."""
PASSING = frozenset({408, 425, 429})
"""Of the statuses 400 to 499 those that may pass; what is refused by the others is given up."""


@dataclass(frozen=True)
class WebhookConfig:
    url: str
    secret: str
    events: frozenset[str] = frozenset(KINDS)
    timeout_s: float = 5.0
    keep_s: float = 86400.0


class Note(msgspec.Struct):
    """How far journals were told; those that were not touched since `at` (seconds since 1970) are told."""

    at: float = 0.0
    seqs: dict[str, int] = {}
    """call -> the last entry that was told, of journals touched since `at`."""


class Webhook:
    """services.parts.Background, one an address."""

    def __init__(
        self, root: Path, note: Path, config: WebhookConfig, name: str = "webhook",
        poll_s: float = 0.5, clock: Callable[[], float] = time.time,
    ) -> None:  # fmt: skip
        """`root`: <state>/journals. `note`: a file of this address alone, in the state folder."""
        self.name = name
        self._root, self._path, self._config, self._poll_s, self._clock = root, note, config, poll_s, clock
        self._note = _read(note) or Note(at=clock())  # calls of before the first start are nobody's news
        self._seqs = dict(self._note.seqs)
        self._tails: dict[str, Tail] = {}
        self._told: dict[str, float] = {}
        """call -> time of its journal when all of it was told."""
        self._looked: dict[str, float] = {}
        """day -> time of its folder when it was read."""
        self._client = httpx.Client(timeout=config.timeout_s, trust_env=False)
        self._figures = {"sent": 0, "given_up": 0, "failures": 0}
        self._failed_in_a_row = 0
        self._last_failure = ""
        self._stop = threading.Event()

    def stop(self) -> None:
        self._stop.set()

    def status(self) -> dict[str, Any]:
        waiting = sum(len(_fold(tail).told) for tail in list(self._tails.values()))
        return {**self._figures, "waiting": waiting, "last_failure": self._last_failure}

    def run(self) -> None:
        while not self._stop.is_set():
            wait_s = self._poll_s if self.step() else WAITS_S[min(self._failed_in_a_row, len(WAITS_S)) - 1]
            self._stop.wait(wait_s)
        self._client.close()

    def step(self) -> bool:
        """One pass: what is new is sent. False when the receiver failed: the rest waits."""
        began = self._clock() - 1.0
        self._find(began)
        fine = True
        for call, tail in list(self._tails.items()):
            fine = fine and self._follow(call, tail)
        if fine:  # a call that lasts is touched again
            self._note.at = began
        self._write()
        return fine

    def _find(self, began: float) -> None:
        """Journals that are new. A day may have 100,000 of them: only a folder that changed is read."""
        try:
            days = sorted(d.name for d in os.scandir(self._root) if d.is_dir())[-ACTIVE_DAYS:]
        except FileNotFoundError:
            return
        for day in days:
            changed = (self._root / day).stat().st_mtime
            if self._looked.get(day) == changed and changed < began:
                continue
            self._looked[day] = changed
            for file in os.scandir(self._root / day):
                call = file.name.removesuffix(SUFFIX)
                if call in self._tails or not is_call(call):
                    continue
                touched = file.stat().st_mtime
                if touched >= self._note.at and self._told.get(call) != touched:
                    self._tails[call] = Tail(Path(file.path), HookCall)

    def _follow(self, call: str, tail: Tail) -> bool:
        try:
            touched = tail.path.stat().st_mtime
            while tail.advance():
                pass
        except FileNotFoundError:  # erased by retention
            del self._tails[call]
            return True
        fold = _fold(tail)
        while fold.told:
            event = fold.told[0]
            if event["seq"] > self._seqs.get(call, 0) and event["event"] in self._config.events:
                if not self._sent(event, self._clock() - touched):
                    return False
                self._seqs[call] = event["seq"]
            fold.told.pop(0)
        if fold.closed:
            del self._tails[call]
            self._told[call] = touched
        return True

    def _sent(self, event: dict[str, Any], age_s: float) -> bool:
        """True when the receiver took it, or when it is given up."""
        body = json.dumps(event, ensure_ascii=False, default=str).encode("utf-8", "replace")
        headers = {"Content-Type": "application/json", "X-IVR-Event": event["event"], "X-IVR-Delivery": event["id"]}
        headers |= signed(self._config.secret, body, int(self._clock()))
        try:
            status = self._client.post(self._config.url, content=body, headers=headers).status_code
            why = "" if 200 <= status < 300 else str(status)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            status, why = 0, type(error).__name__
        if not why:
            self._figures["sent"] += 1
            self._failed_in_a_row, self._last_failure = 0, ""
            return True
        self._figures["failures"] += 1
        self._last_failure = why
        refused = 400 <= status < 500 and status not in PASSING
        if refused or age_s > self._config.keep_s:
            self._figures["given_up"] += 1
            log.warning("an event is given up", webhook=self.name, event_id=event["id"], why=why)
            return True
        if self._failed_in_a_row == 0:
            log.warning("a webhook does not take events; they wait", webhook=self.name, why=why)
        self._failed_in_a_row += 1
        return False

    def _write(self) -> None:
        """A disk that takes nothing costs events sent twice after the next start, no more."""
        for call in [c for c, touched in self._told.items() if touched < self._note.at]:
            del self._told[call]
            self._seqs.pop(call, None)
        note = Note(self._note.at, self._seqs)
        encoded = msgspec.json.encode(note)
        fresh = self._path.with_name(f".{self._path.name}.tmp")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            fresh.write_bytes(encoded)
            fresh.replace(self._path)
        except OSError:
            return


def _fold(tail: Tail) -> HookCall:
    assert isinstance(tail.fold, HookCall)
    return tail.fold


def _read(path: Path) -> Note | None:
    try:
        return msgspec.json.decode(path.read_bytes(), type=Note)
    except (OSError, msgspec.MsgspecError):
        return None
