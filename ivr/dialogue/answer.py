"""An answer as the machine takes it, and small readings of it."""

from dataclasses import dataclass, field
from typing import Any, Literal

from ivr.dialogue.question import Question
from ivr.flow.models import Anywhere, Option
from ivr.flow.nodes.steps import FieldSpec
from ivr.language.conversation import likest, ordinal
from ivr.language.table import LANGUAGES
from ivr.language.words import words


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
    rivals: dict[str, str] = field(default_factory=dict)
    """`values`: what else a value may be, where two readings of the sound are close ("fifteen or fifty?")."""
    confidence: float = 0.0
    text: str = ""
    intent: str = ""
    source: str = ""
    guess: Option | None = None
    """Of a mismatch: the option that it may have meant, not likely enough to be taken (suggest.py)."""
    then: tuple["Answer", ...] = ()
    """What was asked for in the same sentence, to be taken afterwards (wishes.py)."""


NOTHING = Answer("nothing")


def free_text(question: Question) -> FieldSpec | None:
    return next((spec for spec in question.fields if spec.field == "free_text"), None)


KINDS = ("digits number amount phone postal_code", "date", "time duration")
"""Fields that hear a value in the same words: of one utterance only one of them takes it."""


def mended(text: str, language: str) -> str:
    """ "no, on friday" -> "on friday": what comes behind words that correct; empty when it is no correction."""
    said = " ".join(words(text, language))
    data = LANGUAGES.get(language)
    for cue in sorted(data.corrections if data else (), key=len, reverse=True):
        if said.startswith(f"{cue} "):
            return said[len(cue) + 1 :]
    return ""


def one_a_kind(found: dict[str, tuple[str, float]], question: Question) -> dict[str, tuple[str, float]]:
    """Fields of one kind read the same words: the one that was asked for has them."""
    kept: dict[str, tuple[str, float]] = {}
    kinds: set[str] = set()
    for spec in question.fields:
        kind = next((kind for kind in KINDS if spec.field in kind.split()), spec.slot)
        if spec.slot in found and kind not in kinds:
            kinds.add(kind)
            kept[spec.slot] = found[spec.slot]
    return kept


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
