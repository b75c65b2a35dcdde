"""Conditions: only what is there counts."""

from typing import Any

import pytest

from ivr.flow.expressions import ExpressionError, compiled, evaluate, variables

CASES: list[tuple[str, dict[str, Any], bool]] = [
    ("order.status == 'shipped'", {"order": {"status": "shipped"}}, True),
    ("order.status == 'shipped'", {"order": {}}, False),
    ("order.status == 'shipped'", {"order": None}, False),
    ("order.status == 'shipped'", {}, False),
    ("failures > 3", {"failures": 4}, True),
    ("outage || failures > 3", {"failures": 4}, True),
    ("!has(order.eta)", {"order": {}}, True),
    ("int(cups) > 3", {"cups": "4"}, True),
    ("cups > 3", {"cups": "4"}, False),
    ("cups in ['4', '5']", {"cups": "4"}, True),
    ("size(orders) == 2", {"orders": [1, 2]}, True),
    ("orders.exists(o, o.id == '7')", {"orders": [{"id": "7"}]}, True),
    ("'text'", {}, False),
    ("1 / 0 == 1", {}, False),
]


@pytest.mark.parametrize(("expression", "names", "holds"), CASES, ids=[case[0] for case in CASES])
def test_conditions(expression: str, names: dict[str, Any], holds: bool) -> None:
    assert evaluate(expression, names).holds is holds


def test_what_is_missing_is_named() -> None:
    assert evaluate("order.status == 'x'", {"order": {}}).missing == "status"
    assert evaluate("order.status == 'x'", {}).missing == "order"
    assert evaluate("a == 1", {"a": 1}).missing == ""


@pytest.mark.parametrize("expression", ["a = b", "a and b", "a ==", "foo(", "'open"])
def test_what_is_no_expression(expression: str) -> None:
    with pytest.raises(ExpressionError, match="at character"):
        compiled(expression)


def test_variables_leave_out_what_the_expression_binds_itself() -> None:
    assert variables("orders.exists(o, o.id == wanted) && caller.number != ''") == ("caller", "orders", "wanted")
