"""`send`: a text message or an e-mail."""

from collections.abc import Generator
from typing import Any, ClassVar, Literal

from pydantic import model_validator

from ivr.flow.nodes.base import Node
from ivr.flow.nodes.steps import Goto, QueryReply, RunQuery, Step, Visit
from ivr.flow.scalars import NodeName, Seconds, Template
from ivr.flow.text import Text


class Send(Node):
    """Sends a text message (`by: sms`) or an e-mail through the webhook of the settings. Sent once, also when the
    caller hangs up meanwhile. When it cannot be sent the flow goes on at `on_fail`."""

    example: ClassVar[str] = """\
type: send
by: sms
to: "{caller.number|unknown}"
text: "Your order {order_id|} ships soon."
on_fail: sorry
next: bye
"""

    type: Literal["send"]
    by: Literal["sms", "email"] = "sms"
    """A text message, or an e-mail."""
    to: Template
    """A number, or an address for e-mail."""
    subject: Text | None = None
    """Of an e-mail."""
    text: Text
    """What is written; values stand in it as they are, not in words."""
    deadline: Seconds = 5.0
    meanwhile: Text | None = None
    """Said when it takes longer than a moment."""
    on_fail: NodeName | None = None
    """Where to go when it could not be sent; `next` when not given."""
    next: NodeName

    @model_validator(mode="after")
    def _subject(self) -> "Send":
        if self.subject and self.by != "email":
            raise ValueError("only an e-mail has a subject; write `by: email`")
        return self

    def run(self, visit: Visit) -> Generator[Step, Any, Goto]:
        values = {"to": visit.plain(self.to), "text": visit.plain(self.text.of(visit.language))}
        if self.subject:
            values["subject"] = visit.plain(self.subject.of(visit.language))
        key = f"{visit.look_up('call.id')}-{visit.node}-{visit.serial}"
        sent: QueryReply = yield RunQuery(
            "send", {"by": self.by, "key": key}, values, self.deadline, self.meanwhile, changes=True
        )
        if sent.status == "ok":
            return Goto(self.next)
        return Goto(self.on_fail or self.next, sent.status)
