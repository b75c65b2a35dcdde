"""An answer as the machine takes it, and small readings of it."""

from dataclasses import dataclass, field
from typing import Any, Literal

from ivr.dialogue.question import Question
from ivr.flow.models import Anywhere, Option
from ivr.flow.nodes.steps import FieldSpec
from ivr.language.conversation import likest, ordinal
from ivr.language.table import LANGUAGES


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as the machine takes it."""

    result: Literal["option", "values", "anywhere", "ambiguous", "no_match", "rejected", "nothing"]
    how: Literal["speech", "keys", "text"] = "speech"
    option: Option | None = None
    entry: Anywhere | None = None
    between: tuple[Option, ...] = ()
    """`ambiguous`: the options that are too close."""
    values: dict[str, Any] = field(default_factory=dict)
    confidence: float = 0.0
    text: str = ""
    intent: str = ""
    source: str = ""


NOTHING = Answer("nothing")


def free_text(question: Question) -> FieldSpec | None:
    return next((spec for spec in question.fields if spec.field == "free_text"), None)


def settled(values: dict[str, Any], question: Question) -> dict[str, Any]:
    """ "yes" settles a confirmation, whatever else was heard in it."""
    for spec in question.fields:
        if spec.field == "yes_no" and values.get(spec.slot) == "yes":
            return {spec.slot: "yes"}
    return values


def chosen(text: str, question: Question) -> int | None:
    """ "the second one", "the blue lamp", "more": position of what was picked from a list made in the call."""
    said = " ".join(text.lower().split())
    for n, option in enumerate(question.options):
        if option.phrases and said in option.phrases.of(question.language):
            return n
    read_out = [option for option in question.options if option.key != "9"]
    position = ordinal(text, question.language, len(read_out))
    if position is not None:
        return position
    return likest(text, [o.label.of(question.language) if o.label else "" for o in read_out], question.language)


def picked(text: str, question: Question) -> int | None:
    """ "one", "the second one": position of the option that was picked by its number."""
    language = LANGUAGES.get(question.language)
    if language is None:
        return None
    said = " ".join(text.lower().split())
    for number in range(len(question.options)):
        key = str(number + 1)
        if said == key or said in language.choose.get(key, ()):
            return number
    return None
