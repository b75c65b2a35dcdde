"""How a node listens: the settings that are inherited from built-in values to `defaults` to the node."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from ivr.flow.base import Part
from ivr.flow.scalars import Flag, NodeName, Seconds, Share, one_or_many
from ivr.flow.text import Phrases, Text

Input = Annotated[tuple[Literal["speech", "keys"], ...], BeforeValidator(one_or_many), Field(min_length=1)]


class BargeIn(Part):
    """What may interrupt a prompt."""

    voice: Flag = True
    keys: Flag = True
    """False: keys wait until the prompt is over."""
    min_words: Annotated[int, Field(ge=0, le=10)] = 0
    """Voice interrupts only when this many words were recognized."""
    protect: Seconds = 0.0
    """The first seconds of the prompt cannot be interrupted."""

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: Any) -> Any:
        short = {"true": (True, True), "false": (False, False), "keys": (False, True)}
        if isinstance(value, bool):
            value = str(value).lower()
        if isinstance(value, str):
            if value not in short:
                raise ValueError(f"{value!r} must be true, false, keys, {{min_words: 2}} or {{protect: 2s}}")
            return {"voice": short[value][0], "keys": short[value][1]}
        return value


class Retry(Part):
    """What happens at one silence or mismatch."""

    say: Text | None = None
    """Said before the question is put again."""
    input: Input | None = None
    """How the node listens from here on in this visit; `[keys]` offers it on the keypad, reading the labels."""
    next: NodeName | None = None
    """Leave for this node instead of asking again."""
    repeat: Flag = True
    """False: after `say` the question is not read again, only waited for."""
    hangup: Flag = False
    """Say goodbye and end the call."""
    suggest: Flag = False
    """For no_match in a menu: when one option is likelier than the others, though not likely enough, ask "Did you mean
    ...?" instead of all else in this step. "No" is the next mismatch."""

    @model_validator(mode="after")
    def _does_something(self) -> "Retry":
        if self.next and self.hangup:
            raise ValueError("a step either goes to `next` or ends with `hangup`, not both")
        return self


class MaxVisits(Part):
    """Entered for the `times`-th time, the node is left for `next`."""

    times: Annotated[int, Field(ge=2, le=1000)]
    next: NodeName

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: Any) -> Any:
        if isinstance(value, dict) and len(value) == 1 and not {"times", "next"} & set(value):
            times, node = next(iter(value.items()))
            if not str(times).isdigit():
                raise ValueError("write max_visits as {5: agent}: the fifth time goes to agent")
            return {"times": times, "next": node}
        return value


class Overrides(Part):
    """Settings that `defaults` and every node may give; what is not given is inherited."""

    input: Input | None = None
    """`[speech, keys]`, `[speech]` or `[keys]`."""
    barge_in: BargeIn | None = None
    """true | false | keys | {min_words: 2} | {protect: 2s}: what may interrupt a prompt."""
    no_input_timeout: Seconds | None = None
    """Silence before no_input; runs from the end of the prompt as the caller hears it."""
    closed_timeout: Seconds | None = None
    """Pause that ends an utterance which was heard with `sure` and after which the grammar allows nothing more."""
    complete_timeout: Seconds | None = None
    """Pause that ends an utterance which can stand as it is and may go on. Unless given: 0.5s; 0.3s after yes and no;
    0.7s for digits and whatever is said piece by piece."""
    incomplete_timeout: Seconds | None = None
    """Pause that ends an utterance which cannot stand as it is ("my number is four five")."""
    max_speech: Seconds | None = None
    """Longest utterance."""
    max_wait: Seconds | None = None
    """Longest time for one question, counted from its prompt's end, that no noise can push away."""
    key_timeout: Seconds | None = None
    """Time between keys; 5s in digit fields unless given."""
    finish_on_key: Annotated[str, Field(pattern=r"^([0-9*#]|none)$")] | None = None
    """The key that ends a typed number; `none` for no such key."""
    min_confidence: Share | None = None
    """Below this, what was heard is a mismatch."""
    sure: Share | None = None
    """Below this, `confirm: {when: unsure}` asks. Typed keys are always sure."""
    ambiguity: Share | None = None
    """Two options, or two readings of a value, within this distance of each other: the caller is asked which."""
    no_input: tuple[Retry, ...] | None = None
    """What happens at the 1st, 2nd, ... silence in one visit of the node; the last one stays."""
    no_match: tuple[Retry, ...] | None = None
    """What happens at the 1st, 2nd, ... mismatch in one visit of the node; the last one stays."""
    max_visits: MaxVisits | None = None
    """{5: agent}: entered a fifth time, the node is left for agent."""
    listen: Literal["open", "grammar"] | None = None
    """`open`: anything may be said here; `grammar`: what options, examples and fields allow."""
    hints: Phrases | None = None
    """Words that callers use here, for recognizers that take them."""
    voice: str | None = None
    """Voice of the prompts."""
    rate: Annotated[float, Field(ge=0.5, le=2.0)] | None = None
    """Speed of the prompts, 1 is normal."""


class Settings(Part):
    """What counts in one node after inheritance; lengths of time in seconds."""

    input: Input = ("speech", "keys")
    barge_in: BargeIn = BargeIn()
    no_input_timeout: Seconds = 5.0
    closed_timeout: Seconds = 0.1
    complete_timeout: Seconds | None = None
    incomplete_timeout: Seconds = 0.9
    max_speech: Seconds = 20.0
    max_wait: Seconds = 60.0
    key_timeout: Seconds = 3.0
    finish_on_key: str = "#"
    min_confidence: Share = 0.45
    sure: Share = 0.8
    ambiguity: Share = 0.15
    no_input: tuple[Retry, ...] = ()
    no_match: tuple[Retry, ...] = ()
    max_visits: MaxVisits | None = None
    listen: Literal["open", "grammar"] = "grammar"
    hints: Phrases | None = None
    voice: str = ""
    rate: float = 1.0


def inherit(*levels: Overrides, built_in: Settings) -> Settings:
    """Settings of one node; the first level that gives a value wins (node before defaults before `built_in`)."""
    chosen: dict[str, Any] = {}
    for name in Settings.model_fields:
        given = (getattr(level, name) for level in levels)
        chosen[name] = next((value for value in given if value is not None), getattr(built_in, name))
    return Settings.model_construct(**chosen)
