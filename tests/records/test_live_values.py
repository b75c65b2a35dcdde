"""Live switches, tables and bulletins: set, cleared, run out, audited; a node hears of each change at once."""

import asyncio
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, update

from ivr.records import live_values, store
from ivr.records.live_values import Refused
from ivr.records.live_watch import LiveWatch
from ivr.records.tables import live_values as table
from ivr.wire.messages import LiveValue, LiveValues

pytestmark = pytest.mark.postgres


@pytest.fixture
def engine(database: str) -> Iterator[Engine]:
    made = store.engine(database)
    yield made
    made.dispose()


def test_what_is_set_stands_until_it_is_cleared_and_both_are_audited(engine: Engine) -> None:
    live_values.put(engine, "switch", "outage", "on", by="mia", note="storm")
    live_values.put(engine, "switch", "outage", "off", by="leo")
    live_values.put(engine, "table", "areas", "until noon", key="10001", by="mia")
    live_values.put(engine, "table", "areas", "until six", key="10002", by="mia")
    stands = {(v.kind, v.name, v.key): (v.value, v.changed_by) for v in live_values.current(engine)}
    assert stands == {
        ("switch", "outage", ""): ("off", "leo"),
        ("table", "areas", "10001"): ("until noon", "mia"),
        ("table", "areas", "10002"): ("until six", "mia"),
    }
    assert live_values.clear(engine, "table", "areas", key="10001", by="leo") == 1
    assert live_values.clear(engine, "table", "areas", by="leo", note="over") == 1
    assert live_values.clear(engine, "table", "areas", by="leo") == 0
    told = [(c.by, c.name, c.key, c.value, c.note) for c in live_values.history(engine)]
    assert told == [
        ("leo", "areas", "10002", None, "over"),
        ("leo", "areas", "10001", None, ""),
        ("mia", "areas", "10002", "until six", ""),
        ("mia", "areas", "10001", "until noon", ""),
        ("leo", "outage", "", "off", ""),
        ("mia", "outage", "", "on", "storm"),
    ]


def test_what_ran_out_stands_no_more(engine: Engine) -> None:
    until = datetime.now(UTC) + timedelta(hours=1)
    live_values.put(engine, "bulletin", "*", "We close early.", until=until, by="mia")
    assert [v.until for v in live_values.current(engine)] == [until]
    with engine.begin() as connection:  # time passes
        connection.execute(update(table).values(until=datetime.now(UTC) - timedelta(seconds=1)))
    assert live_values.current(engine) == []
    assert live_values.clear(engine, "bulletin", "*", by="mia") == 0


@pytest.mark.parametrize(
    ("kind", "name", "key", "value", "by", "why"),
    [
        ("switch", "outage", "", "yes", "mia", "on or off"),
        ("table", "areas", "", "noon", "mia", "which row"),
        ("bulletin", "*", "", " ", "mia", "clear it"),
        ("switch", "outage", "", "on", "", "who"),
        ("table", "areas", "1", "x" * 2001, "mia", "2000"),
        ("table", "areas", "1\0", "x", "mia", "text"),
        ("lamp", "outage", "", "on", "mia", "neither"),
    ],
)
def test_what_cannot_be_set_is_refused(
    engine: Engine, kind: live_values.Kind, name: str, key: str, value: str, by: str, why: str
) -> None:
    with pytest.raises(Refused, match=why):
        live_values.put(engine, kind, name, value, key=key, by=by)
    with pytest.raises(Refused, match="over already"):
        live_values.put(engine, "switch", "outage", "on", by="mia", until=datetime(2020, 1, 1, tzinfo=UTC))
    assert live_values.current(engine) == []
    assert live_values.history(engine) == []


def test_a_node_hears_of_a_change_at_once_and_keeps_it_for_its_next_start(
    engine: Engine, database: str, tmp_path: Path
) -> None:
    """By notification: the next look would come a minute later."""
    told: list[LiveValues] = []
    watch = LiveWatch(database, tmp_path / "live.json", told.append, poll_s=60)

    async def until(count: int) -> float:
        began = time.monotonic()
        while len(told) < count:
            assert time.monotonic() - began < 20, told
            await asyncio.sleep(0.01)
        return time.monotonic() - began

    async def follow() -> None:
        task = asyncio.create_task(watch.run())
        await until(1)
        await asyncio.to_thread(live_values.put, engine, "switch", "outage", "on", by="mia")
        await until(2)
        await asyncio.to_thread(live_values.clear, engine, "switch", "outage", by="mia")
        await until(3)
        task.cancel()

    asyncio.run(follow())
    assert told == [LiveValues(), LiveValues(values=[LiveValue("switch", "outage", "", "on")]), LiveValues()]
    assert (tmp_path / "live.json").is_file()
