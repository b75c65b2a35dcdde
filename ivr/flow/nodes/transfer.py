"""`transfer`: hands the caller to a human."""

import re
from collections.abc import Generator
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, Field, model_validator

from ivr.flow.base import Part
from ivr.flow.nodes.base import Node
from ivr.flow.nodes.steps import Goto, HandedOver, HandOver, Speak, Step, Visit
from ivr.flow.scalars import DestinationName, Key, NodeName, Seconds, Template
from ivr.flow.text import Text


def _header(value: str) -> str:
    if not re.fullmatch(r"X-[A-Za-z0-9-]{1,60}", value):
        raise ValueError(f"{value!r} is no header that a flow may send; write a name that begins with X-")
    return value


DEADLINES = {"blind": 30.0, "attended": 30.0, "queue": 600.0}
HeaderName = Annotated[str, AfterValidator(_header)]


class CallBack(Part):
    """A caller in line may ask to be called back instead of waiting."""

    key: Key = "1"
    """The key that asks for it."""
    next: NodeName
    """Where it leads: confirm the number there, and say goodbye."""


class Transfer(Node):
    """Hands the caller to a destination of lines.yaml. `blind` gives the call away; `attended` calls the destination
    first, says `whisper` to whoever answers, then joins both, and comes back at `on_fail` when nobody answers; `queue`
    waits in line for a free agent of the destination, first come, first served, and tells place and expected wait."""

    example: ClassVar[str] = """\
type: transfer
to: agents
kind: queue
say: Connecting you.
headers: {X-Reason: "{task|unknown}"}
whisper: "A caller about {task|an order}."
announce: 30s
call_back: {key: "1", next: call_back}
on_fail: nobody_there
"""

    type: Literal["transfer"]
    to: DestinationName
    say: Text | None = None
    headers: dict[HeaderName, Template] = Field(default_factory=dict)
    """SIP headers, X- names only; sensitive values are refused."""
    kind: Literal["blind", "attended", "queue"] = "blind"
    """blind: given away; attended: joined once somebody answered; queue: in line for a free agent."""
    deadline: Seconds | None = None
    """Longest wait for the other side: 30s, in a queue 10m."""
    whisper: Text | None = None
    """Said to the agent before both are joined."""
    music: Annotated[str, Field(pattern=r"^[\w./-]+\.(wav|raw)$")] | None = None
    """A recording in the flow's folder that callers hear while they wait; built in when not given."""
    announce: Seconds = 30.0
    """In a queue: how often the place in line is told; 0s for never."""
    call_back: CallBack | None = None
    """In a queue: {key: "1", next: call_back}."""
    on_fail: NodeName

    @model_validator(mode="after")
    def _fits(self) -> "Transfer":
        if self.kind == "blind" and (self.whisper or self.music):
            raise ValueError(
                "a blind transfer is given away at once; write kind: attended (or queue) for whisper, music"
            )
        if self.kind != "queue" and self.call_back:
            raise ValueError("only who waits in line may be called back; write kind: queue")
        return self

    def run(self, visit: Visit) -> Generator[Step, Any, Goto]:
        if self.say:
            yield Speak(self.say)
        headers = {name: " ".join(visit.plain(value).split()) for name, value in self.headers.items()}
        result: HandedOver = yield HandOver(
            str(self.to),
            headers,
            self.kind,
            self.deadline if self.deadline is not None else DEADLINES[self.kind],
            whisper=visit.render(self.whisper) if self.whisper else "",
            music=self.music or "",
            announce_s=self.announce if self.kind == "queue" else 0.0,
            call_back_key=self.call_back.key if self.call_back else "",
        )
        if result.call_back and self.call_back:
            return Goto(self.call_back.next, "call_back")
        return Goto(self.on_fail, f"transfer failed {result.sip_status or ''}".strip())
