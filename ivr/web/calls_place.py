"""What the routes and pages of calls are given here."""

from uuid import UUID

from ivr.insight.flow_then import FlowsThen
from ivr.web.calls.place import Gate, Person, Place
from ivr.web.parts import WebParts
from ivr.web.rights import Right, Visitor, audit, need


def place(parts: WebParts) -> Place:
    """One a process."""
    return Place(
        engine=parts.engine,
        recordings=parts.state / "recordings",
        flows=FlowsThen(parts.engine, parts.flows),
        gate=Gate(
            see=need(Right.SEE_CALLS),
            hear=need(Right.HEAR_CALLS),
            review=need(Right.REVIEW_CALLS),
            trace=need(Right.TRACE_CALLS),
            export=need(Right.EXPORT_CALLS),
        ),
        audit=_audit,
    )


def _audit(person: Person, what: str, of: str) -> None:
    """`of`: a call's id, or a filter."""
    assert isinstance(person, Visitor)
    try:
        call = str(UUID(of))
    except ValueError:
        audit(person, f"calls.{what}", of)
    else:
        audit(person, f"call.{what}", call=call)
