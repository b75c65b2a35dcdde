"""`language`: goes on in another language."""

from collections.abc import Generator
from typing import Any, ClassVar, Literal

from ivr.flow.nodes.base import Node
from ivr.flow.nodes.steps import Goto, Speak, Step, SwitchLanguage, Visit
from ivr.flow.scalars import LanguageCode, NodeName
from ivr.flow.text import Text


class Language(Node):
    """The conversation goes on in another of the flow's languages; `say` is said in the new one."""

    example: ClassVar[str] = """\
type: language
to: ko
next: welcome
"""

    type: Literal["language"]
    to: LanguageCode
    say: Text | None = None
    next: NodeName

    def run(self, visit: Visit) -> Generator[Step, Any, Goto]:
        yield SwitchLanguage(self.to)
        if self.say:
            yield Speak(self.say)
        return Goto(self.next)
