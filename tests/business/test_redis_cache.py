"""Answers in a real Redis outlive the process; a Redis that is away costs nothing but the answer."""

import asyncio
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis, RedisError

from ivr.business import redis_server
from ivr.business.cache import Answer, AnswerCache
from ivr.business.redis_cache import RedisAnswers


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    if shutil.which("redis-server") is None:
        pytest.skip("redis-server is not installed")
    state = tmp_path_factory.mktemp("r")
    (state / "run").mkdir()
    process = subprocess.Popen(redis_server.command(state), stdout=subprocess.DEVNULL)
    redis = Redis.from_url(redis_server.address(state))
    until = time.monotonic() + 30
    while time.monotonic() < until:
        try:
            redis.ping()
            break
        except RedisError:
            time.sleep(0.05)
    yield redis_server.address(state)
    process.kill()
    process.wait(5)


def asked(address: str, key: str, answer: Answer, keep_s: float = 60.0) -> tuple[Answer, int]:
    """By a process that has just started; the answer, and how often the business was asked."""

    async def run() -> tuple[Answer, int]:
        store, asks = RedisAnswers(address), 0

        async def business() -> Answer:
            nonlocal asks
            asks += 1
            return answer

        found = await AnswerCache(store=store).get(key, keep_s, business)
        await store.close()
        return found, asks

    return asyncio.run(run())


def test_an_answer_outlives_the_process(address: str) -> None:
    value = {"eta": "2027-01-04", "items": [1, None, "\0"]}
    assert asked(address, "k", Answer("ok", value)) == (Answer("ok", value), 1)
    assert asked(address, "k", Answer("ok", 2)) == (Answer("ok", value, cached=True), 0)
    assert asked(address, "other", Answer("ok", 2)) == (Answer("ok", 2), 1)


def test_it_is_kept_for_its_time_and_failures_are_not(address: str) -> None:
    asked(address, "short", Answer("ok", 1), keep_s=0.05)
    time.sleep(0.1)
    assert asked(address, "short", Answer("ok", 2)) == (Answer("ok", 2), 1)
    asked(address, "fails", Answer("timeout"))
    assert asked(address, "fails", Answer("ok", 2)) == (Answer("ok", 2), 1)


def test_redis_sees_no_values_in_keys_and_what_others_wrote_is_asked_for(address: str) -> None:
    asked(address, "order 4567", Answer("ok", 1))
    redis = Redis.from_url(address)
    keys = list(redis.scan_iter("ivr:answer:*"))
    assert keys
    assert not any(b"4567" in key for key in keys)
    for key in keys:
        redis.set(key, b'{"status": [', ex=60)
    assert asked(address, "order 4567", Answer("ok", 3)) == (Answer("ok", 3), 1)


def test_a_redis_that_is_away_costs_a_turn_nothing(tmp_path: Path) -> None:
    assert asked(f"unix://{tmp_path}/no.sock", "k", Answer("ok", 1)) == (Answer("ok", 1), 1)
