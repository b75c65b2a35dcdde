"""`hangup`: says goodbye and ends the call."""

from collections.abc import Generator
from typing import Any, ClassVar, Literal

from ivr.flow.nodes.base import Node
from ivr.flow.nodes.steps import End, Goto, Speak, Step, Visit
from ivr.flow.text import Text


class Hangup(Node):
    """Says a last text and ends the call. The outcome is this node's, else that of the last node that has one, else
    resolved."""

    example: ClassVar[str] = """\
type: hangup
say: Goodbye.
"""

    type: Literal["hangup"]
    say: Text | None = None

    def run(self, visit: Visit) -> Generator[Step, Any, Goto]:
        if self.say:
            yield Speak(self.say)
        yield End(self.outcome or "resolved")
        return Goto(visit.node)
