"""The calls that searches are measured with: the same for a seed, stored and found like any other."""

import pytest

from ivr.insight.search_bench import made_calls
from ivr.insight.search_bench.measure import fill, measure
from ivr.records import store
from tests.embedded_postgres import Server, postgres_server

__all__ = ["postgres_server"]


def test_the_same_calls_for_a_seed_in_order_of_time() -> None:
    first, second = (list(made_calls.batches(30, size=20)) for _ in range(2))
    assert first == second != list(made_calls.batches(30, seed=8, size=20))
    ids = [call[0] for batch in first for call in batch.calls]
    assert len(ids) == 30
    assert ids == sorted(set(ids))


@pytest.mark.postgres
def test_each_kind_of_search_is_timed_in_the_products_tables(postgres_server: Server) -> None:
    engine = store.engine(postgres_server.fresh())
    assert list(fill(engine, 300)) == [300]
    timed = {row.kind: row for row in measure(engine, tries=2)}
    engine.dispose()
    assert len(timed) > 20
    assert timed["newest"].found == 50
    assert timed["tag that nobody gave"].found == 0
    assert all(0 < row.p50_s <= row.p95_s for row in timed.values())
