"""What may be said at one question, as an automaton over words (flow/grammar.py).

Options and `anywhere` give their phrases and their intents' examples, entities in them standing for every value of the
entity; keys give their number words; fields give their own automata. Around all of that people say "uh" and "please".
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from ivr.flow.examples import Example, Nlu
from ivr.flow.field_grammar import FIELD_NETS, add_field, mending
from ivr.flow.grammar import Grammar
from ivr.flow.models import Anywhere, Flow, Option, Question
from ivr.flow.net import Label, Lexicon, Net, sentences
from ivr.flow.nodes.steps import FieldSpec
from ivr.language.table import language as lookup
from ivr.language.words import words

FILLER_COST = 2.0
BEFORE_COST = 1.0
AFTER_COST = 0.7
ANYWHERE_COST = 0.5
"""Natural logarithms: between two readings of the same words the node's own wins over `anywhere`."""
KEY_COST = 0.3


@dataclass
class Said:
    """Everything that may be said, before it becomes an automaton."""

    rows: list[tuple[list[Label], str, float]] = field(default_factory=list)
    """(labels, intent, cost): labels are words and classes."""
    classes: dict[str, dict[tuple[str, ...], str]] = field(default_factory=dict)
    """entity -> {words: value}; entities that are fields of the flow are not here."""


def compile_question(flow: Flow, node: str, question: Question, language: str, nlu: Nlu) -> Grammar | None:
    """None for an open question, which no grammar narrows."""
    if question.open or any(spec.field not in FIELD_NETS for spec in question.fields[:1]):
        return None
    said = Said()
    for option in question.options:
        _option(said, option, language, nlu, 0.0)
        if option.key:
            for phrase in lookup(language).choose.get(option.key, ()):
                _add(said, words(phrase, language), option.name, KEY_COST)
    for example in nlu.intents.get(question.intent, ()):  # sentences that give several values at once
        said.rows.append((_labels(said, example, language, nlu), "", 0.0))
    for entry in flow.anywhere_at(node):
        _option(said, entry, language, nlu, ANYWHERE_COST)
    return _build(flow, question, language, nlu, said)


def _option(said: Said, option: Option | Anywhere, language: str, nlu: Nlu, cost: float) -> None:
    name = option.name
    for phrase in option.phrases.of(language) if option.phrases else ():
        _add(said, words(phrase, language), name, cost)
    if option.label and option.label.has(language) and isinstance(option, Option):
        _add(said, words(option.label.of(language), language), name, cost + KEY_COST)
    if isinstance(option, Anywhere) and option.command:
        for phrase in lookup(language).commands.get(option.command, ()):
            _add(said, words(phrase, language), name, cost)
    for example in nlu.intents.get(option.intent or "", ()):
        said.rows.append((_labels(said, example, language, nlu), name, cost))


def _add(said: Said, heard: list[str], intent: str, cost: float) -> None:
    if heard:
        said.rows.append(([("word", word) for word in heard], intent, cost))


def _labels(said: Said, example: Example, language: str, nlu: Nlu) -> list[Label]:
    labels: list[Label] = []
    last = 0
    for mark in example.entities:
        labels += [("word", word) for word in words(example.text[last : mark.start], language)]
        labels.append(("class", mark.name))
        last = mark.end
        if mark.name not in said.classes:
            values = nlu.values(mark.name)
            forms = ((tuple(words(text, language)), value) for text, value in values.items())
            said.classes[mark.name] = {form: value for form, value in forms if form}
    return labels + [("word", word) for word in words(example.text[last:], language)]


class _Builder:
    """One automaton. States: 0 start, then polite beginnings, the sentence, its end, polite ends."""

    def __init__(self, flow: Flow, language: str, said: Said) -> None:
        self.flow = flow
        self.language = language
        self.said = said
        self.net = Net()
        data = lookup(language)
        self.begin, self.middle, self.final = self.net.state(), self.net.state(), self.net.state()
        self.net.fillers(0, _single(data.fillers), FILLER_COST)
        self.net.arc(0, self.begin)
        self.net.phrases(0, self.begin, _weighted(data.before, BEFORE_COST))
        self.net.fillers(self.middle, _single(data.fillers), FILLER_COST)
        self.net.arc(self.middle, self.final)
        self.net.phrases(self.middle, self.final, _weighted(data.after, AFTER_COST))

    def options(self) -> None:
        """Phrases and examples."""
        lexicon = Lexicon()
        ends: dict[Label, tuple[str, float]] = {}
        for labels, intent, cost in self.said.rows:
            end: Label = ("end", intent, str(cost))
            ends[end] = (intent, cost)
            lexicon.add([*labels, end])
        for start, end_state, label in lexicon.place(self.net, self.begin, self.middle):
            if label[0] == "word":
                self.net.arc(start, end_state, label[1])
            elif label[0] == "class":
                self.entity(start, end_state, label[1])
            else:
                intent, cost = ends[label]
                self.net.arc(start, end_state, "", cost, "intent", intent)

    def entity(self, start: int, end: int, name: str) -> None:
        """Every value of an entity: a field when a node of the flow asks for it, else its listed values."""
        slot = self.flow.slot(name)
        if slot is not None and slot.field in FIELD_NETS:
            FIELD_NETS[slot.field](self.net, start, end, name, lookup(self.language), slot.settings())
            return
        values = self.said.classes.get(name, {})
        self.net.phrases(start, end, [(form, 0.0, name, value) for form, value in values.items()])

    def fields(self, question: Question) -> None:
        """The first field, alone or with another one in the same sentence; a confirmation also takes a mended value."""
        others = [(name, slot) for name in question.others if (slot := self.flow.slot(name)) is not None]
        heard = [*question.fields, *(FieldSpec(name, slot.field, slot.settings()) for name, slot in others)]
        specs = [spec for spec in heard if spec.field in FIELD_NETS]
        if not specs:
            return
        net, data = self.net, lookup(self.language)
        single = net.state()
        for spec in specs:
            add_field(net, self.begin, single, spec.field, spec.slot, self.language, spec.settings)
        net.arc(single, self.middle)
        if specs[0].field == "yes_no" and specs[0].slot == "confirm":
            self._mended(specs[1:], data.corrections)
            return
        self._mended([spec for spec in question.mends if spec.field in FIELD_NETS], data.corrections)
        if len(specs) > 1 and not question.alone:
            self._second(specs, data.phrases["and"])

    def _second(self, specs: Sequence[Any], joint: str) -> None:
        """One field and then another one, "and" between them or not."""
        net = self.net
        firsts = {spec.slot: net.state() for spec in specs}
        seconds = {spec.slot: net.state() for spec in specs}
        for spec in specs:
            add_field(net, self.begin, firsts[spec.slot], spec.field, spec.slot, self.language, spec.settings)
            add_field(net, seconds[spec.slot], self.middle, spec.field, spec.slot, self.language, spec.settings)
            net.arc(firsts[spec.slot], firsts[spec.slot], joint, 0.2)
            for other in specs:
                if other.slot != spec.slot:
                    net.arc(firsts[spec.slot], seconds[other.slot])

    def _mended(self, specs: Sequence[Any], corrections: Sequence[str]) -> None:
        """ "no, four five six eight" """
        for spec in specs:
            cue = self.net.state()
            self.net.phrases(self.begin, cue, _weighted(corrections, 0.2))
            if "mends" in spec.settings:
                mending(self.net, self.begin, cue, self.middle, spec.slot, lookup(self.language), spec.settings)
                continue
            add_field(self.net, cue, self.middle, spec.field, spec.slot, self.language, spec.settings)


def _build(flow: Flow, question: Question, language: str, nlu: Nlu, said: Said) -> Grammar:
    builder = _Builder(flow, language, said)
    builder.options()
    builder.fields(question)
    kind = question.fields[0].field if question.fields else "menu"
    phrases = sentences(builder.net, _rows(said))
    return builder.net.grammar(language, builder.final, kind, phrases)


def _rows(said: Said) -> Iterator[list[str]]:
    """The sentences as words, each class by one of its values in turn."""
    turns: dict[str, int] = {}
    for labels, _, _ in said.rows:
        row: list[str] = []
        for label in labels:
            if label[0] == "word":
                row.append(label[1])
                continue
            forms = list(said.classes.get(label[1], {}))
            if forms:
                turns[label[1]] = turns.get(label[1], -1) + 1
                row += forms[turns[label[1]] % len(forms)]
        yield row


def _single(phrases: Sequence[str]) -> list[str]:
    return [phrase for phrase in phrases if " " not in phrase]


def _weighted(phrases: Sequence[str], cost: float) -> list[tuple[list[str], float, str, str]]:
    return [(phrase.split(), cost, "", "") for phrase in phrases]
