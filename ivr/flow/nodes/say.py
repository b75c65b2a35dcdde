"""`say`: says something and goes on."""

from collections.abc import Generator
from typing import Any, ClassVar, Literal

from ivr.flow.nodes.base import Node
from ivr.flow.nodes.steps import Goto, Speak, Step, Visit
from ivr.flow.scalars import NodeName
from ivr.flow.text import Text


class Say(Node):
    """Says a text and goes on. The text queues in front of the next question, which already listens meanwhile."""

    example: ClassVar[str] = """\
type: say
say: {en: "We are open from nine to five.", ko: "아홉 시부터 다섯 시까지 영업합니다."}
next: anything_else
"""

    type: Literal["say"]
    say: Text
    next: NodeName

    def run(self, visit: Visit) -> Generator[Step, Any, Goto]:
        yield Speak(self.say)
        return Goto(self.next)
