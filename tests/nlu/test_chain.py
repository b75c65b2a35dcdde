"""Rasa first; away, slow or wrong: the built-in parser answers that turn, and why is recorded. A made-up server here;
tests/nlu/test_rasa.py has the real one."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from ivr.actions import Understand
from ivr.breaker import Breaker
from ivr.events import Hypothesis, Understood
from ivr.nlu.builtin import Builtin
from ivr.nlu.chain import Chain
from ivr.nlu.rasa import Rasa
from ivr.nlu.rasa_names import of_flow
from ivr.nlu.training import digest
from tests.nlu.orders import orders

GOOD = {
    "text": "cancel my order",
    "intent": {"name": "orders:cancel_order", "confidence": 0.93},
    "intent_ranking": [
        {"name": "orders:cancel_order", "confidence": 0.93},
        {"name": "command.agent", "confidence": 0.05},
        {"name": "out_of_scope", "confidence": 0.02},
    ],
    "entities": [{"entity": "item", "value": "hat", "start": 0, "end": 3, "confidence_entity": 0.8}],
}


@pytest.fixture(scope="module")
def builtin() -> Builtin:
    parser = Builtin()
    parser.publish([orders()])
    return parser


def told(folder: Path, url: str = "http://127.0.0.1:1", **more: Any) -> Path:
    served = {"url": url, "token": "secret", "language": "en", "flows": {"orders": digest([orders()])}} | more
    path = folder / "rasa.json"
    path.write_text(json.dumps(served))
    return path


def request(text: str = "cancel my order", deadline_s: float = 0.4, **more: Any) -> Understand:
    heard = [Hypothesis(text=text, confidence=0.9)]
    return Understand(
        call="c",
        id=3,
        turn=2,
        flow="orders",
        version="v1",
        language="en",
        hypotheses=heard,
        deadline_s=deadline_s,
        **more,
    )


def rasa(path: Path, answer: Callable[[httpx.Request], httpx.Response | Awaitable[httpx.Response]]) -> Rasa:
    client = httpx.AsyncClient(transport=httpx.MockTransport(answer))  # type: ignore[arg-type]
    parser = Rasa(path, deadline_s=0.2, client=client)
    parser.publish([orders()])
    return parser


def ask(parser: Rasa | None, builtin: Builtin, action: Understand | None = None) -> Understood:
    return asyncio.run(Chain(parser, builtin).parse(action or request()))


def test_rasas_answer_counts(tmp_path: Path, builtin: Builtin) -> None:
    seen: list[httpx.Request] = []

    def answer(asked: httpx.Request) -> httpx.Response:
        seen.append(asked)
        return httpx.Response(200, json=GOOD)

    found = ask(rasa(told(tmp_path), answer), builtin, request("Cancel my order!"))
    assert (found.call, found.id, found.turn, found.source, found.why) == ("c", 3, 2, "rasa", "")
    assert found.intents[0].name == "cancel_order"
    assert found.intents[0].confidence == pytest.approx(0.96, abs=0.02)
    assert [(e.name, e.value) for e in found.entities] == [("item", "hat")]
    assert json.loads(seen[0].content) == {"text": "cancel my order"}
    assert seen[0].url.params["token"] == "secret"


WRONG = [
    {}, [], "hello", {"intent_ranking": "x", "entities": []}, GOOD | {"intent_ranking": [{"name": "a"}]},
    GOOD | {"intent_ranking": [{"name": "orders:x", "confidence": 7}]}, GOOD | {"entities": [{"entity": "x"}]},
    GOOD | {"entities": None}, GOOD | {"intent_ranking": [{"name": "orders:x", "confidence": "high"}]},
]  # fmt: skip


@pytest.mark.parametrize("body", WRONG)
def test_an_answer_of_the_wrong_shape_is_no_answer(tmp_path: Path, builtin: Builtin, body: Any) -> None:
    found = ask(rasa(told(tmp_path), lambda _: httpx.Response(200, json=body)), builtin)
    assert (found.source, found.why, found.intents[0].name) == ("builtin", "rasa answers wrongly", "cancel_order")


@pytest.mark.parametrize("status", [401, 404, 409, 500, 503])
def test_an_error_is_no_answer(tmp_path: Path, builtin: Builtin, status: int) -> None:
    found = ask(rasa(told(tmp_path), lambda _: httpx.Response(status, text="no")), builtin)
    assert (found.source, found.why) == ("builtin", "rasa answers wrongly")


def test_a_slow_rasa_loses_the_turn_in_time(tmp_path: Path, builtin: Builtin) -> None:
    async def slow(_: httpx.Request) -> httpx.Response:
        await asyncio.sleep(5)
        return httpx.Response(200, json=GOOD)

    started = time.monotonic()
    found = ask(rasa(told(tmp_path), slow), builtin)
    assert (found.source, found.why, found.intents[0].name) == ("builtin", "rasa late", "cancel_order")
    assert time.monotonic() - started < 1.0


@pytest.mark.parametrize("own_deadline_s", [0.02, 5.0])
def test_a_rasa_that_hangs_is_not_asked_again_and_again(
    tmp_path: Path, builtin: Builtin, own_deadline_s: float
) -> None:
    calls: list[int] = []

    async def hangs(_: httpx.Request) -> httpx.Response:
        calls.append(1)
        await asyncio.sleep(60)
        return httpx.Response(200, json=GOOD)

    parser = rasa(told(tmp_path), hangs)
    parser.deadline_s = own_deadline_s
    for _ in range(5):
        found = ask(parser, builtin, request(deadline_s=0.08))
        assert (found.source, found.why) == ("builtin", "rasa late")
    assert len(calls) == 2


def test_a_dead_rasa_is_not_asked_again_and_again(tmp_path: Path, builtin: Builtin) -> None:
    calls: list[int] = []

    def dead(asked: httpx.Request) -> httpx.Response:
        calls.append(1)
        raise httpx.ConnectError("refused", request=asked)

    parser = rasa(told(tmp_path), dead)
    for _ in range(6):
        found = ask(parser, builtin)
        assert (found.source, found.why) == ("builtin", "rasa away")
    assert len(calls) == 2


def test_not_ready_another_version_another_language(tmp_path: Path, builtin: Builtin) -> None:
    def never(_: httpx.Request) -> httpx.Response:
        raise AssertionError("it must not be asked")

    assert ask(rasa(tmp_path / "none.json", never), builtin).why == "rasa not ready"
    assert ask(rasa(told(tmp_path, flows={}), never), builtin).why == "rasa serves another version"
    assert ask(rasa(told(tmp_path, flows={"orders": "old"}), never), builtin).why == "rasa serves another version"
    assert ask(rasa(told(tmp_path, language="ko"), never), builtin).why == "rasa does not serve en"
    assert ask(rasa(told(tmp_path, url="http://example.com:80"), never), builtin).why == "rasa not ready"
    (tmp_path / "rasa.json").write_text("[1")
    assert ask(rasa(tmp_path / "rasa.json", never), builtin).why == "rasa not ready"


def test_rasa_that_comes_back_is_used_at_once(tmp_path: Path, builtin: Builtin) -> None:
    alive: list[bool] = []

    def answer(asked: httpx.Request) -> httpx.Response:
        if not alive:
            raise httpx.ConnectError("refused", request=asked)
        return httpx.Response(200, json=GOOD)

    parser = rasa(told(tmp_path), answer)
    for _ in range(3):
        assert ask(parser, builtin).source == "builtin"
    alive.append(True)
    told(tmp_path, url="http://127.0.0.1:2", model="new")  # the server tells that it is there again
    assert ask(parser, builtin).source == "rasa"


def test_only_the_builtin_by_choice_is_no_failure(builtin: Builtin) -> None:
    found = ask(None, builtin)
    assert (found.source, found.why) == ("builtin", "")


def test_nobody_can_answer() -> None:
    found = ask(None, Builtin())
    assert (found.source, found.intents) == ("none", [])
    assert "no classifier" in found.why


def test_the_builtin_tempers_what_rasa_believes(tmp_path: Path, builtin: Builtin) -> None:
    body = GOOD | {"intent_ranking": [{"name": "orders:cancel_order", "confidence": 0.99}]}
    parser = rasa(told(tmp_path), lambda _: httpx.Response(200, json=body))
    found = ask(parser, builtin, request("what is the capital of france"))
    assert found.source == "rasa"
    assert all(i.confidence < 0.45 for i in found.intents)


def test_an_intent_that_only_rasa_knows_keeps_its_confidence(tmp_path: Path, builtin: Builtin) -> None:
    body = GOOD | {"intent_ranking": [{"name": "orders:gift", "confidence": 0.8}]}
    parser = rasa(told(tmp_path), lambda _: httpx.Response(200, json=body))
    found = ask(parser, builtin, request("a voucher"))
    assert (found.intents[0].name, found.intents[0].confidence) == ("gift", 0.8)


def test_an_external_rasa_needs_no_prefix(builtin: Builtin) -> None:
    body = GOOD | {
        "intent_ranking": [{"name": "cancel_order", "confidence": 0.8}, {"name": "greet", "confidence": 0.2}]
    }
    client = httpx.AsyncClient(transport=httpx.MockTransport(lambda _: httpx.Response(200, json=body)))
    found = ask(Rasa("http://rasa.test:5005", client=client), builtin)
    chances = {i.name: i.confidence for i in found.intents}
    assert (found.source, found.intents[0].name, chances["greet"]) == ("rasa", "cancel_order", 0.2)


def test_two_hypotheses_are_asked_about(tmp_path: Path, builtin: Builtin) -> None:
    def answer(asked: httpx.Request) -> httpx.Response:
        text = json.loads(asked.content)["text"]
        name = "orders:cancel_order" if text == "cancel my order" else "out_of_scope"
        return httpx.Response(200, json=GOOD | {"intent_ranking": [{"name": name, "confidence": 0.9}]})

    heard = [Hypothesis(text="can sell my odor", confidence=0.5), Hypothesis(text="cancel my order", confidence=0.4)]
    action = Understand(id=1, flow="orders", version="v1", language="en", hypotheses=heard)
    found = ask(rasa(told(tmp_path), answer), builtin, action)
    assert (found.source, found.text, found.intents[0].name) == ("rasa", "cancel my order", "cancel_order")


def test_other_flows_speak_against_but_not_alone() -> None:
    ranking = [("orders:status", 0.5), ("billing:status", 0.5)]
    assert of_flow("orders", ranking)["status"] == pytest.approx(0.77, abs=0.01)
    strange = of_flow("orders", [("billing:status", 0.95), ("orders:status", 0.05)])
    assert strange["status"] < 0.2
    assert of_flow("orders", [("command.agent", 0.9), ("nlu_fallback", 0.3)]) == {"command.agent": 0.9}


def test_the_breaker_waits_longer_each_time_and_closes_at_a_success() -> None:
    now = [0.0]
    breaker = Breaker(failures=2, rest_s=1.0, longest_s=3.0, clock=lambda: now[0])
    breaker.failed("away")
    seen = [breaker.open]
    breaker.failed("away")
    seen.append(breaker.open)
    now[0] = 1.1
    seen.append(breaker.open)
    breaker.failed("away")
    now[0] = 2.9
    seen.append(breaker.open)
    now[0] = 3.2
    seen.append(breaker.open)
    assert seen == [False, True, False, True, False]
    breaker.worked()
    assert breaker.why == ""


def test_under_load_only_the_built_in_parser_is_asked(tmp_path: Path, builtin: Builtin) -> None:
    asked: list[httpx.Request] = []

    def answer(got: httpx.Request) -> httpx.Response:
        asked.append(got)
        return httpx.Response(200, json=GOOD)

    found = ask(rasa(told(tmp_path), answer), builtin, request(builtin_only=True))
    assert (found.source, found.why) == ("builtin", "overload")
    assert found.intents
    assert asked == []
