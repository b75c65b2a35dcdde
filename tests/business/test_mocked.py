"""Answers of queries that tests over real calls bring."""

import asyncio
import json
from pathlib import Path

from ivr.actions import Query
from ivr.business.mocked import MockedQueries
from ivr.events import Queried


class Real:
    """The business system."""

    async def answer(self, query: Query) -> Queried:
        return Queried(call=query.call, id=query.id, status="ok", value="real")

    async def finish(self) -> None:
        return


def ask(mocked: MockedQueries, call: str, node: str, id: int) -> Queried:
    return asyncio.run(mocked.answer(Query(call=call, id=id, node=node, kind="sql", request={})))


def test_the_next_answer_at_the_next_query_and_the_last_one_stays(tmp_path: Path) -> None:
    answers = {"lookup": [{"status": "not_found"}, {"status": "ok", "value": {"status": "shipped"}}]}
    (tmp_path / "c1.json").write_text(json.dumps(answers))
    mocked = MockedQueries(tmp_path, Real())
    found = [ask(mocked, "c1", "lookup", n) for n in range(1, 4)]
    assert [answer.status for answer in found] == ["not_found", "ok", "ok"]
    assert found[2].value == {"status": "shipped"}
    assert [answer.id for answer in found] == [1, 2, 3]


def test_calls_do_not_share_their_answers_and_other_nodes_ask_the_real_system(tmp_path: Path) -> None:
    for call in ("c1", "c2"):
        (tmp_path / f"{call}.json").write_text(json.dumps({"lookup": [{"value": call}, {"value": "second"}]}))
    mocked = MockedQueries(tmp_path, Real())
    assert ask(mocked, "c1", "lookup", 1).value == "c1"
    assert ask(mocked, "c2", "lookup", 1).value == "c2"
    assert ask(mocked, "c1", "cancel", 2).value == "real"


def test_a_call_s_file_may_come_after_its_first_query(tmp_path: Path) -> None:
    mocked = MockedQueries(tmp_path, Real())

    async def both() -> Queried:
        asked = asyncio.ensure_future(mocked.answer(Query(call="c1", id=1, node="lookup", kind="sql", request={})))
        await asyncio.sleep(0)
        (tmp_path / "c1.json").write_text(json.dumps({"lookup": [{"value": "mocked"}]}))
        return await asked

    assert asyncio.run(both()).value == "mocked"
