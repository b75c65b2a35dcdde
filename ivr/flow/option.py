"""What a caller may choose: options of a menu, and what is heard `anywhere`."""

import re
from typing import Literal

from pydantic import model_validator

from ivr.flow.base import Part
from ivr.flow.scalars import Flag, IntentName, Key, LanguageCode, NodeName, Template, ValueName
from ivr.flow.text import Phrases, Text

Command = Literal["agent", "repeat", "wait", "slower", "louder", "back", "start_over", "stop_recording", "forget_me"]
COMMANDS: tuple[Command, ...] = (
    "agent", "repeat", "wait", "slower", "louder", "back", "start_over", "stop_recording", "forget_me",
)  # fmt: skip


def slug(text: str) -> str:
    """A name made of a phrase: 'When are you open?' -> 'when_are_you_open'."""
    return re.sub(r"\W+", "_", text.strip().lower()).strip("_") or "option"


class Option(Part):
    """One way out of a menu, taken by what it says or by its key."""

    intent: IntentName | None = None
    """An intent of nlu.yml: every example of it chooses this option."""
    phrases: Phrases | None = None
    """What may be said, when no intent is worth it."""
    key: Key | None = None
    """The key that chooses it; saying the number does too."""
    label: Text | None = None
    """How it is called on the keypad ("For {label}, press 1.") and when two are close ("Did you mean ...")."""
    next: NodeName
    """Where it leads."""
    set: dict[ValueName, Template] | None = None
    """Values to save when it is chosen."""
    language: LanguageCode | None = None
    """The conversation goes on in this language."""
    task: str | None = None
    """What the caller wants, for `{task}`; the intent's name when not given; `keep`: it is no new wish."""
    outcome: str | None = None
    tag: str | None = None

    @model_validator(mode="after")
    def _can_be_chosen(self) -> "Option":
        if not (self.intent or self.phrases or self.key):
            raise ValueError("an option needs an intent, phrases or a key, else nobody can choose it")
        return self

    @property
    def wish(self) -> str:
        """The task that choosing it sets; empty: the task stays what it is."""
        if self.task:
            return "" if self.task == "keep" else self.task
        return self.intent or ""

    @property
    def name(self) -> str:
        """What the grammar's `intent` arcs and the records call it."""
        if self.intent:
            return str(self.intent)
        if self.phrases:
            first = next((texts[0] for texts in self.phrases.root.values() if texts), "")
            if first:
                return f"option.{slug(first)}"
        return f"option.key_{self.key}"


class Anywhere(Part):
    """Heard in every node that listens, unless the node says `anywhere: false`."""

    command: Command | None = None
    """A ready-made command; its examples are built in, in every language."""
    intent: IntentName | None = None
    phrases: Phrases | None = None
    key: Key | None = None
    label: Text | None = None
    next: NodeName | None = None
    """Where it leads; without it the node goes on after `say` or `language`."""
    back: Flag = False
    """With `next`: a digression; where it would ask or say goodbye, or at a `return`, the question that was open is put
    again."""
    say: Text | None = None
    language: LanguageCode | None = None

    @model_validator(mode="after")
    def _is_whole(self) -> "Anywhere":
        if not (self.command or self.intent or self.phrases or self.key):
            raise ValueError("write what is heard: a command, an intent, phrases or a key")
        if sum(bool(x) for x in (self.command, self.intent)) > 1:
            raise ValueError("either a command or an intent, not both")
        if not self.command and not (self.next or self.language or self.say):
            raise ValueError("write what happens: next, language or say")
        return self

    @property
    def name(self) -> str:
        """`command.agent`, the intent's name, or one made of the first phrase."""
        if self.command:
            return f"command.{self.command}"
        if self.intent:
            return str(self.intent)
        if self.phrases:
            first = next((texts[0] for texts in self.phrases.root.values() if texts), "")
            if first:
                return f"anywhere.{slug(first)}"
        return f"anywhere.key_{self.key}"


class Except(Part):
    """`anywhere: {except: [agent]}`."""

    names: tuple[str, ...]
    """Commands or intents that are not heard here."""

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: object) -> object:
        if isinstance(value, dict) and set(value) == {"except"}:
            names = value["except"]
            return {"names": [names] if isinstance(names, str) else names}
        return value
