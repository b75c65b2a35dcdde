"""A slot: one value that a node asks for."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, PrivateAttr, model_validator

from ivr.flow.base import Part
from ivr.flow.scalars import Expression, Flag, IntentName, Key, Length, one_or_many
from ivr.flow.text import Phrases, Text

FieldName = Literal[
    "digits", "number", "amount", "date", "time", "duration", "phone", "name", "spelling", "postal_code", "email",
    "yes_no", "choice", "intent", "entity", "free_text",
]  # fmt: skip
"""Ready-made fields (language/fields.py)."""
FITTING: dict[str, tuple[str, ...]] = {
    "length": ("digits", "spelling"),
    "checksum": ("digits", "spelling"),
    "grouping": ("digits", "spelling"),
    "pattern": ("spelling",),
    "range": ("number", "amount"),
    "currency": ("amount",),
    "prefer": ("date",),
    "typed": ("date",),
    "timezone": ("date",),
    "country": ("date", "postal_code"),
    "half": ("time",),
    "region": ("phone",),
    "choices": ("choice",),
    "intents": ("intent",),
    "entity": ("entity",),
}
"""Setting -> the fields that take it."""


class Weights(Part):
    """A checksum of one's own: the digits times the weights, repeated from the left, add up to a multiple of modulo."""

    weights: Annotated[str, Field(pattern=r"^-?\d+( -?\d+)*$")]
    """`3 1`, repeated."""
    modulo: Annotated[int, Field(ge=2, le=1000)] = 10


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
    """What is asked for; docs/languages.md has a table of what each understands and saves."""
    say: Text
    """The question."""
    length: Length | None = None
    """For digits and spelling: 6, or 4..8."""
    checksum: Literal["luhn", "iban", "verhoeff", "isbn", "mod97"] | Weights | None = None
    """For digits and spelling: luhn (cards), iban, verhoeff, isbn, mod97, or {weights: 3 1, modulo: 10}."""
    grouping: Annotated[str, Field(pattern=r"^\d+( \d+)*$")] | None = None
    """For digits and spelling: how they are read back, `4 4 4 4`; natural groups when not given."""
    pattern: Annotated[str, Field(pattern=r"^[A-Z0-9]+(\|[A-Z0-9]+)*$")] | None = None
    """For spelling: `AA9999`, A a letter, 9 a digit; `|` between several."""
    range: Annotated[str, Field(pattern=r"^-?[\d.]*\d\.\.-?\d[\d.]*$|^\.\.-?\d[\d.]*$|^-?\d+\.\.$")] | None = None
    """For number and amount: 1..100; open at one end: 1.."""
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")] | None = None
    """For amount: the currency when none is said; the language's when not given."""
    prefer: Literal["future", "past"] | None = None
    """For date: what a day without a year means; past for birthdays. Else: `future`."""
    typed: Annotated[str, Field(pattern=r"^(mmddyyyy|ddmmyyyy|yyyymmdd)$")] | None = None
    """For date: how it is typed: `mmddyyyy`, `ddmmyyyy`, `yyyymmdd`; the language's order when not given."""
    timezone: str | None = None
    """For date: the caller's zone, when it is not the line's."""
    country: Annotated[str, Field(pattern=r"^[A-Z]{2}$")] | None = None
    """For date: whose holidays; for postal_code: whose codes."""
    half: Literal["am", "pm"] | None = None
    """For time: the half of the day, where only one can be meant."""
    region: Annotated[str, Field(pattern=r"^[A-Z]{2}$")] | None = None
    """For phone: the country of numbers without a prefix; the language's when not given."""
    intents: Annotated[tuple[IntentName, ...], BeforeValidator(one_or_many)] = ()
    """For intent: which of nlu.yml."""
    entity: str | None = None
    """For entity: its name in nlu.yml; the slot's name when not given."""
    _lists: dict[str, Any] = PrivateAttr(default_factory=dict)
    """Filled in by the compiler (flow/listed.py): what nlu.yml lists for an entity or intents, by language."""
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
        for name, fields in FITTING.items():
            if getattr(self, name) and self.field not in fields:
                raise ValueError(f"{name} is for {' and '.join(fields)}, not for {self.field}")
        if self.field == "intent" and not self.intents:
            raise ValueError("write which intents of nlu.yml may be chosen: intents: [late, early]")
        if self.field == "choice" and len(self.choices) < 2:
            raise ValueError("a choice needs two choices or more: choices: [small, large]")
        if self.invalid and not self.valid:
            raise ValueError('invalid is said when `valid` does not hold; write `valid: "..."` too')
        values = [choice.value for choice in self.choices]
        if len(values) != len(set(values)):
            raise ValueError("two choices have the same value")
        return self

    def listing(self, lists: dict[str, Any]) -> "Slot":
        """The slot with what nlu.yml lists for it."""
        slot = self.model_copy()
        slot._lists = lists
        return slot

    def settings(self) -> dict[str, Any]:
        """The field's own settings as `language.fields.parse` and steps.FieldSpec take them (plain JSON)."""
        found: dict[str, Any] = {}
        if self.length:
            found["length"] = f"{self.length[0]}..{self.length[1]}"
        if self.choices:
            found["choices"] = [choice.model_dump(exclude_none=True) for choice in self.choices]
        for name in ("grouping", "pattern", "range", "currency", "prefer", "timezone", "country", "half", "region"):
            if given := getattr(self, name):
                found[name] = given
        if self.typed:
            found["keys"] = self.typed
        if self.checksum:
            found["checksum"] = self.checksum if isinstance(self.checksum, str) else self.checksum.model_dump()
        return found | self._lists


def _choices(value: Any) -> Any:
    if isinstance(value, dict):
        return [{"value": name, "phrases": phrases or [name]} for name, phrases in value.items()]
    if isinstance(value, list | tuple):
        return [{"value": entry} if isinstance(entry, str) else entry for entry in value]
    return value
