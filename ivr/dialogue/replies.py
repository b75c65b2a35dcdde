"""From answers to replies: what is noted, what is remembered, what the node's behaviour gets."""

from dataclasses import replace
from typing import Any

from ivr.actions import Answered, TaskSet
from ivr.dialogue.answer import Answer
from ivr.dialogue.floor import Floor
from ivr.dialogue.position import Frame
from ivr.dialogue.reference import points_back, same_as_before
from ivr.dialogue.several import name_of
from ivr.dialogue.state import Exchange, State
from ivr.flow.models import Flow, Option
from ivr.flow.nodes.steps import Reply

_RESULTS = {"option": "match", "values": "match", "ambiguous": "unsure", "nothing": "no_match"}


def note(floor: Floor, flow: Flow, frame: Frame, answer: Answer, secret: bool) -> None:
    """What the turn came to; `secret`: no words and values of it may be kept."""
    result = _RESULTS.get(answer.result, answer.result)
    if answer.rivals:
        result = "unsure"
    if answer.entry is not None:
        result = "command" if answer.entry.command else "digression"
    hidden = {name for name in answer.values if secret or flow.is_sensitive(name)}
    chosen = answer.option or answer.entry
    floor.emit(
        Answered,
        node=frame.node,
        how=answer.how,
        result=result,
        text="***" if answer.text and (secret or hidden) else answer.text,
        intent=answer.intent,
        confidence=answer.confidence,
        slots={name: "***" if name in hidden else str(value) for name, value in answer.values.items()},
        source=answer.source,
        option=chosen.name if chosen else "",
        also=[name_of(one) for one in answer.then],
    )


def choose(floor: Floor, flow: Flow, state: State, frame: Frame, answer: Answer, option: Option) -> Reply:
    """An option was taken: the task is known, and what was said in passing, or pointed at, comes with it."""
    values = answer.values
    if not values and points_back(answer.text, state.language):
        values = mentioned(state)
    remember(flow, state, frame, option.name, values)
    if state.set_task(option.wish):
        floor.emit(TaskSet, task=state.task)
    if option.outcome:
        state.outcome = option.outcome
    return reply(frame, answer, values, option)


def reply(frame: Frame, answer: Answer, values: dict[str, Any], option: Option | None = None) -> Reply:
    """What the behaviour gets. Typed keys are always sure."""
    sure = answer.how == "keys" or answer.confidence >= frame.settings.sure
    return Reply(answer.how, option, values, answer.rivals, answer.confidence, sure, answer.text)


def remember(flow: Flow, state: State, frame: Frame, name: str, values: dict[str, Any]) -> None:
    kept = {slot: value for slot, value in values.items() if flow.slot(slot) is not None}
    state.history.append(Exchange(state.turn, frame.node, name, kept))


def pointing_back(flow: Flow, state: State, frame: Frame, answer: Answer) -> Answer:
    """ "The same number" is an answer where one was given before; every other mismatch stays one."""
    values = same_as_before(flow, state, frame, answer.text)
    return replace(answer, result="values", values=values, guess=None) if values else answer


def mentioned(state: State) -> dict[str, Any]:
    """The slots that were spoken of last and still have a value."""
    for exchange in reversed(state.history):
        found = {name: value.value for name in exchange.slots if (value := state.values.get(name))}
        if found:
            return found
    return {}
