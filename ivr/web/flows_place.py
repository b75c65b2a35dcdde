"""What the routes of flows are given here."""

from ivr.insight.editing import Desk
from ivr.web.flows.place import Gate, Person, Place
from ivr.web.parts import WebParts
from ivr.web.rights import Right, Visitor, audit, need


def place(parts: WebParts) -> Place:
    """One a process."""
    return Place(
        desk=Desk(parts.engine, parts.flows),
        gate=Gate(see=need(Right.SEE_FLOWS), edit=need(Right.EDIT_FLOWS), publish=need(Right.PUBLISH_FLOWS)),
        cache=parts.values.cache,
        second_approver=parts.values.publishing.second_approver,
        audit=_audit,
        speak=parts.speak,
    )


def _audit(person: Person, what: str, flow: str) -> None:
    assert isinstance(person, Visitor)
    audit(person, f"flow.{what}", flow)
