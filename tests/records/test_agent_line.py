"""The line for agents over two nodes: first come, first served; who does not answer rests; a node that dies is out."""

import asyncio
from collections.abc import Iterator
from functools import partial

import pytest
import uuid_utils
from sqlalchemy import Engine, text

from ivr.events import Queued, TransferDone
from ivr.records import agent_line, store
from ivr.records.agent_desk import AgentDesk, Told
from ivr.wire.messages import AgentFree, QueueAnswer, QueueJoin, QueueLeft

pytestmark = pytest.mark.postgres
ANNA, BEN = "sip:anna@pbx", "sip:ben@pbx"


@pytest.fixture
def engine(database: str) -> Iterator[Engine]:
    made = store.engine(database)
    yield made
    made.dispose()


def calls(count: int) -> list[str]:
    return [str(uuid_utils.uuid7()) for _ in range(count)]


def join(engine: Engine, node: str, call: str, *agents: str) -> None:
    agent_line.join(engine, node, QueueJoin(call=call, id=1, destination="agents", agents=list(agents)))


def stands(engine: Engine, node: str, *calls: str) -> list[tuple[str, str, int]]:
    found = {place.call: place for place in agent_line.look(engine, node, calls)}
    return [(found[call].state, found[call].agent, found[call].position) for call in calls]


def test_first_come_first_served_whichever_node_looks(engine: Engine) -> None:
    first, second, third = calls(3)
    join(engine, "east", first, ANNA)
    join(engine, "west", second, ANNA)
    join(engine, "east", third, ANNA)
    assert stands(engine, "west", second) == [("waiting", "", 1)]  # west gave Anna to east's caller
    assert stands(engine, "east", first, third) == [("ringing", ANNA, 1), ("waiting", "", 2)]
    agent_line.answered(engine, first, ANNA, ok=True)
    assert stands(engine, "east", third) == [("waiting", "", 2)]
    agent_line.leave(engine, [first])
    assert stands(engine, "east", third) == [("waiting", "", 1)]
    assert stands(engine, "west", second) == [("ringing", ANNA, 1)]


def test_who_does_not_answer_rests_and_the_caller_keeps_the_place(engine: Engine) -> None:
    first, second = calls(2)
    join(engine, "east", first, ANNA, BEN)
    assert stands(engine, "east", first) == [("ringing", ANNA, 1)]
    agent_line.answered(engine, first, ANNA, ok=False)
    join(engine, "east", second, ANNA, BEN)
    assert stands(engine, "east", first, second) == [("ringing", BEN, 1), ("waiting", "", 1)]
    with engine.begin() as connection:  # time passes
        connection.execute(text("update ivr.queue_rests set until = now() - interval '1 second'"))
    assert stands(engine, "east", second) == [("ringing", ANNA, 1)]


def test_a_node_that_died_holds_no_agent_and_no_place(engine: Engine) -> None:
    dead, alive = calls(2)
    join(engine, "east", dead, ANNA)
    join(engine, "west", alive, ANNA)
    assert stands(engine, "west", alive) == [("waiting", "", 1)]
    with engine.begin() as connection:
        late = "update ivr.queue_entries set seen_at = now() - interval '1 minute' where node = 'east'"
        connection.execute(text(late))
    assert stands(engine, "west", alive) == [("ringing", ANNA, 1)]


def test_the_expected_wait_is_what_the_last_conversations_took(engine: Engine) -> None:
    waiting = calls(4)
    with engine.begin() as connection:
        row = text("insert into ivr.queue_talks (destination, waited_s, talked_s) values ('agents', 5, :talked_s)")
        connection.execute(row, [{"talked_s": 100}, {"talked_s": 140}])
    for call in waiting:
        join(engine, "east", call, ANNA, BEN)
    found = {place.call: place for place in agent_line.look(engine, "east", waiting)}
    assert [found[call].wait_s for call in waiting[2:]] == [60.0, 120.0]


def test_a_desk_tells_media_what_is_new_and_lets_go_of_who_left(engine: Engine) -> None:
    first, second = calls(2)
    told: list[Told] = []
    desk = AgentDesk(lambda: engine, "east", told.append)
    joins = [QueueJoin(call=call, id=7, destination="agents", agents=[ANNA]) for call in (first, second)]

    async def until(count: int) -> None:
        async with asyncio.timeout(20):
            while len(told) < count:  # noqa: ASYNC110 - a list is what the desk is given
                await asyncio.sleep(0.01)

    async def talk() -> None:
        task = asyncio.create_task(desk.run())
        for each in joins:
            desk.take(each)
        await until(2)
        desk.take(QueueAnswer(call=first, agent=ANNA, ok=True))
        desk.take(QueueLeft(call=first))
        await until(3)
        task.cancel()

    asyncio.run(talk())
    assert told == [
        AgentFree(call=first, id=7, agent=ANNA),
        Queued(call=second, id=7, position=1),
        AgentFree(call=second, id=7, agent=ANNA),
    ]


def test_a_call_that_others_took_for_dead_stands_in_line_again(engine: Engine) -> None:
    """Services was away so long that another node let go of it."""
    (call,) = calls(1)
    told: list[Told] = []
    desk = AgentDesk(lambda: engine, "east", told.append)

    async def talk() -> None:
        task = asyncio.create_task(desk.run())
        desk.take(QueueJoin(call=call, id=7, destination="agents", agents=[]))
        async with asyncio.timeout(20):
            while not told:  # noqa: ASYNC110 - a list is what the desk is given
                await asyncio.sleep(0.01)
            with engine.begin() as connection:
                connection.execute(text("delete from ivr.queue_entries"))
            while not stands_in_line(engine):  # noqa: ASYNC110 - a table
                await asyncio.sleep(0.05)
        task.cancel()

    asyncio.run(talk())


def stands_in_line(engine: Engine) -> bool:
    with engine.connect() as connection:
        return bool(connection.execute(text("select count(*) from ivr.queue_entries")).scalar_one())


def test_without_the_database_who_waits_goes_back_into_the_flow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ivr.records.agent_desk.LOOK_S", 0.02)
    monkeypatch.setattr("ivr.records.agent_desk.AWAY_S", 0.1)
    told: list[Told] = []
    away = partial(store.engine, "postgresql://nobody@127.0.0.1:9/nothing", timeout_s=1)
    desk = AgentDesk(away, "east", told.append)
    (call,) = calls(1)

    async def talk() -> None:
        task = asyncio.create_task(desk.run())
        desk.take(QueueJoin(call=call, id=7, destination="agents", agents=[ANNA]))
        async with asyncio.timeout(20):
            while not told:  # noqa: ASYNC110 - a list is what the desk is given
                await asyncio.sleep(0.01)
        task.cancel()

    asyncio.run(talk())
    assert told == [TransferDone(call=call, id=7, sip_status=503, reason="no line for agents")]
