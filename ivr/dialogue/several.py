"""Several wishes in one sentence: "where is order 4567 and what are your opening hours".

The sentence is read as a whole and in its parts (language/joints.py), all at once. When two parts or more are surely
wishes of their own, the first is the answer and the others wait (wishes.py); else the whole counts, as ever.
"""

from dataclasses import replace

import msgspec

from ivr.dialogue.answer import Answer
from ivr.dialogue.floor import Floor
from ivr.dialogue.question import Question
from ivr.dialogue.reading import Reading
from ivr.events import FieldParsed, Heard, Hypothesis, Understood
from ivr.language.joints import parts_of


def read(question: Question, heard: Heard, floor: Floor, at: str, speculative: bool, strict: bool) -> "AnyReading":
    """One result of recognition on its way to an Answer."""
    whole = Reading(question, heard, floor, at, speculative, strict)
    if not whole.waiting or not question.options or question.fields or question.clarify or question.listed:
        return whole
    best = next((h for h in heard.hypotheses if h.text.strip()), Hypothesis(""))
    parts = parts_of(best.text, question.language)
    if not parts:
        return whole
    some = [_alone(best, part) for part in parts]
    return Several(whole, [Reading(question, one, floor, at, speculative) for one in some])


def _alone(best: Hypothesis, part: str) -> Heard:
    return Heard(hypotheses=[msgspec.structs.replace(best, text=part, intent="", slots={})])


class Several:
    """The readings of a sentence and of its parts, as one."""

    __slots__ = ("_parts", "_whole")

    def __init__(self, whole: Reading, parts: list[Reading]) -> None:
        self._whole = whole
        self._parts = parts

    @property
    def waiting(self) -> bool:
        return self.answer is None

    @property
    def text(self) -> str:
        return self._whole.text

    @property
    def answer(self) -> Answer | None:
        """None until every part is understood."""
        found = [part.answer for part in self._parts]
        whole = self._whole.answer
        if whole is None or None in found:
            return None
        question = self._whole.question
        wishes: dict[str, Answer] = {}
        for answer in found:
            if answer is not None and is_wish(answer) and answer.confidence >= question.settings.sure:
                wishes.setdefault(name_of(answer), answer)
        if len(wishes) < 2:
            return whole
        first, *others = wishes.values()
        return replace(first, text=whole.text, then=tuple(others))

    def feed(self, event: Understood | FieldParsed) -> bool:
        return any(reading.feed(event) for reading in (self._whole, *self._parts))

    def cancel(self) -> None:
        for reading in (self._whole, *self._parts):
            reading.cancel()

    def give_up(self) -> None:
        for reading in (self._whole, *self._parts):
            if reading.waiting:
                reading.give_up()


AnyReading = Reading | Several


def is_wish(answer: Answer) -> bool:
    """It can wait for another one: an option, or an entry of `anywhere` that leads somewhere."""
    if answer.result == "option":
        return answer.option is not None
    return answer.result == "anywhere" and answer.entry is not None and answer.entry.next is not None


def name_of(answer: Answer) -> str:
    chosen = answer.option or answer.entry
    return chosen.name if chosen is not None else ""
