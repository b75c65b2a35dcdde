"""Shapes of answers: what fits, what does not, and where."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.flow.answer_shape import WORDS, misfit, shape

ORDER = {"status": "text", "eta": "text?", "items": [{"name": "text", "n": "number"}], "paid": "flag"}
FINE: dict[str, Any] = {"status": "shipped", "items": [{"name": "cup", "n": 2, "more": None}], "paid": False}


@pytest.mark.parametrize(
    ("found", "where"),
    [
        (FINE, ""),
        ({**FINE, "eta": None, "status": 7}, ""),
        ({**FINE, "items": []}, ""),
        ([FINE], "answer"),
        (None, "answer"),
        ("shipped", "answer"),
        ({**FINE, "status": ["x"]}, "status"),
        ({**FINE, "status": True}, "status"),
        ({**FINE, "paid": "no"}, "paid"),
        ({**FINE, "eta": {}}, "eta"),
        ({**FINE, "items": {"0": 1}}, "items"),
        ({**FINE, "items": [{"name": "cup", "n": "2"}]}, "items.n"),
        ({k: v for k, v in FINE.items() if k != "status"}, "status"),
    ],
)
def test_an_answer_fits_or_the_place_is_named(found: Any, where: str) -> None:
    assert misfit(shape(ORDER), found) == where


@pytest.mark.parametrize("wrong", ["string", "text??", [], ["text", "number"], {"a": {"b": "date"}}, 4])
def test_what_is_no_shape_is_told(wrong: Any) -> None:
    with pytest.raises(ValueError, match=r"write"):
        shape(wrong)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=12,
)
SHAPES = st.recursive(
    st.sampled_from([*WORDS, *(word + "?" for word in WORDS)]),
    lambda inner: st.lists(inner, min_size=1, max_size=1) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=8,
)


@given(SHAPES, JSON)
def test_no_answer_breaks_it(wanted: Any, found: Any) -> None:
    assert isinstance(misfit(shape(wanted), found), str)
