"""Background tasks run by Celery with Redis: a worker process beside the server, many tries at once.

The services process keeps the books (task_files.py) and hands each try out under an id of its own; the result waits in
Redis until it is fetched, also by the next services process. A try is handed out again by Celery when the child that
had it died, and by `CeleryRunner` when another worker has come in place of the one that had it. Whoever is handed a
try that has a result already does not make it again.
"""

import asyncio
import contextlib
import threading
import time
import uuid
from dataclasses import asdict
from typing import Any

import httpx
import msgspec
from celery import Celery
from kombu.exceptions import KombuError
from redis import Redis, RedisError

from ivr.business.task_post import Outcome, Work, tried

TASK = "ivr.task"
ALIVE = "ivr:worker"
"""Key that holds which worker lives; it is gone soon after it does not."""
ALIVE_S = 6
SENT = "ivr:sent:"
"""Key of a try -> the worker that had the queue when it was handed out; empty: there was none."""
SLACK_S = 60.0
LOOKS_S = (0.05, 0.1, 0.25, 0.5, 1.0)
KEPT_S = 86_400
"""How long a result waits."""


def application(address: str, timeout_s: float, secret: str) -> Celery:
    """`address`: unix:///path/redis.sock or redis://host:port/0. A try lasts `timeout_s` at most."""
    named = address.replace("unix://", "redis+socket://", 1) if address.startswith("unix://") else address
    celery = Celery("ivr", broker=named, backend=named)
    celery.conf.update(
        task_acks_late=True,
        task_reject_on_worker_lost=True,
        task_serializer="json",
        accept_content=["json"],
        result_serializer="json",
        result_expires=KEPT_S,
        task_time_limit=timeout_s + SLACK_S / 2,
        worker_prefetch_multiplier=1,
        worker_hijack_root_logger=False,
        broker_transport_options={"visibility_timeout": timeout_s + SLACK_S, "socket_timeout": 5},
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        task_publish_retry=False,
        redis_socket_timeout=5,
        redis_socket_connect_timeout=2,
    )

    @celery.task(name=TASK, bind=True)  # type: ignore[untyped-decorator]
    def run(task: Any, work: dict[str, Any]) -> dict[str, Any]:
        before = celery.backend.get_task_meta(task.request.id)
        if before.get("status") == "SUCCESS":  # it was handed out twice
            return dict(before["result"])
        made: dict[str, Any] = msgspec.to_builtins(asyncio.run(_once(Work(**work), secret)))
        return made

    return celery


async def _once(work: Work, secret: str) -> Outcome:
    async with httpx.AsyncClient(trust_env=False) as client:
        return await tried(client, work, secret)


class CeleryRunner:
    """tasks.Runner by a Celery worker."""

    def __init__(self, address: str, timeout_s: float, secret: str) -> None:
        self._celery = application(address, timeout_s, secret)
        self._redis = Redis.from_url(address, socket_timeout=5, socket_connect_timeout=2, decode_responses=True)
        self._timeout_s = timeout_s

    async def run(self, id: str, work: Work) -> Outcome:
        """`id`: of this try; the same again finds what became of it. Never raises but when cancelled."""
        try:
            until = time.monotonic() + self._timeout_s + SLACK_S
            had = await asyncio.to_thread(self._handed_out, id, work)
            looks, wait_s = iter(LOOKS_S), 0.0
            while time.monotonic() < until:
                outcome, worker = await asyncio.to_thread(self._look, id)
                if outcome is not None:
                    return outcome
                if worker and worker != had:
                    await asyncio.to_thread(self._hand_out, id, None if had == "" else work, worker)
                    had = worker
                wait_s = next(looks, wait_s)
                await asyncio.sleep(wait_s)
            return Outcome("again", why="no worker")
        except (RedisError, KombuError, OSError, msgspec.MsgspecError) as error:
            return Outcome("again", why=type(error).__name__)

    def _handed_out(self, id: str, work: Work) -> str:
        """The worker that has it, now or since an earlier services process asked; empty: it waits for one."""
        had = self._redis.get(SENT + id)
        if had is None:
            had = self._redis.get(ALIVE) or ""
            self._hand_out(id, work, str(had))
        return str(had)

    def _hand_out(self, id: str, work: Work | None, worker: str) -> None:
        """Without `work`: it waits in the queue, and this worker takes it."""
        if work is not None:
            self._celery.send_task(TASK, args=[asdict(work)], task_id=id)
        self._redis.set(SENT + id, worker, ex=KEPT_S)

    def _look(self, id: str) -> tuple[Outcome | None, str]:
        """What came of it, and which worker lives."""
        data = self._redis.get(self._celery.backend.get_key_for_task(id).decode())
        kept = msgspec.json.decode(str(data)) if data else {}
        if kept.get("status") == "SUCCESS":
            return msgspec.convert(kept["result"], Outcome), ""
        if kept.get("status") in ("FAILURE", "REVOKED"):
            return Outcome("again", why="worker lost"), ""
        return None, str(self._redis.get(ALIVE) or "")

    async def close(self) -> None:
        await asyncio.to_thread(self._redis.close)
        await asyncio.to_thread(self._celery.close)


def work_off(address: str, timeout_s: float, secret: str, at_once: int) -> None:
    """The worker, in the foreground, until SIGTERM, which lets tries under way end."""
    celery = application(address, timeout_s, secret)
    threading.Thread(target=_live, args=(address, uuid.uuid4().hex), name="alive", daemon=True).start()
    words = ["worker", "--concurrency", str(at_once), "--loglevel", "WARNING"]
    celery.worker_main([*words, "--without-gossip", "--without-mingle", "--without-heartbeat"])


def _live(address: str, name: str) -> None:
    redis = Redis.from_url(address, socket_timeout=2, socket_connect_timeout=2)
    while True:
        with contextlib.suppress(RedisError):  # it comes back, and the console tells when it ended
            redis.set(ALIVE, name, ex=ALIVE_S)
        time.sleep(ALIVE_S / 3)
