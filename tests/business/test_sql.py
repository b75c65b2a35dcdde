"""Query nodes on a real Postgres: rights, limits, hostile values, the demo's tables."""

import asyncio
import datetime
import signal
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest

from ivr.actions import Query
from ivr.business import demo
from ivr.business.cache import Answer
from ivr.business.queries import Queries
from ivr.business.sql import SqlQueries, SqlRequest
from ivr.events import Queried
from tests.embedded_postgres import Server

pytestmark = pytest.mark.postgres

TODAY = datetime.date.today()  # fill() moves what is overdue by the database's date
STATUS = "select status, eta, item from demo.orders where order_id = :order_id"
CANCEL = (
    "update demo.orders set status = 'cancelled', cancelled_at = now()"
    " where order_id = :order_id and status = 'processing' returning order_id, status"
)


@pytest.fixture
def queries(postgres_server: Server, database: str) -> Callable[[Callable[[SqlQueries], Awaitable[Any]]], Any]:
    """Runs a coroutine function with query nodes' own login on the demo's tables."""
    demo.fill(database, "ivr_query", TODAY)

    def run(use: Callable[[SqlQueries], Awaitable[Any]]) -> Any:
        async def main() -> Any:
            sql = SqlQueries(postgres_server.query_url(database))
            try:
                return await use(sql)
            finally:
                await sql.close()

        return asyncio.run(main())

    return run


def ask(statement: str, *, many: bool = False, changes: bool = False, deadline_s: float = 4.0, **values: Any) -> Any:
    request = SqlRequest(statement, values, many=many, changes=changes, deadline_s=deadline_s)
    return lambda sql: sql.ask(request)


def test_the_demo_s_rows_are_plain_json(queries: Any) -> None:
    answer = queries(ask(STATUS, order_id="4567"))
    assert answer.status == "ok"
    assert answer.value["status"] == "shipped"
    assert TODAY <= datetime.date.fromisoformat(answer.value["eta"]) <= TODAY + datetime.timedelta(days=7)
    assert queries(ask(STATUS, order_id="4568")).value["status"] == "processing"
    assert queries(ask(STATUS, order_id="0000")) == Answer("not_found")
    many = queries(ask("select order_id from demo.orders where status = :s order by 1", many=True, s="cancelled"))
    assert many == Answer("ok", [{"order_id": "4570"}])
    assert queries(ask("select order_id from demo.orders where status = :s", many=True, s="x")) == Answer(
        "not_found", []
    )


def test_filling_again_keeps_what_callers_changed_and_reset_undoes_it(queries: Any, database: str) -> None:
    assert queries(ask(CANCEL, changes=True, order_id="4568")) == Answer(
        "ok", {"order_id": "4568", "status": "cancelled"}
    )
    assert queries(ask(CANCEL, changes=True, order_id="4568")) == Answer("not_found")
    before = demo.fill(database, "ivr_query", TODAY)
    assert queries(ask(STATUS, order_id="4568")).value["status"] == "cancelled"
    assert demo.fill(database, "ivr_query", TODAY, reset=True) == before >= 40
    assert queries(ask(STATUS, order_id="4568")).value["status"] == "processing"


@pytest.mark.parametrize(
    "value",
    [
        "' or '1'='1",
        "4567'; drop table demo.orders; --",
        "4567; delete from demo.orders",
        "%s %(order_id)s :order_id {order_id}",
        "\\'; select 1 --",
        "$$ or true $$",
        "\x00",
        "4567\u0000",
        "☎" * 5000,
    ],
)
def test_what_a_caller_said_is_a_value_whatever_it_looks_like(queries: Any, value: str) -> None:
    assert queries(ask(STATUS, order_id=value)) == Answer("not_found")
    assert queries(ask("select :v as v", v=value)).value["v"] == value.replace("\x00", "\N{REPLACEMENT CHARACTER}")
    assert queries(ask("select count(*) as n from demo.orders")).value["n"] >= 40


def test_a_value_that_fits_no_row_of_that_type_is_not_found(queries: Any) -> None:
    statement = "select 1 as one where :n::int = 3"
    assert queries(ask(statement, n="3")).value == {"one": 1}
    assert queries(ask(statement, n=3)).value == {"one": 1}
    for value in ("abc", "99999999999999999999", ""):
        assert queries(ask(statement, n=value)).status == "not_found"
    assert queries(ask("select 1 where placed = :d::date", d="not a day")).status == "error"  # no such column


def test_only_what_says_changes_may_change(queries: Any) -> None:
    assert queries(ask(CANCEL, order_id="4568")).status == "error"
    assert queries(ask(STATUS, order_id="4568")).value["status"] == "processing"


@pytest.mark.parametrize(
    "statement",
    [
        "select * from ivr.calls",
        "update ivr.calls set outcome = 'x' returning id",
        "delete from demo.orders returning order_id",
        "update demo.orders set item = 'x' returning order_id",
        "insert into demo.orders values ('1') returning order_id",
        "create table demo.mine (n int)",
        "create table public.mine (n int)",
        "create temporary table mine (n int)",
        "select pg_read_file('/etc/passwd')",
        "copy demo.orders to program 'id'",
        "select set_config('role', 'ivr', false)",
        "select lo_import('/etc/passwd')",
    ],
)
def test_a_flow_s_role_has_no_other_rights(queries: Any, statement: str) -> None:
    assert queries(ask(statement, changes=True)).status == "error"


def test_a_role_taken_on_after_the_login_has_the_same_limits(database: str, postgres_server: Server) -> None:
    """An external database: one login, and `set role`."""
    demo.fill(database, "ivr_query", TODAY)
    with psycopg.connect(postgres_server.cluster.url("postgres", "postgres"), autocommit=True) as connection:
        connection.execute("grant ivr_query to ivr")

    async def main() -> tuple[Answer, Answer]:
        sql = SqlQueries(database, role="ivr_query")
        found = await sql.ask(SqlRequest(STATUS, {"order_id": "4567"}))
        refused = await sql.ask(SqlRequest("select * from ivr.calls", {}))
        await sql.close()
        return found, refused

    found, refused = asyncio.run(main())
    assert (found.status, refused.status) == ("ok", "error")


def test_a_slow_query_is_a_timeout_in_time_and_the_connection_is_good_again(queries: Any) -> None:
    async def use(sql: SqlQueries) -> None:
        started = time.monotonic()
        assert (await sql.ask(SqlRequest("select pg_sleep(20)", {}, deadline_s=0.3))).status == "timeout"
        assert time.monotonic() - started < 2.0
        assert (await sql.ask(SqlRequest(STATUS, {"order_id": "4567"}))).status == "ok"

    queries(use)


def test_statements_that_cannot_be_used_are_errors_not_exceptions(queries: Any) -> None:
    for statement in ("select 1; select 2", "select 'x", "selec 1", "select :missing"):
        assert queries(ask(statement)).status == "error"


def query(**changes: Any) -> Query:
    values: dict[str, Any] = {"statement": STATUS, "rows": "one"}
    fields: dict[str, Any] = {"call": "c1", "turn": 3, "id": 9, "node": "lookup", "kind": "sql", "request": values}
    return Query(**{**fields, "parameters": {"order_id": "4567"}, **changes})


def test_the_action_is_answered_with_its_ids_cached_only_where_the_node_says(queries: Any) -> None:
    async def use(sql: SqlQueries) -> list[Queried]:
        business = Queries(sql)
        asked = [query(), query(), query(cache_s=60), query(cache_s=60), query(cache_s=60, call="c2")]
        asked += [query(cache_s=60, shared=True), query(cache_s=60, shared=True, call="c2")]
        return [await business.answer(q) for q in asked]

    answers = queries(use)
    assert [(a.call, a.turn, a.id, a.status) for a in answers[:1]] == [("c1", 3, 9, "ok")]
    assert [a.cached for a in answers] == [False, False, False, True, False, False, True]


def test_a_change_is_finished_when_the_caller_is_gone_and_never_guessed(queries: Any) -> None:
    slow = CANCEL.replace("where order_id", "from (select pg_sleep(0.3)) pause where order_id")
    change = query(request={"statement": slow}, parameters={"order_id": "4568"}, changes=True)

    async def use(sql: SqlQueries) -> tuple[str, str]:
        business = Queries(sql)
        guess = await business.answer(query(request={"statement": CANCEL}, changes=True, speculative=True))
        task = asyncio.create_task(business.answer(change))
        await asyncio.sleep(0.1)
        task.cancel()
        await business.finish()
        left = await business.answer(query(parameters={"order_id": "4568"}))
        return guess.status, left.value["status"]

    assert queries(use) == ("error", "cancelled")


def test_queries_come_back_when_the_server_does() -> None:
    with tempfile.TemporaryDirectory(prefix="ivr-test-") as folder:
        Path(folder).chmod(0o711)
        server = Server(Path(folder))
        server.start()
        demo.fill(server.cluster.url(), "ivr_query", TODAY)

        async def main() -> list[str]:
            sql = SqlQueries(server.cluster.url("ivr_query"))
            request = SqlRequest(STATUS, {"order_id": "4567"})
            seen = [(await sql.ask(request)).status]
            await asyncio.to_thread(server.stop, signal.SIGKILL)
            seen.append((await sql.ask(request)).status)
            await asyncio.to_thread(server.start)
            seen.append((await sql.ask(request)).status)
            await sql.close()
            return seen

        try:
            assert asyncio.run(main()) == ["ok", "error", "ok"]
        finally:
            server.stop(signal.SIGQUIT)
