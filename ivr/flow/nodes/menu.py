"""`menu`: asks what the caller wants and goes where the choice leads."""

from collections.abc import Generator, Iterator
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from ivr.flow.nodes.base import Node, Question
from ivr.flow.nodes.steps import Ask, Fill, Goto, Reply, Step, SwitchLanguage, Visit
from ivr.flow.option import Option
from ivr.flow.path import Path
from ivr.flow.text import Text


class Menu(Node):
    """Asks a question with options. An option is taken by its intent's examples, its phrases, its key, or its number
    said ("two"). Values said in passing ("where is order 4567") are saved under the entity's name. When two options
    are within `ambiguity`, the caller is asked which; on the keypad the labels are read.
    """

    example: ClassVar[str] = """\
type: menu
say: How can I help?
options:
  - {intent: query_order, key: "1", label: the status of an order, next: which_order}
  - {phrases: [opening hours, when are you open], key: "2", label: our opening hours, next: hours}
"""
    listens: ClassVar[bool] = True

    type: Literal["menu"]
    say: Text
    options: Annotated[tuple[Option, ...], Field(min_length=1)]

    def run(self, visit: Visit) -> Generator[Step, Any, Goto]:
        reply: Reply = yield Ask("menu", self.say, options=self.options)
        option = reply.option
        if option is None:  # the machine answers an Ask that has options with one of them
            raise ValueError(f"menu {visit.node} was answered without an option")
        for name, value in reply.values.items():
            yield Fill(name, value, reply.how, reply.confidence, visit.flow.is_sensitive(name))
        for name, template in (option.set or {}).items():
            yield Fill(name, visit.plain(template))
        if option.language:
            yield SwitchLanguage(option.language)
        return Goto(option.next, "option")

    def questions(self) -> Iterator[Question]:
        yield Question("menu", options=self.options, open=self.listen == "open")

    def fills(self) -> Iterator[str]:
        for option in self.options:
            yield from option.set or {}

    def certain(self, path: Path) -> set[str]:
        return set(self.options[int(path[1])].set or {}) if path[0] == "options" else set()
