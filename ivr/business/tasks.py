"""Background tasks of `query` nodes: what takes longer than a caller's patience.

A task is a service of the company that is asked by POST and may take minutes. It is written down first and then run,
here (task_post.py) or by a Celery worker (task_worker.py), again when it failed, also after a restart. Its result
reaches the call while the node waits for it; later, or when the call is over, it goes to the webhooks as `task.done`
or `task.failed`.
"""

import asyncio
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import httpx
import structlog

from ivr.actions import Query
from ivr.business.cache import Answer
from ivr.business.task_files import TaskFiles, TaskRecord
from ivr.business.task_post import Outcome, PostRunner, Work, posted, refused

log = structlog.get_logger("task")


@dataclass(frozen=True)
class TasksConfig:
    """From settings, sections `tasks` and `webhooks`."""

    urls: Mapping[str, str]
    """Task -> address that runs it."""
    secret: str = ""
    follow_up: Sequence[str] = ()
    """Webhooks that are told of what came too late for its call."""
    timeout_s: float = 300.0
    tries: int = 5
    waits_s: Sequence[float] = (1.0, 5.0, 15.0, 60.0)
    at_once: int = 20
    max_bytes: int = 1_000_000


class Runner(Protocol):
    """Who makes a try: task_post.PostRunner, task_worker.CeleryRunner."""

    async def run(self, id: str, work: Work) -> Outcome:
        """`id` names the try, the same one after a restart. Never raises but when cancelled."""

    async def close(self) -> None: ...


class Tasks:
    """One a process, on one event loop. `ask` never raises."""

    def __init__(self, config: TasksConfig, files: TaskFiles, runner: Runner | None = None) -> None:
        """`runner`: this process when there is none."""
        self._config = config
        self._files = files
        self._runner = runner or PostRunner(config.secret)
        self._client = httpx.AsyncClient(trust_env=False, timeout=config.timeout_s)
        self._born = time.time()
        self._free = asyncio.Semaphore(config.at_once)
        self._running: set[asyncio.Task[None]] = set()
        self._waiting: dict[str, asyncio.Future[Answer]] = {}
        """Task's id -> the call that waits for it."""

    async def run(self) -> None:
        """Takes up what an earlier process left; then until cancelled."""
        for record in await asyncio.to_thread(self._files.left):
            if record.started < self._born:  # what came since then has begun
                self._start(record)
        await asyncio.Event().wait()

    async def ask(self, query: Query) -> Answer:
        """`ok` with the task's value; `timeout` when it is not ready: it goes on. Without `wait`, `ok` at once."""
        name = str(query.request.get("task", ""))
        if name not in self._config.urls:
            log.warning("there is no such task in the settings", task=name, node=query.node)
            return Answer("error")
        id = re.sub(r"[^\w-]", "_", f"{query.call}-{query.id}")
        record = TaskRecord(id, name, query.call, query.node, dict(query.parameters), time.time())
        try:
            await asyncio.to_thread(self._files.write, record)
        except OSError as error:
            log.error("a task cannot be written down, so it is not begun", task=name, error=error.strerror)
            return Answer("error")
        if not query.request.get("wait", True):
            self._start(record)
            return Answer("ok", {"task": id})
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting[id] = future
        self._start(record)
        try:
            async with asyncio.timeout(query.deadline_s):
                return await future
        except TimeoutError:  # or it came in the same moment
            return future.result() if future.done() and not future.cancelled() else Answer("timeout")
        finally:
            self._waiting.pop(id, None)  # from here on the outcome goes to the webhooks

    def status(self) -> dict[str, Any]:
        return {"running": len(self._running), "awaited": len(self._waiting)}

    async def close(self) -> None:
        """What runs is left on disk for the next process."""
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)
        await self._client.aclose()
        await self._runner.close()

    # --- one task ---------------------------------------------------------------------------------------------

    def _start(self, record: TaskRecord) -> None:
        task = asyncio.create_task(self._carry(record))
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def _carry(self, record: TaskRecord) -> None:
        """From wherever it stands to its end."""
        if record.state == "waiting":
            async with self._free:
                await self._to_its_end(record)
        if not self._reached(record) and not await self._told(record):
            return  # the file stays: the next process tells it
        await asyncio.to_thread(self._files.remove, record)

    async def _to_its_end(self, record: TaskRecord) -> None:
        while record.state == "waiting":
            record.tries += 1
            outcome = await self._runner.run(f"{record.id}.{record.tries}", self._work(record))
            match outcome.state:
                case "done":
                    record.state, record.value = "done", outcome.value
                case "failed":
                    record.state, record.why = "failed", outcome.why
                case "again":
                    record.why = outcome.why
                    if record.tries >= self._config.tries:
                        record.state = "failed"
            await asyncio.to_thread(self._kept, record)
            if record.state == "waiting":
                log.warning("a task failed and is run again", task=record.task, why=record.why, tries=record.tries)
                await asyncio.sleep(_at(self._config.waits_s, record.tries))
        if record.state == "failed":
            log.error("a task failed", task=record.task, why=record.why, tries=record.tries)

    def _work(self, record: TaskRecord) -> Work:
        body = {"id": record.id, "task": record.task, "call": record.call, "values": record.values}
        return Work(self._config.urls.get(record.task, ""), body, self._config.timeout_s, self._config.max_bytes)

    def _reached(self, record: TaskRecord) -> bool:
        """The call that waits has it now."""
        future = self._waiting.get(record.id)
        if future is None or future.done():
            return False
        future.set_result(Answer("ok", record.value) if record.state == "done" else Answer("error"))
        return True

    async def _told(self, record: TaskRecord) -> bool:
        """The follow-up: True once every webhook took it, or refused it."""
        event = {
            "id": record.id, "event": f"task.{record.state}", "call": record.call, "task": record.task,
            "node": record.node, "value": record.value, "why": record.why,
        }  # fmt: skip
        for url in self._config.follow_up:
            tries = 0
            while not await self._posted(url, event):
                tries += 1
                if tries > self._config.tries:
                    log.error("the follow-up of a task waits for the next start", task=record.task, call=record.call)
                    return False
                await asyncio.sleep(_at(self._config.waits_s, tries))
        return True

    async def _posted(self, url: str, event: dict[str, Any]) -> bool:
        try:
            answer = await self._client.post(url, **posted(event, str(event["event"]), self._config.secret))
        except httpx.HTTPError:
            return False
        return answer.is_success or refused(answer.status_code)

    def _kept(self, record: TaskRecord) -> None:
        try:
            self._files.write(record)
        except OSError as error:  # it goes on in memory
            log.error("a task's state cannot be written", task=record.task, error=error.strerror)


def _at(waits_s: Sequence[float], tries: int) -> float:
    return waits_s[min(tries, len(waits_s)) - 1]
