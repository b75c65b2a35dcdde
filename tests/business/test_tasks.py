"""Background tasks: the result reaches the call, or the webhook when it comes later; none is lost.

The contract holds for both who may run them: this process, and a real Celery worker with a real Redis.
"""

import asyncio
import json
import shutil
from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from ivr.actions import Query
from ivr.business.cache import Answer
from ivr.business.task_files import TaskFiles
from ivr.business.task_post import PostRunner
from ivr.business.task_worker import CeleryRunner
from ivr.business.tasks import Runner, Tasks, TasksConfig
from tests.business.celery_worker import CeleryParts
from tests.business.web_server import Asked, Reply, WebServer, reply


class Company:
    """Runs the task at /run and takes follow-ups at /hook."""

    def __init__(self) -> None:
        self.answers: list[Reply] = [reply('{"score": 7}')]
        """Of /run: the next one at the next try, the last one stays."""
        self.runs: list[dict[str, Any]] = []
        self.told: list[dict[str, Any]] = []
        self.server = WebServer(self._answer)

    def _answer(self, asked: Asked) -> Reply:
        body = json.loads(asked.body)
        if asked.path == "/hook":
            self.told.append(body)
            return reply()
        self.runs.append(body)
        return self.answers[min(len(self.runs), len(self.answers)) - 1]


@pytest.fixture
def company() -> Iterator[Company]:
    made = Company()
    yield made
    made.server.stop()


SECRET = "a secret of sixteen letters"


@pytest.fixture(scope="module")
def celery_parts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CeleryParts]:
    if shutil.which("redis-server") is None:
        pytest.skip("redis-server is not installed")
    parts = CeleryParts(tmp_path_factory.mktemp("c"), SECRET)
    yield parts
    parts.stop()


@pytest.fixture(params=["services", "celery"])
def runner(request: pytest.FixtureRequest) -> Callable[[], Runner]:
    """Makes who runs the tries."""
    if request.param == "services":
        return lambda: PostRunner(SECRET)
    parts: CeleryParts = request.getfixturevalue("celery_parts")
    parts.forget()
    return lambda: CeleryRunner(parts.address, 30.0, SECRET)


@pytest.fixture
def celery(celery_parts: CeleryParts) -> CeleryParts:
    celery_parts.forget()
    return celery_parts


Run = Callable[..., Any]


@pytest.fixture
def with_tasks(runner: Callable[[], Runner]) -> Run:
    return partial(with_runner, runner)


def with_runner(
    runner: Callable[[], Runner],
    company: Company,
    folder: Path,
    use: Callable[[Tasks], Awaitable[Any]],
    **more: Any,
) -> Any:
    async def run() -> Any:
        urls = {"credit": company.server.url + "/run"}
        hooks = (company.server.url + "/hook",)
        config = TasksConfig(urls, SECRET, hooks, timeout_s=30.0, waits_s=(0.05,), **more)
        tasks = Tasks(config, TaskFiles(folder), runner())
        worker = asyncio.create_task(tasks.run())
        try:
            return await use(tasks)
        finally:
            worker.cancel()
            await tasks.close()

    return asyncio.run(run())


def query(deadline_s: float = 20.0, task: str = "credit", wait: bool = True) -> Query:
    return Query(
        call="c", id=4, node="check", kind="task", request={"task": task, "wait": wait}, parameters={"who": "{x}"},
        deadline_s=deadline_s,
    )  # fmt: skip


async def until(what: Callable[[], Any]) -> None:
    async with asyncio.timeout(20):
        while not what():  # noqa: ASYNC110 - another thread brings it about
            await asyncio.sleep(0.02)


def files(folder: Path) -> list[Path]:
    return list(folder.glob("*.json"))


def test_the_result_reaches_the_call_and_nobody_else(with_tasks: Run, company: Company, tmp_path: Path) -> None:
    assert with_tasks(company, tmp_path, lambda tasks: tasks.ask(query())) == Answer("ok", {"score": 7})
    assert company.runs == [{"id": "c-4", "task": "credit", "call": "c", "values": {"who": "{x}"}}]
    assert company.told == []


def test_what_fails_is_run_again_with_the_same_id(with_tasks: Run, company: Company, tmp_path: Path) -> None:
    company.answers = [reply(status="500 Oh"), b"", reply("7")]
    assert with_tasks(company, tmp_path, lambda tasks: tasks.ask(query())) == Answer("ok", 7)
    assert [run["id"] for run in company.runs] == ["c-4"] * 3


@pytest.mark.parametrize(("answer", "tries"), [(reply("<html>"), 1), (reply(status="400 No"), 1), (b"", 3)])
def test_what_never_works_is_an_error(
    with_tasks: Run, company: Company, tmp_path: Path, answer: Reply, tries: int
) -> None:
    company.answers = [answer]

    async def use(tasks: Tasks) -> Answer:
        found = await tasks.ask(query())
        await until(lambda: not files(tmp_path))
        return found

    assert with_tasks(company, tmp_path, use, tries=3) == Answer("error")
    assert len(company.runs) == tries


def test_a_late_result_goes_to_the_webhook(with_tasks: Run, company: Company, tmp_path: Path) -> None:
    company.answers = [(b"", 0.5, reply('{"score": 7}'))]

    async def use(tasks: Tasks) -> Answer:
        answer = await tasks.ask(query(deadline_s=0.1))
        await until(lambda: company.told and not files(tmp_path))
        return answer

    assert with_tasks(company, tmp_path, use) == Answer("timeout")
    (told,) = company.told
    assert (told["event"], told["call"], told["value"]) == ("task.done", "c", {"score": 7})


def test_a_caller_who_hangs_up_loses_no_task(with_tasks: Run, company: Company, tmp_path: Path) -> None:
    company.answers = [(b"", 0.3, reply(status="400 No"))]

    async def use(tasks: Tasks) -> None:
        asked = asyncio.create_task(tasks.ask(query()))
        await until(lambda: company.runs)
        asked.cancel()
        await until(lambda: company.told)

    with_tasks(company, tmp_path, use)
    assert (company.told[0]["event"], company.told[0]["why"]) == ("task.failed", "400")


def test_the_call_goes_on_when_it_does_not_wait(with_tasks: Run, company: Company, tmp_path: Path) -> None:
    async def use(tasks: Tasks) -> Answer:
        answer = await tasks.ask(query(wait=False))
        await until(lambda: company.told)
        return answer

    assert with_tasks(company, tmp_path, use) == Answer("ok", {"task": "c-4"})
    assert company.told[0]["value"] == {"score": 7}


async def begun(company: Company, tasks: Tasks) -> None:
    await tasks.ask(query(wait=False))
    await until(lambda: company.runs)


async def told(company: Company, _: Tasks) -> None:
    await until(lambda: company.told)


def test_a_task_survives_the_process(company: Company, tmp_path: Path) -> None:
    company.answers = [(b"", 30.0, b""), reply("7")]
    here = partial(with_runner, lambda: PostRunner(SECRET), company, tmp_path)
    here(partial(begun, company))
    assert len(files(tmp_path)) == 1
    assert files(tmp_path)[0].stat().st_mode & 0o077 == 0
    here(partial(told, company))
    assert [run["id"] for run in company.runs] == ["c-4", "c-4"]
    assert company.told[0]["value"] == 7


def test_what_a_worker_makes_is_not_made_again_when_services_start_anew(
    celery: CeleryParts, company: Company, tmp_path: Path
) -> None:
    company.answers = [(b"", 1.0, reply("7")), reply("8")]
    there = partial(with_runner, lambda: CeleryRunner(celery.address, 30.0, SECRET), company, tmp_path)
    there(partial(begun, company))
    there(partial(told, company))
    assert [run["id"] for run in company.runs] == ["c-4"]
    assert company.told[0]["value"] == 7


@pytest.mark.parametrize("whole", [False, True], ids=["its child", "the worker"])
def test_a_task_is_made_again_when_its_worker_dies(
    celery: CeleryParts, company: Company, tmp_path: Path, whole: bool
) -> None:
    company.answers = [(b"", 30.0, b""), reply("7")]

    async def use(tasks: Tasks) -> Answer:
        asked = asyncio.create_task(tasks.ask(query()))
        await until(lambda: company.runs)
        await asyncio.to_thread(celery.kill, whole)
        return await asked

    assert with_runner(lambda: CeleryRunner(celery.address, 30.0, SECRET), company, tmp_path, use) == Answer("ok", 7)
    assert [run["id"] for run in company.runs] == ["c-4", "c-4"]


def test_without_redis_a_task_is_tried_again_and_reported(company: Company, tmp_path: Path) -> None:
    async def use(tasks: Tasks) -> Answer:
        answer = await tasks.ask(query())
        await until(lambda: not files(tmp_path))
        return answer

    nowhere = f"unix://{tmp_path}/no.sock"
    assert with_runner(lambda: CeleryRunner(nowhere, 1.0, SECRET), company, tmp_path, use, tries=2) == Answer("error")
    assert company.runs == []


def test_an_unknown_task_and_a_full_disk_are_errors(with_tasks: Run, company: Company, tmp_path: Path) -> None:
    assert with_tasks(company, tmp_path, lambda tasks: tasks.ask(query(task="other"))) == Answer("error")
    (tmp_path / "file").write_text("")
    assert with_tasks(company, tmp_path / "file", lambda tasks: tasks.ask(query())) == Answer("error")
    assert company.runs == []
