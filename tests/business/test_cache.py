"""Answers kept for a while; one request in flight a key."""

import asyncio

from ivr.business.cache import Answer, AnswerCache, key


class Business:
    """Answers when told to; counts how often it was asked."""

    def __init__(self, *answers: Answer | Exception) -> None:
        self.answers = list(answers)
        self.asked = 0
        self.gate = asyncio.Event()

    async def __call__(self) -> Answer:
        self.asked += 1
        await self.gate.wait()
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def test_ten_at_once_ask_once_and_all_get_the_answer() -> None:
    async def run() -> None:
        cache, business = AnswerCache(), Business(Answer("ok", 7))
        waiting = [asyncio.create_task(cache.get("k", 60, business)) for _ in range(10)]
        await asyncio.sleep(0)
        waiting[0].cancel()  # who gives up takes nothing from the others
        business.gate.set()
        answers = await asyncio.gather(*waiting[1:])
        assert business.asked == 1
        assert {a.value for a in answers} == {7}
        assert all(a.cached for a in answers)

    asyncio.run(run())


def test_an_answer_is_kept_for_its_time_and_no_longer() -> None:
    async def run() -> None:
        now = [0.0]
        cache, business = AnswerCache(clock=lambda: now[0]), Business(Answer("ok", 1), Answer("ok", 2))
        business.gate.set()
        assert (await cache.get("k", 60, business)) == Answer("ok", 1, cached=False)
        now[0] = 59.9
        assert (await cache.get("k", 60, business)) == Answer("ok", 1, cached=True)
        now[0] = 60.1
        assert (await cache.get("k", 60, business)).value == 2

    asyncio.run(run())


def test_failures_are_not_kept() -> None:
    async def run() -> None:
        cache, business = AnswerCache(), Business(Answer("error"), Answer("timeout"), Answer("not_found"), Answer("ok"))
        business.gate.set()
        seen = [(await cache.get("k", 60, business)).status for _ in range(4)]
        assert seen == ["error", "timeout", "not_found", "not_found"]

    asyncio.run(run())


def test_the_cache_does_not_grow_without_end() -> None:
    async def run() -> None:
        cache = AnswerCache(size=3)
        business = Business(*(Answer("ok", n) for n in range(6)))
        business.gate.set()
        for n in range(5):
            await cache.get(f"k{n}", 60, business)
        assert (await cache.get("k4", 60, business)).cached
        assert not (await cache.get("k0", 60, business)).cached

    asyncio.run(run())


def test_a_key_tells_calls_nodes_requests_and_values_apart() -> None:
    base = key("c1", "n", {"statement": "s"}, {"x": "1"})
    others = [
        key("c2", "n", {"statement": "s"}, {"x": "1"}),
        key("c1", "m", {"statement": "s"}, {"x": "1"}),
        key("c1", "n", {"statement": "t"}, {"x": "1"}),
        key("c1", "n", {"statement": "s"}, {"x": "2"}),
        key("c1", "n", {"statement": "s"}, {"x": 1}),
    ]
    assert len({base, *others}) == 6
