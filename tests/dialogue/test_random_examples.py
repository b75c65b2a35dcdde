"""Whatever happens at the example flows, which hold every node type: no exception, no endless loop, the call ends."""

from functools import cache
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ivr import actions, events
from ivr.flow.models import Flow
from ivr.services.flow_files import load_folder
from tests.dialogue.test_random import ANSWERS, Fuzzed, steps

EXAMPLES = Path(__file__).parents[2] / "docs" / "flows" / "examples"
ANSWERS.setdefault(actions.Transfer, events.TransferDone)
VALUES = [
    None, [], "text", 7, {"status": "open"}, [{"name": "a", "placed": "2027-01-04"}, {"name": 5}, None, "x"],
    {"text": "We ship."}, [{"name": str(n)} for n in range(11)],
]  # fmt: skip


@cache
def flows() -> dict[str, Flow]:
    published = load_folder(EXAMPLES).published
    assert published is not None
    short = {"steps": 60, "call": 200.0}
    return {
        name: flow.model_copy(update={"limits": flow.limits.model_copy(update=short)})
        for name, flow in published.flows.items()
    }


NAMES = sorted(path.parent.name for path in EXAMPLES.glob("*/flow.yaml"))
more = st.one_of(
    st.builds(events.Queued, id=st.integers(-2, 1), position=st.integers(0, 4), wait_s=st.sampled_from([0.0, 90.0])),
    st.builds(events.LiveChanged, switches=st.just({"outage": True}), tables=st.just({})),
    st.builds(events.Queried, status=st.sampled_from(["ok", "ok", "404", "not_found"]), value=st.sampled_from(VALUES)),
)
happenings = st.lists(
    st.one_of(steps, st.lists(st.tuples(st.integers(0, 300), st.tuples(st.sampled_from(["event", "answer"]), more)))),
    min_size=1,
    max_size=4,
)


@settings(max_examples=250, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.sampled_from(NAMES), happenings, st.booleans(), st.booleans())
def test_whatever_happens_every_call_ends(name: str, happened: list[Any], can_hear: bool, leaves: bool) -> None:
    chosen = {name: flows()[name], **{n: flow for n, flow in flows().items() if n != name}}
    call = Fuzzed(chosen, can_hear)
    for wait, doing in [one for some in happened for one in some]:
        call.pass_time(call.t + wait)
        call.do(*doing)
    if leaves:
        call.feed(events.HungUp())
    call.feed(events.Unheld())
    call.pass_time(call.t + 50 * 60 * 60)
    finished = [action for action in call.said if isinstance(action, actions.Finished)]
    assert len(finished) == 1
    failed = [action for action in call.said if isinstance(action, actions.NodeFailed)]
    assert not failed, failed
    call.feed(events.HungUp())
    assert call.session.deadline() is None
