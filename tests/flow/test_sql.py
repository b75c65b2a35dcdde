"""Statements take `:name` for values and nothing else."""

import pytest

from ivr.flow.sql import flat, names, trouble


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        ("select a from t where b = :order_id and c = :order_id and d = :caller.number", ["order_id", "caller.number"]),
        ("select ':no', \":no\", a::text from t where b = :yes -- :no", ["yes"]),
        ("select $$:no$$ /* :no */ where x = :yes", ["yes"]),
        ("select 'it''s :no' where x=:yes", ["yes"]),
        ("select a[1:2] from t", []),
    ],
)
def test_names(statement: str, found: list[str]) -> None:
    assert names(statement) == found


def test_dotted_names_become_plain_ones() -> None:
    assert flat("select ':a.b' where x = :a.b and y = :c") == "select ':a.b' where x = :a__b and y = :c"


@pytest.mark.parametrize(
    ("statement", "changes", "words"),
    [
        ("select 1", False, ""),
        ("with x as (select 1) select * from x;", False, ""),
        ("update t set a = 1", True, ""),
        ("update t set a = 1", False, "changes: true"),
        ("select 1; drop table t", False, "one statement"),
        ("drop table t", True, "may not begin"),
        ("select * into x from t", False, "changes: true"),
        ("select '; delete from t' ", False, ""),
        ("select {x}", False, ":name"),
        ("", False, "may not begin"),
    ],
)
def test_what_a_flow_may_run(statement: str, changes: bool, words: str) -> None:
    assert words in trouble(statement, changes)
    assert bool(words) == bool(trouble(statement, changes))
