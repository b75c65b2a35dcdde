"""Which line takes a dialled number."""

import pytest

from ivr.flow.models import Lines, Published
from tests.flow.loading import CLEAN, load_flow

LINES = Lines.model_validate(
    {
        "lines": {
            "any": {"numbers": ["sip:*@*"], "flow": "a"},
            "orders": {"numbers": ["+18005550100", "sip:orders@*"], "flow": "b"},
            "exact": {"numbers": ["sip:Help@pbx.example"], "flow": "c"},
        }
    }
)


@pytest.mark.parametrize(
    ("dialled", "line"),
    [
        (["+18005550100"], "orders"),
        (["tel:+18005550100"], "orders"),
        (["sip:+18005550100@10.0.0.1:5060;user=phone"], "orders"),
        (["sip:orders@10.0.0.1"], "orders"),
        (["sips:orders@10.0.0.1;transport=tls"], "orders"),
        (["<sip:orders@10.0.0.1>"], "orders"),
        (["sip:help@pbx.example"], "exact"),
        (["sip:other@10.0.0.1"], "any"),
        (["sip:unknown@x", "+18005550100"], "orders"),
    ],
)
def test_numbers_find_their_line(dialled: list[str], line: str) -> None:
    found = LINES.find(dialled)
    assert found is not None
    assert found[0] == line


def test_an_unclaimed_number_finds_none() -> None:
    lines = Lines.model_validate({"lines": {"x": {"numbers": ["+18005550100"], "flow": "a"}}})
    assert lines.find(["+18005550101", "sip:x@y"]) is None


def test_patterns_are_not_regular_expressions() -> None:
    lines = Lines.model_validate({"lines": {"x": {"numbers": ["sip:a.c@*"], "flow": "a"}}})
    assert lines.find(["sip:abc@host"]) is None


def test_without_lines_the_sole_flow_takes_every_number() -> None:
    flow = load_flow(CLEAN).published
    assert flow is not None
    sole = Published(version="1", flows=flow.flows)
    chosen = sole.choose(["sip:whatever@host"])
    assert chosen is not None
    assert chosen[2].name == "small"
    two = Published(version="1", flows={**flow.flows, "other": flow.flows["small"]})
    assert two.choose(["sip:whatever@host"]) is None


def test_with_lines_an_unclaimed_number_gets_nothing() -> None:
    published = load_flow(CLEAN).published
    assert published is not None
    assert published.choose(["+18005550199"]) is None
    chosen = published.choose(["+18005550100"])
    assert chosen is not None
    assert (chosen[0], chosen[1].config, chosen[2].name) == ("main", {"shop": "Acme"}, "small")


def test_rates() -> None:
    line = Lines.model_validate(
        {"lines": {"x": {"numbers": "+18005550100", "flow": "a", "per_caller": "6/10m"}}}
    ).lines["x"]
    assert line.per_caller == (6, 600)
