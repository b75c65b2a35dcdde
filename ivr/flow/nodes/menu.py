"""`menu`: asks what the caller wants and goes where the choice leads."""

import math
from collections.abc import Generator, Iterator
from typing import Any, ClassVar, Literal

from pydantic import Field, model_validator

from ivr.flow.built_in import built_in
from ivr.flow.nodes.base import Node, Question
from ivr.flow.nodes.steps import Ask, Fill, Goto, Reply, Step, SwitchLanguage, Visit
from ivr.flow.option import Option
from ivr.flow.path import Path
from ivr.flow.scalars import NodeName, ValueName
from ivr.flow.text import Phrases, Text
from ivr.language.conversation import MORE
from ivr.language.phrases import key_name, phrase

PAGE = 4
"""Entries of a list that are read at once."""
QUESTION = Text({"": "{question} {list}"})


def listing(options: tuple[Option, ...], language: str) -> str:
    """ "One, blue lamp. Two, green chair. Nine, more." """
    return " ".join(
        phrase(language, "choice.item", number=key_name(language, str(option.key)), label=option.label.of(language))
        + "."
        for option in options
        if option.label
    )


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
    options: tuple[Option, ...] = ()
    options_from: ValueName | None = None
    """A saved list to choose from, instead of `options`: read in pages of four, chosen by number, key or words of its
    label. A list of one is taken at once."""
    label: Text | None = None
    """With options_from: how an entry is called, "{item.name} of {item.date:date}"."""
    save: ValueName | None = None
    """With options_from: name that the chosen entry is saved under."""
    on: dict[Literal["empty"], NodeName] = Field(default_factory=dict)
    """With options_from: where to go when the list is empty; `next` when not given."""
    next: NodeName | None = None
    """With options_from: where to go with the chosen entry."""

    @model_validator(mode="after")
    def _options_or_list(self) -> "Menu":
        if bool(self.options) == bool(self.options_from):
            raise ValueError("a menu has options; write options: [...], or options_from: a saved list")
        if self.options_from and not (self.label and self.save and self.next):
            raise ValueError("options_from needs more; write label: how an entry is called, save: and next: too")
        if self.options and (self.label or self.save or self.on or self.next):
            raise ValueError("label, save, on and next go with options_from; each option has its own")
        return self

    def run(self, visit: Visit) -> Generator[Step, Any, Goto]:
        if self.options_from:
            return (yield from self._from_list(visit))
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

    def _from_list(self, visit: Visit) -> Generator[Step, Any, Goto]:
        """Read the list page by page until an entry is chosen."""
        listed = visit.look_up(str(self.options_from))
        entries = list(listed) if isinstance(listed, list | tuple) else [] if listed in (None, "") else [listed]
        if not entries:
            return Goto(str(self.on.get("empty") or self.next), "empty")
        first = 0
        while len(entries) > 1:
            page = entries[first : first + PAGE]
            options = tuple(self._entry(visit, entry, n) for n, entry in enumerate(page, 1))
            if len(entries) > PAGE:
                more = MORE.get(visit.language, ())
                options += (
                    Option(phrases=Phrases({"": list(more)}), key="9", label=built_in("list.more"), next="more"),
                )
            reply: Reply = yield Ask(
                "menu", QUESTION, options=options, listed=True,
                extra={"question": visit.render(self.say), "list": listing(options, visit.language)},
            )  # fmt: skip
            number = options.index(reply.option) if reply.option in options else 0
            if number < len(page):
                first += number
                break
            first = (first + PAGE) % (PAGE * math.ceil(len(entries) / PAGE))
        yield Fill(str(self.save), entries[first], "query", sensitive=visit.flow.is_sensitive(str(self.options_from)))
        return Goto(str(self.next), "option")

    def _entry(self, visit: Visit, entry: Any, number: int) -> Option:
        if self.label is None:
            raise ValueError("a list has a label")
        words = visit.render(self.label, item=entry) or str(number)
        plain = Text({"": words.replace("{", "").replace("}", "")})
        return Option(phrases=Phrases({"": [f"{number}"]}), key=str(number), label=plain, next=str(self.next))

    def questions(self) -> Iterator[Question]:
        yield Question("menu", options=self.options, open=bool(self.options_from) or self.listen == "open")

    def fills(self) -> Iterator[str]:
        if self.save:
            yield self.save
        for option in self.options:
            yield from option.set or {}

    def inside(self, path: Path) -> tuple[set[str], set[str]]:
        return ({"item"} if path[0] == "label" else set()), set()

    def certain(self, path: Path) -> set[str]:
        if self.save and path == ("next",) and self.on:
            return {self.save}
        return set(self.options[int(path[1])].set or {}) if path[0] == "options" else set()
