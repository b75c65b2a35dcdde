"""Journals into a real Postgres, whatever dies meanwhile."""

import shutil
import signal
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

from ivr import actions as a
from ivr import events as e
from ivr import journal as j
from ivr.records import store
from ivr.records.delivery import Delivery
from ivr.records.fold import fold
from tests.embedded_postgres import Server

pytestmark = pytest.mark.postgres

OLD = Path(__file__).parent.parent / "data" / "journals" / "format-1.jsonl"
CALL = "0197a0e0-1111-7abc-8def-0123456789ab"


def rows(url: str, query: str, *values: Any) -> list[dict[str, Any]]:
    with psycopg.connect(url, row_factory=dict_row) as connection:
        return connection.execute(query, values).fetchall()


def count(url: str, table: str) -> int:
    return int(rows(url, f"select count(*) as n from ivr.{table}")[0]["n"])


def delivery(folder: Path, url: str) -> Delivery:
    return Delivery(folder, partial(store.migrated, url), poll_s=0.02, longest_wait_s=0.2)


def put(folder: Path, data: bytes, call: str = CALL, day: str = "2026-11-23") -> Path:
    path = folder / day / f"{call}.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def until(what: Callable[[], Any], seconds: float = 15.0) -> None:
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "did not come to pass"
        time.sleep(0.02)


@pytest.fixture
def running() -> Iterator[Callable[[Delivery], Delivery]]:
    started: list[tuple[Delivery, threading.Thread]] = []

    def start(work: Delivery) -> Delivery:
        thread = threading.Thread(target=work.run, daemon=True)
        thread.start()
        started.append((work, thread))
        return work

    yield start
    for work, thread in started:
        work.stop()
        thread.join(10)
        assert not thread.is_alive()


def test_a_whole_call_is_in_every_table_as_folded(tmp_path: Path, database: str) -> None:
    put(tmp_path, OLD.read_bytes())
    work = delivery(tmp_path, database)
    work.step()
    expected = fold(CALL, j.read(OLD.read_bytes()))
    call = rows(database, "select * from ivr.calls")[0]
    assert call["id"].hex == CALL.replace("-", "")
    for column in (
        "caller",
        "outcome",
        "ended_in",
        "task",
        "slots",
        "duration_s",
        "models",
        "complete",
        "delivered_seq",
    ):
        assert call[column] == expected.call[column], column
    assert call["answered_at"].isoformat() == "2026-11-23T18:00:01+00:00"
    for table in ("turns", "keys", "path", "prompts", "queries", "recordings", "transfers", "troubles", "sip_messages"):
        stored = rows(database, f"select * from ivr.{table} order by 2")
        wanted = expected.rows(table)
        assert len(stored) == len(wanted) > 0, table
        key = next(iter(wanted[0]))  # a fold's row begins with it
        by_key = {row[key]: row for row in stored}
        for row in wanted:
            for column, value in row.items():
                if column != "at":  # a text there, a time here
                    assert by_key[row[key]][column] == value, (table, column)
    assert count(database, "journal") == 55
    heard = rows(
        database, "select heard->0->>'text' as best, heard->1->>'text' as second from ivr.turns where turn = 1"
    )
    assert heard == [{"best": "where is my order", "second": "where is my border"}]


def test_delivering_again_changes_nothing(tmp_path: Path, database: str) -> None:
    put(tmp_path, OLD.read_bytes())
    delivery(tmp_path, database).step()
    before = {t: rows(database, f"select * from ivr.{t} order by 1, 2") for t in store.ORDER}
    psycopg.connect(database, autocommit=True).execute("update ivr.calls set complete = false").connection.close()
    delivery(tmp_path, database).step()
    assert {t: rows(database, f"select * from ivr.{t} order by 1, 2") for t in store.ORDER} == before


def test_turn_by_turn_while_the_call_lasts(
    tmp_path: Path, database: str, running: Callable[[Delivery], Delivery]
) -> None:
    lines = OLD.read_bytes().splitlines(keepends=True)
    path = put(tmp_path, b"".join(lines[:24]))
    running(delivery(tmp_path, database))
    until(lambda: count(database, "journal") == 24)
    first = rows(database, "select turn, result, complete from ivr.turns join ivr.calls on id = call order by turn")
    assert first == [{"turn": 1, "result": "match", "complete": False}]
    with path.open("ab") as file:
        file.write(lines[24][:30])
        file.flush()
        time.sleep(0.1)  # half a line is there while delivery looks
        file.write(lines[24][30:] + b"".join(lines[25:]))
    until(lambda: rows(database, "select complete from ivr.calls")[0]["complete"])
    assert count(database, "journal") == 55
    assert count(database, "turns") == 2


def test_postgres_stops_in_mid_call_and_the_record_follows(running: Callable[[Delivery], Delivery]) -> None:
    """A real stop and start of the server; kill -9 of it too."""
    with tempfile.TemporaryDirectory(prefix="ivr-test-") as folder:
        Path(folder).chmod(0o711)
        server = Server(Path(folder))
        server.start()
        url = server.cluster.url()
        lines = OLD.read_bytes().splitlines(keepends=True)
        path = put(Path(folder) / "journals", b"".join(lines[:10]))
        work = running(delivery(Path(folder) / "journals", url))
        until(lambda: work.progress.connected)
        until(lambda: count(url, "journal") == 10)
        server.stop()
        with path.open("ab") as file:
            file.writelines(lines[10:30])
        until(lambda: not work.progress.connected)
        assert work.progress.error
        server.start()
        until(lambda: work.progress.connected)
        until(lambda: count(url, "journal") == 30)
        server.stop(signal.SIGKILL)
        with path.open("ab") as file:
            file.writelines(lines[30:])
        until(lambda: not work.progress.connected)
        server.start()
        until(lambda: work.progress.delivered_calls == 1)
        assert count(url, "journal") == 55
        assert rows(url, "select outcome, complete from ivr.calls") == [{"outcome": "resolved", "complete": True}]
        work.stop()
        server.stop()


def test_a_new_delivery_goes_on_where_the_killed_one_was(tmp_path: Path, database: str) -> None:
    lines = OLD.read_bytes().splitlines(keepends=True)
    path = put(tmp_path, b"".join(lines[:33]))
    delivery(tmp_path, database).step()  # and then it is gone, with all that it knew
    with path.open("ab") as file:
        file.writelines(lines[33:])
    work = delivery(tmp_path, database)
    work.step()
    assert count(database, "journal") == 55
    assert work.progress.delivered_calls == 1
    third = delivery(tmp_path, database)
    third.step()
    assert third.progress.delivered_lines == 0  # a complete call is not read again


def made_up(call: str, caller: str = "+1", text: str = "hello") -> bytes:
    entries: list[j.Entry] = [
        j.Opened(call=call, seq=1, at="2026-11-23T18:00:00Z", caller=caller),
        a.Asked(call=call, seq=2, turn=1, node="n", text="?"),
        e.Heard(call=call, seq=3, turn=1, id=1, hypotheses=[e.Hypothesis(text)]),
        j.Closed(call=call, seq=4, at="2026-11-23T18:00:05Z", reason="bye", frames=250),
    ]
    return b"".join(j.encode(entry) + b"\n" for entry in entries)


def test_hostile_words_are_data(tmp_path: Path, database: str) -> None:
    words = "'); drop table ivr.calls; -- %s %(x)s :name {x} \x00 \u2028 \U0001f600 \\u0000"
    put(tmp_path, made_up(CALL, caller=words, text=words))
    work = delivery(tmp_path, database)
    work.step()
    assert work.progress.refused == {}
    kept = words.replace("\x00", "\N{REPLACEMENT CHARACTER}")
    assert rows(database, "select caller, heard_text from ivr.calls join ivr.turns on id = call") == [
        {"caller": kept, "heard_text": kept}
    ]


def test_one_call_that_the_database_refuses_holds_up_no_other(tmp_path: Path, database: str) -> None:
    bad, good = "0197a0e0-0000-7abc-8def-000000000001", "0197a0e0-0000-7abc-8def-000000000002"
    put(tmp_path, made_up(bad).replace(b"2026-11-23T18:00:00Z", b"never"), bad)
    put(tmp_path, made_up(good), good)
    work = delivery(tmp_path, database)
    work.step()
    assert [str(r["id"]) for r in rows(database, "select id from ivr.calls")] == [good]
    assert list(work.progress.refused) == [bad]
    assert "never" not in work.progress.refused[bad]


def test_files_that_are_no_journals_and_journals_that_vanish_are_no_matter(tmp_path: Path, database: str) -> None:
    put(tmp_path, b"x", "notes")
    path = put(tmp_path, OLD.read_bytes().splitlines(keepends=True)[0])
    work = delivery(tmp_path, database)
    work.step()
    shutil.rmtree(path.parent)
    work.step()
    assert work.progress.open_journals == 0
    assert count(database, "calls") == 1


def test_a_thousand_open_journals_are_looked_at_quickly(tmp_path: Path, database: str) -> None:
    opened = made_up(CALL).splitlines(keepends=True)[0]
    calls = [f"0197a0e0-0000-7abc-8def-{n:012}" for n in range(1000)]
    for call in calls:
        put(tmp_path, opened.replace(CALL.encode(), call.encode()), call)
    work = delivery(tmp_path, database)
    while work.step():
        pass
    assert count(database, "calls") == 1000
    started = time.monotonic()
    work.step()
    assert time.monotonic() - started < 0.5
    assert work.progress.open_journals == 1000
