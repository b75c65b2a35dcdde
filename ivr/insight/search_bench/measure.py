"""Filling a database with made-up calls, and timing each kind of search in it."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, Engine, text

from ivr.insight import call_search
from ivr.insight.call_filter import CallFilter
from ivr.insight.search_bench import made_calls as made
from ivr.records import search_rows

MIDDLE = made.SINCE + timedelta(days=made.DAYS / 2)
KOREAN = ("주문", "잔액", "상담원", "배송", "취소")


@dataclass(frozen=True)
class Timed:
    """A kind of search: seconds of each try, and how many calls the last one gave."""

    kind: str
    p50_s: float
    p95_s: float
    found: int


def fill(engine: Engine, calls: int) -> Iterator[int]:
    """COPY the calls, and make the rows that searches read as delivery does; yields how many are stored so far."""
    stored = 0
    for batch in made.batches(calls):
        with engine.begin() as connection:
            for table, columns, rows in (
                ("calls", made.CALL, batch.calls),
                ("turns", made.TURN, batch.turns),
                ("path", made.STEP, batch.path),
            ):
                _copy(connection, table, columns, rows)
            search_rows.refresh(connection, (row[0] for row in batch.calls))
        stored += len(batch.calls)
        yield stored
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("vacuum analyze"))  # what autovacuum does in a database that has had time


def _copy(connection: Connection, table: str, columns: tuple[str, ...], rows: list[tuple[Any, ...]]) -> None:
    cursor = connection.connection.cursor()
    with cursor.copy(f"copy ivr.{table} ({', '.join(columns)}) from stdin") as copy:
        for row in rows:
            copy.write_row(row)


def _kinds() -> dict[str, Callable[[int], CallFilter]]:
    """By the number of the try: no two ask for the same, so that the figures are not those of a cache of one answer."""
    word = made.word
    return {
        "newest": lambda n: CallFilter(),
        "a day": lambda n: CallFilter(since=MIDDLE + timedelta(days=n), until=MIDDLE + timedelta(days=n + 1)),
        "a number": lambda n: CallFilter(number=f"+1415{n * 977:07d}"),
        "numbers that begin so": lambda n: CallFilter(number=f"+14150{n:03d}*"),
        "flow": lambda n: CallFilter(flow=(made.FLOWS[n % 5],)),
        "flow not used for months": lambda n: CallFilter(flow=(made.RETIRED,), failures_min=n % 4),
        "version": lambda n: CallFilter(version=(f"orders-{n % 12}",)),
        "node": lambda n: CallFilter(node=(made.NODES[n],)),
        "intent and outcome": lambda n: CallFilter(intent=(made.INTENTS[n],), outcome=("failed",)),
        "rare outcome": lambda n: CallFilter(outcome=("voicemail",), line=(made.LINES[n % 20],)),
        "tag that nobody gave": lambda n: CallFilter(tag=(f"tag{n}",)),
        "longest": lambda n: CallFilter(duration_min_s=600.0 + 20 * n),
        "most failures": lambda n: CallFilter(failures_min=3 + n % 8),
        "least confident": lambda n: CallFilter(confidence_max=0.02 + n / 50),
        "language": lambda n: CallFilter(language=("ko",), outcome=(list(made.OUTCOMES)[n % 6],)),
        "frequent word": lambda n: CallFilter(words=word(n)),
        "rare word": lambda n: CallFilter(words=word(19_000 + n)),
        "two words": lambda n: CallFilter(words=f"{word(3 + n)} {word(200 + n)}"),
        "phrase": lambda n: CallFilter(words=f'"order {word(n * 40)}"'),
        "Korean word": lambda n: CallFilter(words=KOREAN[n % 5], failures_min=n % 6),
        "without a word": lambda n: CallFilter(words=f"{word(n * 20)} -order", flow=("bank",)),
        "word long ago": lambda n: CallFilter(words=word(n), until=made.SINCE + timedelta(days=20 + n)),
        "all at once": lambda n: CallFilter(
            since=made.SINCE, until=MIDDLE, flow=("orders",), node=(made.NODES[n],), intent=(made.INTENTS[n],),
            outcome=("abandoned", "failed"), language=("en",), duration_min_s=20, failures_min=1, confidence_max=0.7,
            words=word(n),
        ),
    }  # fmt: skip


def measure(engine: Engine, tries: int = 20) -> Iterator[Timed]:
    """Each kind, `tries` (at most 30) different searches, and the page after the first of each; then a visitor of one
    line. Seconds as the web process sees them, its connection to the server included. Raises SQLAlchemyError."""
    with engine.connect() as connection:
        for kind, of in _kinds().items():
            yield _timed(connection, kind, [of(number) for number in range(tries)], None)
        for line in (made.LINES[0], made.LINES[-1]):
            wanted = [CallFilter(words=made.word(number)) for number in range(tries)]
            yield _timed(connection, f"frequent word, only {line}", wanted, frozenset({line}))


def _timed(connection: Connection, kind: str, filters: list[CallFilter], lines: frozenset[str] | None) -> Timed:
    times, found = [], 0
    for wanted in filters:
        after = ""
        for _ in range(2):
            began = time.perf_counter()
            page = call_search.search(connection, wanted, lines, after)
            times.append(time.perf_counter() - began)
            found, after = len(page.calls), page.after
            if not after:
                break
        connection.rollback()
    times.sort()
    return Timed(kind, times[len(times) // 2], times[min(len(times) - 1, int(len(times) * 0.95))], found)
