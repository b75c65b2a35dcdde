"""Who is let in, and what the others are told."""

from typing import Any

from ivr.call.admission import Admission, Admitted, Busy, Refused
from ivr.flow.models import Flow, Published
from ivr.ports import Invite

NODES = {"bye": {"type": "hangup", "say": "Goodbye."}}


def published(**lines: dict[str, Any]) -> Published:
    flow = Flow.model_validate({"flow": "f", "start": "bye", "nodes": NODES})
    made = {name: {"flow": "f", **line} for name, line in lines.items()}
    return Published.model_validate({"version": "1", "flows": {"f": flow}, "lines": {"lines": made} if lines else None})


def invite(number: str = "+18005550100", caller: str = "+14155550123") -> Invite:
    return Invite(caller=caller, dialled=(number,))


def is_full(decided: object) -> bool:
    """The caller is told that the line is busy, and why."""
    return isinstance(decided, Busy) and decided.why == "full"


def test_without_flows_and_while_draining_nobody_is_let_in() -> None:
    admission = Admission(2, 7)
    assert admission.decide(invite(), None, 0) == Refused(503, "no flow", 7)
    admission.draining = True
    assert admission.decide(invite(), published(), 0) == Refused(503, "draining", 7)


def test_a_number_that_no_line_claims_gets_404() -> None:
    taken = published(a={"numbers": "+18005550100"})
    admission = Admission(2, 7)
    assert isinstance(admission.decide(invite(), taken, 0), Admitted)
    refused = admission.decide(invite("+18005550199"), taken, 0)
    assert isinstance(refused, Refused)
    assert refused.status == 404


def test_places_of_the_whole_and_of_a_line_are_counted_and_given_back() -> None:
    two = published(a={"numbers": "+1", "max_calls": 1}, b={"numbers": "+2"})
    admission = Admission(2, 7)
    assert isinstance(admission.decide(invite("+1"), two, 0), Admitted)
    assert is_full(admission.decide(invite("+1"), two, 0))
    assert isinstance(admission.decide(invite("+2"), two, 0), Admitted)
    assert is_full(admission.decide(invite("+2"), two, 0))
    admission.leave("a")
    assert isinstance(admission.decide(invite("+2"), two, 0), Admitted)


def test_reserved_places_are_kept_for_their_line() -> None:
    two = published(a={"numbers": "+1"}, b={"numbers": "+2", "reserved_calls": 1})
    admission = Admission(2, 7)
    assert isinstance(admission.decide(invite("+1"), two, 0), Admitted)
    assert is_full(admission.decide(invite("+1"), two, 0))
    assert isinstance(admission.decide(invite("+2"), two, 0), Admitted)


def test_a_caller_who_calls_too_often_waits() -> None:
    one = published(a={"numbers": "+1", "per_caller": "2/10m"})
    admission = Admission(10, 7)
    assert isinstance(admission.decide(invite("+1"), one, 0), Admitted)
    assert isinstance(admission.decide(invite("+1"), one, 60), Admitted)
    assert admission.decide(invite("+1"), one, 120) == Refused(480, "too many calls of this caller", 480)
    assert isinstance(admission.decide(invite("+1", "+14155550199"), one, 120), Admitted)
    assert isinstance(admission.decide(invite("+1"), one, 601), Admitted)
