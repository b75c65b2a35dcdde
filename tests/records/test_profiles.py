"""Callers' profiles: of two calls the later one counts, forgotten means forgotten, old ones go."""

import asyncio
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, select, update

from ivr import actions
from ivr.actions import CallerRemembered
from ivr.records import profiles, store
from ivr.records.fold import CallFold
from ivr.records.people_tables import audit
from ivr.records.profile_tables import profiles as table

pytestmark = pytest.mark.postgres
NOW = datetime.now(UTC)
ANNA = "+14155550123"


@pytest.fixture
def engine(database: str) -> Iterator[Engine]:
    made = store.engine(database)
    yield made
    made.dispose()


def call(engine: Engine, minutes: float = 0.0, number: str = ANNA, **kept: Any) -> None:
    """A call that ended so many minutes from now, through the fold as delivery writes it."""
    fold = CallFold(str(uuid.uuid4()))
    at = (NOW + timedelta(minutes=minutes)).isoformat()
    fold.add(CallerRemembered(number=number, at=at, **kept), seq=1)
    with engine.begin() as connection:
        store.write(connection, [fold.changed()])
        store.write(connection, [fold.changed()])


def asked(database: str, number: str = ANNA, days: int = 365) -> Any:
    async def ask() -> Any:
        mind = profiles.Profiles(database, days)
        query = actions.Query(id=-3, node="", kind="profile", request={}, parameters={"number": number})
        try:
            return await mind.answer(query)
        finally:
            await mind.close()

    return asyncio.run(ask())


def test_what_calls_leave_is_known_to_the_next_one(engine: Engine, database: str) -> None:
    call(engine, remember=True, language="ko", last_request="query_order", values={"name": "Anna", "city": "Bonn"})
    call(engine, 5, last_request="", values={"city": "", "pet": "cat \x00"})
    found = asked(database)
    assert (found.status, found.id) == ("ok", -3)
    day = (NOW + timedelta(minutes=5)).date().isoformat()
    assert found.value == {
        "name": "Anna", "pet": "cat ", "language": "ko", "last_request": "query_order", "last_call": day,
        "remember": "yes",
    }  # fmt: skip
    assert asked(database, "+19995550000").status == "not_found"


def test_the_later_call_counts_in_whatever_order_they_are_written(engine: Engine) -> None:
    number = "+14155550124"
    call(engine, 10, number, last_request="cancel_order", language="en")
    call(engine, 5, number, last_request="query_order", language="ko")
    row = profiles.known(engine, number)
    assert row is not None
    assert (row["last_request"], row["language"]) == ("cancel_order", "en")


def test_who_does_not_want_to_be_remembered_is_nobody(engine: Engine, database: str) -> None:
    number = "+14155550125"
    call(engine, 0, number, language="ko", last_request="query_order", values={"name": "Anna"})
    call(engine, 5, number, remember=False)
    row = profiles.known(engine, number)
    assert row is not None
    assert (row["language"], row["last_request"], row["values"], row["remember"]) == ("", "", {}, False)
    assert asked(database, number).value == {"remember": "no"}


def test_forgotten_by_an_administrator_and_audited_without_the_number(engine: Engine) -> None:
    number = "+14155559876"
    call(engine, 0, number, values={"name": "Anna"})
    assert profiles.forget(engine, number, by="mia") is True
    assert profiles.known(engine, number) is None
    assert profiles.forget(engine, number, by="mia", refuse=True) is False
    row = profiles.known(engine, number)
    assert row is not None
    assert row["remember"] is False
    with engine.connect() as connection:
        told = connection.execute(select(audit).where(audit.c.what == "profile.forgotten")).mappings().all()
    assert [(one["name"], one["about"]) for one in told] == [("mia", "...9876")] * 2


def test_old_profiles_go_and_count_for_nothing_before_they_do(engine: Engine, database: str) -> None:
    old, refused = "+14155550126", "+14155550127"
    call(engine, 0, old, values={"name": "Anna"})
    call(engine, 0, refused, remember=False)
    with engine.begin() as connection:
        connection.execute(update(table).where(table.c.number.in_([old, refused])).values(at=NOW - timedelta(days=40)))
    assert asked(database, old, days=30).status == "not_found"
    assert profiles.purge(engine, 50) == 0
    assert profiles.purge(engine, 30) == 1
    assert profiles.known(engine, old) is None
    assert profiles.known(engine, refused) is not None


def test_a_database_that_is_away_knows_nobody() -> None:
    assert asked("postgresql://ivr@127.0.0.1:1/ivr").status == "error"
