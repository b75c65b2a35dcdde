"""`transfer`: hands the caller to a human."""

import re
from collections.abc import Generator
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, Field

from ivr.flow.nodes.base import Node
from ivr.flow.nodes.steps import Goto, HandedOver, HandOver, Speak, Step, Visit
from ivr.flow.scalars import DestinationName, NodeName, Seconds, Template
from ivr.flow.text import Text


def _header(value: str) -> str:
    if not re.fullmatch(r"X-[A-Za-z0-9-]{1,60}", value):
        raise ValueError(f"{value!r} is no header that a flow may send; write a name that begins with X-")
    return value


HeaderName = Annotated[str, AfterValidator(_header)]


class Transfer(Node):
    """Says `say` and hands the caller to a destination of lines.yaml, with `headers` for whoever answers. When that
    fails the flow goes on at `on_fail`."""

    example: ClassVar[str] = """\
type: transfer
to: agents
say: Connecting you.
headers: {X-Reason: "{task|unknown}"}
on_fail: nobody_there
"""

    type: Literal["transfer"]
    to: DestinationName
    say: Text | None = None
    headers: dict[HeaderName, Template] = Field(default_factory=dict)
    """SIP headers, X- names only; sensitive values are refused."""
    kind: Literal["blind"] = "blind"
    deadline: Seconds = 30.0
    """Longest wait for the other side."""
    on_fail: NodeName

    def run(self, visit: Visit) -> Generator[Step, Any, Goto]:
        if self.say:
            yield Speak(self.say)
        headers = {name: " ".join(visit.plain(value).split()) for name, value in self.headers.items()}
        result: HandedOver = yield HandOver(str(self.to), headers, self.kind, self.deadline)
        return Goto(self.on_fail, f"transfer failed {result.sip_status or ''}".strip())
