"""What the caller's words come to at a question.

`Reading` takes the result of one recognition. A grammar's path that carries intent or slots decides at once; else the
field is parsed, or understanding is asked, or both one after the other; the answers come back as events. Nothing here
changes the call: a reading may be speculative and thrown away.
"""

from dataclasses import replace
from typing import Any, Literal

import msgspec

from ivr.actions import Cancel, ParseField, Understand
from ivr.dialogue import doubt
from ivr.dialogue.answer import NOTHING, Answer, chosen, free_text, mended, one_a_kind, picked, settled
from ivr.dialogue.floor import Floor
from ivr.dialogue.question import Question
from ivr.events import FieldParsed, Heard, Hypothesis, IntentScore, Understood
from ivr.flow.models import Option
from ivr.flow.nodes.steps import FieldSpec

UNDERSTAND = ""
"""Key of the understanding among the slots that are being parsed."""


class Reading:
    """One result of recognition on its way to an Answer."""

    __slots__ = (
        "_found",
        "_heard",
        "_in_passing",
        "_mends",
        "_rivals",
        "_strict",
        "_waiting",
        "answer",
        "at",
        "floor",
        "question",
        "speculative",
    )

    def __init__(
        self, question: Question, heard: Heard, floor: Floor, at: str, speculative: bool, strict: bool = False
    ) -> None:
        """`strict`: something is being said, so what lies outside the grammar must be sure to interrupt it."""
        self.question = question
        self.floor = floor
        self.at = at
        self.speculative = speculative
        self.answer: Answer | None = None
        self._heard = heard
        self._strict = strict and not heard.in_grammar
        self._waiting: dict[int, str] = {}
        self._found: dict[str, tuple[str, float]] = {}
        self._rivals: dict[str, str] = {}
        """What else a found value may be: they are so close that it is asked about."""
        self._in_passing: Answer | None = None
        self._mends: tuple[str, ...] = ()
        """Slots that the words may mend, while they are being parsed."""
        self._begin()

    @property
    def waiting(self) -> bool:
        return self.answer is None

    @property
    def text(self) -> str:
        return self._best.text

    @property
    def _best(self) -> Hypothesis:
        return next((h for h in self._heard.hypotheses if h.text.strip()), Hypothesis(""))

    def cancel(self) -> None:
        """Take back what is under way."""
        for id in self._waiting:
            self.floor.emit(Cancel, id=id)
        self._waiting.clear()

    def feed(self, event: Understood | FieldParsed) -> bool:
        """Take an answering event; False when it is not ours (stale)."""
        slot = self._waiting.pop(event.id, None)
        if slot is None:
            return False
        if isinstance(event, Understood):
            self._understood(event)
        else:
            if event.values:
                self._found[slot] = (event.values[0], event.confidences[0] if event.confidences else 1.0)
                self._compare(slot, (event.rival, event.rival_confidence))
            if not self._waiting:
                self._parsed()
        return True

    def give_up(self) -> None:
        """Nobody answered in time: go on with what is there."""
        self.cancel()
        if self._in_passing is not None:
            self.answer = self._in_passing
        elif self._found:
            self._parsed()
        else:
            self.answer = self._no_match()

    # --- how it goes on, step by step -----------------------------------------------------------------------------

    def _begin(self) -> None:
        best, question = self._best, self.question
        if not best.text:
            self.answer = NOTHING
            return
        if question.clarify and (number := picked(best.text, question)) is not None:
            self.answer = self._answer("option", 1.0, option=question.options[number], source="grammar")
            return
        if question.listed and (number := chosen(best.text, question)) is not None:
            self.answer = self._answer("option", best.confidence, option=question.options[number], source="list")
            return
        if self._heard.in_grammar and self._by_grammar(best):
            return
        rest = mended(best.text, question.language) if question.mends else ""
        if rest:
            self._mends = tuple(spec.slot for spec in question.mends)
            for spec in question.mends:
                self._parse(spec.slot, spec, [msgspec.structs.replace(best, text=rest)])
            return
        self._by_field()

    def _by_field(self) -> None:
        """The fields, else understanding."""
        question = self.question
        fields = [spec for spec in question.fields if spec.field != "free_text"]
        if fields:
            for spec in fields:
                self._parse(spec.slot, spec, self._heard.hypotheses)
        elif question.options or question.anywhere:
            self._understand()
        else:
            self._parsed()

    def _by_grammar(self, best: Hypothesis) -> bool:
        """The grammar's path says what was meant."""
        question = self.question
        confidence = best.confidence
        if best.intent:
            option, entry = question.option(best.intent), question.entry(best.intent)
            if option is None and entry is None:
                return False
            if confidence < question.settings.min_confidence:
                self._pass_on(replace(self._no_match(best.intent), guess=option, values=dict(best.slots)))
            elif entry is not None and option is None:
                values = dict(best.slots)
                self._pass_on(self._answer("anywhere", confidence, entry=entry, values=values, source="grammar"))
            else:
                self._pass_on(self._choose(option, best.slots, confidence))
            return True
        asked = (*question.fields, *question.mends)
        named = {spec.slot: best.slots[spec.slot] for spec in asked if best.slots.get(spec.slot)}
        if not named:
            return False
        said = {spec.slot: spec for spec in asked if spec.slot in named and doubt.by_words(spec, named[spec.slot])}
        self._found = {slot: (value, confidence) for slot, value in named.items() if slot not in said}
        for spec in asked:
            if spec.slot in self._found:
                self._compare(spec.slot, doubt.rival(spec, named[spec.slot], self._heard.hypotheses))
        for slot, spec in said.items():  # the path's marks are words: what they mean is parsed elsewhere
            self._parse(slot, spec, doubt.worded(slot, self._heard.hypotheses))
        if not said:
            self._values("grammar")
        return True

    def _compare(self, slot: str, other: tuple[str, float]) -> None:
        """Whether what a slot was found to be is to be asked about beside another value."""
        spec = next((spec for spec in self.question.fields if spec.slot == slot), None)
        if spec is not None and doubt.close(spec, self._found[slot][1], other, self.question.settings):
            self._rivals[slot] = other[0]

    def _values(self, source: str) -> bool:
        """The answer with what was found; False when that is too little to be believed, which makes a mismatch of what
        came by the grammar."""
        question = self.question
        confidence = min(confidence for _, confidence in self._found.values())
        values = settled({name: value for name, (value, _) in self._found.items()}, question)
        rivals = {slot: rival for slot, rival in self._rivals.items() if slot in values}
        if confidence >= question.settings.min_confidence or set(rivals) == set(values):
            self.answer = self._answer("values", confidence, values=values, rivals=rivals, source=source)
        elif source == "grammar":
            self.answer = self._no_match()
        return self.answer is not None

    def _choose(self, option: Option | None, slots: dict[str, str], confidence: float) -> Answer:
        """The option of the best path, or a doubt between two when a close hypothesis says another one."""
        question = self.question
        close = question.settings.ambiguity
        for other in self._heard.hypotheses[1:]:
            rival = question.option(other.intent) if other.intent else None
            if rival is None or rival is option or confidence - other.confidence >= close:
                continue
            if option is not None and confidence < question.settings.sure and not question.clarify:
                return self._answer("ambiguous", confidence, between=(option, rival), source="grammar")
        return self._answer("option", confidence, option=option, values=dict(slots), source="grammar")

    def _understand(self) -> None:
        question = self.question
        id = self.floor.request(
            Understand,
            secret=question.sensitive,
            flow=question.flow.name,
            version=question.flow.version,
            language=question.language,
            hypotheses=self._heard.hypotheses,
            expected=question.expected,
            speculative=self.speculative,
        )
        self._waiting[id] = UNDERSTAND

    def _parse(self, slot: str, spec: FieldSpec, hypotheses: list[Hypothesis]) -> None:
        id = self.floor.request(
            ParseField,
            secret=self.question.sensitive or spec.sensitive,
            field=spec.field,
            language=self.question.language,
            hypotheses=hypotheses,
            options=spec.settings,
            at=self.at,
            sensitive=self.question.sensitive or spec.sensitive,
        )
        self._waiting[id] = slot

    def _parsed(self) -> None:
        """All fields were tried."""
        question = self.question
        if self._in_passing is not None:
            values = {name: value for name, (value, _) in self._found.items()}
            self.answer = replace(self._in_passing, values={**self._in_passing.values, **values})
            return
        if self._mends:
            recent = next((slot for slot in self._mends if slot in self._found), "")
            self._found = {recent: self._found[recent]} if recent else {}
            self._mends = ()
            if not self._found:
                self._by_field()
                return
        else:
            self._found = one_a_kind(self._found, question)
        if self._found and self._values("field"):
            return
        if (question.anywhere or question.options) and not self._found:
            self._understand()
        elif free := free_text(question):
            self.answer = self._answer("values", self._best.confidence, values={free.slot: self._best.text})
        else:
            self.answer = self._no_match()

    def _understood(self, event: Understood) -> None:
        question, settings = self.question, self.question.settings
        known = [score for score in event.intents if score.name in question.expected]
        top = event.intents[0] if event.intents else IntentScore("", 0.0)
        free = free_text(question)
        entities = {entity.name: entity.value for entity in event.entities}
        if not known or top.confidence - known[0].confidence > settings.ambiguity:
            known = []
        if free is not None and (not known or known[0].confidence < settings.sure):
            self.answer = self._answer("values", self._best.confidence, values={free.slot: self._best.text})
        elif not known or known[0].confidence < (settings.sure if self._strict else settings.min_confidence):
            missed = self._no_match(top.name, top.confidence, event.source)
            option = question.option(known[0].name) if known else None
            if option is None:
                self.answer = missed
            else:
                self._pass_on(replace(missed, guess=option, values=entities, confidence=known[0].confidence))
        else:
            self._settle(known, entities, event)

    def _settle(self, known: list[IntentScore], entities: dict[str, str], event: Understood) -> None:
        best, question = known[0], self.question
        text = event.text or self._best.text
        option, entry = question.option(best.name), question.entry(best.name)
        rivals = [
            rival
            for score in known[1:]
            if best.confidence - score.confidence < question.settings.ambiguity
            and (rival := question.option(score.name)) is not None
        ]
        if option is not None and rivals and not question.clarify:
            self.answer = self._answer(
                "ambiguous", best.confidence, between=(option, rivals[0]), intent=best.name, source=event.source
            )
            return
        result: Literal["option", "anywhere"] = "option" if option is not None else "anywhere"
        answer = self._answer(
            result, best.confidence, option=option, entry=entry if option is None else None,
            values=dict(entities), intent=best.name, source=event.source,
        )  # fmt: skip
        self._pass_on(replace(answer, text=text))

    def _pass_on(self, answer: Answer) -> None:
        """Values said in passing are read like fields before they count, unless they are plain already."""
        self._in_passing = answer
        for name, said in list(answer.values.items()):
            slot = self.question.flow.slot(name)
            if slot is None or (slot.field in ("digits", "number") and said.isascii() and said.isdigit()):
                continue
            del answer.values[name]
            spec = FieldSpec(name, slot.field, slot.settings(), slot.sensitive)
            self._parse(name, spec, [Hypothesis(said, confidence=answer.confidence, source="entity")])
        if not self._waiting:
            self.answer = answer

    # --- results --------------------------------------------------------------------------------------------------

    def _answer(self, result: Any, confidence: float, **rest: Any) -> Answer:
        best = self._best
        how: Literal["speech", "text"] = "text" if best.source == "text" else "speech"
        rest.setdefault("intent", best.intent)
        return Answer(result, how, confidence=confidence, text=best.text, **rest)

    def _no_match(self, intent: str = "", confidence: float = 0.0, source: str = "") -> Answer:
        result: Literal["no_match", "rejected"] = "no_match" if self._heard.in_grammar else "rejected"
        return self._answer(result, confidence or self._best.confidence, intent=intent, source=source)
