"""A slot: one value that a node asks for."""

from typing import Any, Literal

from pydantic import Field, model_validator

from ivr.flow.base import Part
from ivr.flow.scalars import Expression, Flag, Key, Length
from ivr.flow.text import Phrases, Text

FieldName = Literal["digits", "number", "yes_no", "choice", "free_text"]
"""Ready-made fields; more come with later versions."""


class Choice(Part):
    """One value of a `choice` field."""

    value: str = Field(min_length=1)
    """What is saved."""
    phrases: Phrases | None = None
    """Other ways to say it; the value itself is always one."""
    label: Text | None = None
    """How it is read out; the value when not given."""
    key: Key | None = None
    """Its key; 1, 2, 3 ... in order when none has one."""


class Confirm(Part):
    """Reading a value back before it is used."""

    when: Literal["always", "unsure", "never"] = "unsure"
    say: Text | None = None
    """The question; built in for every language when not given. "no, 4568" mends the value at once."""

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: Any) -> Any:
        return {"when": value} if isinstance(value, str) else value


class Slot(Part):
    """One value: how it is asked for, heard, checked and confirmed."""

    field: FieldName
    """digits, number, yes_no (saves `yes` or `no`), choice, free_text."""
    say: Text
    """The question."""
    length: Length | None = None
    """For digits: 6, or 4..8."""
    choices: tuple[Choice, ...] = ()
    """For choice: [small, large], {small: [little one], large: [big one]}, or {value, phrases, label, key} each."""
    confirm: Confirm = Confirm()
    valid: Expression | None = None
    """Must hold for the value to be taken."""
    invalid: Text | None = None
    """Said when it does not hold."""
    hints: Phrases | None = None
    label: Text | None = None
    """How the value is called, for built-in prompts ("your order number")."""
    keep: Flag = False
    """A value from an earlier visit stays and is not asked for again."""
    sensitive: Flag = False
    """Lives in memory only: never recorded, journalled, logged or said."""

    @model_validator(mode="before")
    @classmethod
    def _choices(cls, value: Any) -> Any:
        if isinstance(value, dict) and "choices" in value:
            value = {**value, "choices": _choices(value["choices"])}
        return value

    @model_validator(mode="after")
    def _fits(self) -> "Slot":
        if self.length and self.field != "digits":
            raise ValueError(f"length is for digits, not for {self.field}")
        if self.field == "choice" and len(self.choices) < 2:
            raise ValueError("a choice needs two choices or more: choices: [small, large]")
        if self.choices and self.field != "choice":
            raise ValueError(f"choices are for the field choice, not for {self.field}")
        if self.invalid and not self.valid:
            raise ValueError('invalid is said when `valid` does not hold; write `valid: "..."` too')
        values = [choice.value for choice in self.choices]
        if len(values) != len(set(values)):
            raise ValueError("two choices have the same value")
        return self

    def settings(self) -> dict[str, Any]:
        """The field's own settings as `language.fields.parse` and steps.FieldSpec take them (plain JSON)."""
        found: dict[str, Any] = {}
        if self.length:
            found["length"] = f"{self.length[0]}..{self.length[1]}"
        if self.choices:
            found["choices"] = [choice.model_dump(exclude_none=True) for choice in self.choices]
        return found


def _choices(value: Any) -> Any:
    if isinstance(value, dict):
        return [{"value": name, "phrases": phrases or [name]} for name, phrases in value.items()]
    if isinstance(value, list | tuple):
        return [{"value": entry} if isinstance(entry, str) else entry for entry in value]
    return value
