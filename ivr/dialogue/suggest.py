""" "Did you mean ...?" of one option: what a mismatch may have meant is asked before the caller has to say it again."""

from dataclasses import replace

from ivr.dialogue import repair
from ivr.dialogue.answer import Answer
from ivr.dialogue.position import Frame
from ivr.flow.nodes.steps import FieldSpec
from ivr.language.phrases import phrase

SLOT = "suggest"
FIELD = FieldSpec(SLOT, "yes_no")
LEAST = 0.2
"""A guess that is less sure is none: callers do not like to be asked about what they never said."""


def part(name: str) -> str:
    """Which grammar hears the answer: the options, yes and no."""
    return f"{name}.{SLOT}"


def can(frame: Frame, answer: Answer) -> bool:
    """The mismatch has a guess that was not refused in this visit."""
    return answer.guess is not None and answer.confidence >= LEAST and answer.guess.name not in frame.refused


def sentence(answer: Answer, language: str) -> str:
    option = answer.guess
    label = repair.label(option, language) or option.name.replace("_", " ") if option is not None else ""
    return phrase(language, SLOT, label=label)


def settled(frame: Frame, asked: Answer, answer: Answer) -> Answer:
    """What the answer to the suggestion comes to: the option, or a mismatch. Other answers stay what they are."""
    said = answer.values.get(SLOT) if answer.result == "values" else None
    if said == "yes" and asked.guess is not None:
        return replace(answer, result="option", option=asked.guess, values=asked.values, intent=asked.guess.name)
    if asked.guess is not None and answer.result != "option":
        frame.refused.add(asked.guess.name)
    return replace(answer, result="no_match", values={}) if said is not None else answer
