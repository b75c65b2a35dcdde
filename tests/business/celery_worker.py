"""A real Redis and a real Celery worker, as `ivr redis` and `ivr worker` start them."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
from redis import Redis, RedisError

from ivr.business import redis_server
from ivr.business.task_worker import ALIVE


class CeleryParts:
    """Until `stop`."""

    def __init__(self, state: Path, secret: str) -> None:
        (state / "run").mkdir()
        self.address = redis_server.address(state)
        self._environment = {
            **os.environ, "IVR_STATE": str(state), "IVR_CONFIG": str(state / "none.toml"),
            "IVR_WEBHOOKS_SECRET": secret, "IVR_TASKS_AT_ONCE": "2", "IVR_TASKS_TIMEOUT_S": "30",
        }  # fmt: skip
        (state / "none.toml").write_text("")
        self._log = (state / "log").open("wb")
        self._redis = self._start("redis")
        self.redis = Redis.from_url(self.address)
        _until(self._answers)
        self._worker = self._start("worker")
        _until(lambda: bool(self._children()) and self.redis.exists(ALIVE))

    def forget(self) -> None:
        """Nothing of an earlier test, but that the worker lives."""
        for key in self.redis.scan_iter():
            if key.decode() != ALIVE and not key.startswith(b"_kombu"):
                self.redis.delete(key)

    def kill(self, whole: bool) -> None:
        """The children of the worker; or all of it, and another worker comes."""
        children = self._children()
        if whole:
            self._worker.send_signal(signal.SIGSTOP)  # it does not see them die
        for child in children:
            child.kill()
        if whole:
            self._worker.kill()
            self._worker.wait(5)
            self._worker = self._start("worker")

    def stop(self) -> None:
        children = self._children()
        for process in (self._worker, self._redis):
            process.kill()
            process.wait(5)
        for child in children:
            child.kill()
        self.redis.close()
        self._log.close()

    def _start(self, command: str) -> "subprocess.Popen[bytes]":
        words = [sys.executable, "-m", "ivr", command]
        return subprocess.Popen(words, env=self._environment, stdout=self._log, stderr=self._log)

    def _children(self) -> list[psutil.Process]:
        return psutil.Process(self._worker.pid).children(recursive=True)

    def _answers(self) -> bool:
        try:
            return bool(self.redis.ping())
        except (RedisError, OSError):
            return False


def _until(what: Callable[[], object]) -> None:
    until = time.monotonic() + 60
    while not what():
        assert time.monotonic() < until, "it did not start"
        time.sleep(0.05)
