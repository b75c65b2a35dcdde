"""From a checked flow to the compiled one: settings inherited, commands spelled out, grammars, prompts to render."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ivr.flow import holidays
from ivr.flow.built_in import built_in
from ivr.flow.built_in import settings as built_in_settings
from ivr.flow.examples import Example, Nlu
from ivr.flow.grammar import Grammar
from ivr.flow.grammar_compiler import compile_question
from ivr.flow.listed import with_lists
from ivr.flow.listening import Retry, Settings, inherit
from ivr.flow.models import Anywhere, Flow, Node, Option, Question
from ivr.flow.nodes import consent
from ivr.flow.nodes.hours import Hours
from ivr.flow.nodes.steps import FieldSpec
from ivr.flow.pronounce import spoken
from ivr.flow.template import is_fixed
from ivr.flow.text import Text
from ivr.flow.walk import walk
from ivr.language.fields import key_shape
from ivr.language.phrases import every, keypad_options
from ivr.language.table import LANGUAGES
from ivr.language.table import language as lookup

KEPT_GRAMMARS = 20_000
_COMPILED: dict[tuple[str, str, str], Grammar | None] = {}
"""Grammars by what they are made of: who edits one node, or publishes a hundred flows, waits for what is new alone."""
AGENT = "agent"
"""The node that `command: agent` and the built-in escalation lead to when the flow does not say."""
DIGIT_KEY_TIMEOUT = 5.0


@dataclass
class Compiled:
    flow: Flow
    grammars: dict[str, Grammar] = field(default_factory=dict)
    """hash -> grammar."""


def compile_flow(flow: Flow, nlu: Mapping[str, Nlu], version: str) -> Compiled:
    """`flow` has no mistakes; `nlu`: language -> examples."""
    flow = with_lists(flow, nlu)
    flow = _with_consent(flow.model_copy(update={"version": version, "anywhere": anywhere(flow)}))
    agent = AGENT if AGENT in flow.nodes else None
    defaults = built_in_settings(agent)
    flow = flow.model_copy(
        update={
            "settings": {str(name): node_settings(flow, node, defaults) for name, node in flow.nodes.items()},
            "intents": {code: sorted(intents(flow, nlu[code])) for code in nlu},
            "prompts": {str(code): _prompts(flow, str(code)) for code in flow.languages},
        }
    )
    flow = flow.model_copy(update={"holidays": _holidays(flow)})
    compiled = Compiled(flow)
    names: dict[str, str] = {}
    taught = {str(code): _taught(flow, nlu.get(code) or Nlu(code)) for code in flow.languages}
    for name, node in flow.nodes.items():
        for question in heard(node, flow.settings[str(name)]):
            for code in flow.languages:
                parts = (question.part, question.open, question.options, question.fields, flow.anywhere_at(name))
                more = (question.mends, question.intent, question.others)
                key = (str(code), taught[str(code)], repr((parts, more)))
                if key not in _COMPILED:
                    if len(_COMPILED) >= KEPT_GRAMMARS:
                        _COMPILED.clear()
                    _COMPILED[key] = compile_question(flow, name, question, code, nlu.get(code) or Nlu(code))
                grammar = _COMPILED[key]
                if grammar is not None:
                    names[f"{name}/{question.part}/{code}"] = grammar.hash
                    compiled.grammars[grammar.hash] = grammar
    compiled.flow = flow.model_copy(update={"grammars": names})
    return compiled


def heard(node: Node, settings: Settings) -> Iterator[Question]:
    """Every question of a node, and "did you mean ...?" of its options, which also hears yes and no."""
    for question in node.questions():
        yield question
        if question.options and not question.open and any(step.suggest for step in settings.no_match):
            yield Question(f"{question.part}.suggest", question.options, (FieldSpec("suggest", "yes_no"),))


def _taught(flow: Flow, nlu: Nlu) -> str:
    """Everything beside a question and `anywhere` that its grammar depends on."""
    entities = {mark.name for some in nlu.intents.values() for one in some for mark in one.entities}
    slots = {name: repr(flow.slot(name)) for name in sorted(entities)}
    examples = {intent: [one.raw or one.text for one in some] for intent, some in nlu.intents.items()}
    content = repr((slots, examples, nlu.synonyms, nlu.lookups, nlu.regexes))
    return hashlib.sha256(content.encode()).hexdigest()


def _holidays(flow: Flow) -> dict[str, dict[str, dict[str, str]]]:
    codes = {node.holidays for node in flow.nodes.values() if isinstance(node, Hours) and node.holidays}
    return {code: holidays.table(code, map(str, flow.languages)) for code in sorted(codes)}


def _with_consent(flow: Flow) -> Flow:
    """A flow that asks for consent begins with the question; whoever does not answer twice gives none and goes on."""
    if flow.recording.consent != "ask":
        return flow
    steps = (Retry(), Retry(next=flow.start))
    say = flow.recording.say or built_in("consent.ask")
    node = consent.ConsentNode(type="consent", say=say, next=flow.start, no_input=steps, no_match=steps)
    return flow.model_copy(update={"nodes": {consent.NAME: node, **flow.nodes}, "start": consent.NAME})


def anywhere(flow: Flow) -> tuple[Anywhere, ...]:
    """`anywhere` with an entry for every command; an agent without `next` goes to the node `agent`."""
    entries = []
    for entry in flow.anywhere:
        lacks = entry.command == "agent" and entry.next is None and AGENT in flow.nodes
        entries.append(entry.model_copy(update={"next": AGENT}) if lacks else entry)
    there = {entry.command for entry in entries}
    for command in flow.commands:
        if command not in there:
            next_node = AGENT if command == "agent" and AGENT in flow.nodes else None
            entries.append(Anywhere(command=command, next=next_node))
    return tuple(entries)


def node_settings(flow: Flow, node: Node, built_in: Settings) -> Settings:
    """Effective settings; the pause between keys is longer where several digits are typed."""
    settings = inherit(node, flow.defaults, built_in=built_in)
    shapes = (key_shape(spec.field, spec.settings) for q in node.questions() for spec in q.fields)
    digits = any(shape is not None and shape.most > 1 for shape in shapes)
    if digits and node.key_timeout is None and flow.defaults.key_timeout is None:
        return settings.model_copy(update={"key_timeout": DIGIT_KEY_TIMEOUT})
    return settings


def intents(flow: Flow, nlu: Nlu) -> dict[str, list[Example]]:
    """Everything that can be understood in a language: intents with their examples, options with phrases, commands."""
    found = {name: list(examples) for name, examples in nlu.intents.items()}
    options = [o for node in flow.nodes.values() for question in node.questions() for o in question.options]
    entries: list[Anywhere | Option] = [*flow.anywhere, *options]
    for entry in entries:
        phrases = entry.phrases.of(nlu.language) if entry.phrases else []
        if isinstance(entry, Anywhere) and entry.command:
            phrases = [*phrases, *lookup(nlu.language).commands.get(entry.command, ())]
        if phrases:
            found.setdefault(entry.name, []).extend(Example(text, (), text) for text in phrases)
    return found


def _prompts(flow: Flow, language: str) -> list[str]:
    """As they are spoken, each once."""
    lexicon = flow.pronounce.get(language, {})
    return list(dict.fromkeys(spoken(text, lexicon) for text in fixed_prompts(flow, language)))


def fixed_prompts(flow: Flow, language: str) -> Iterator[str]:
    """Prompts without values: they can be rendered before any call."""
    parts: list[Any] = [
        flow.recording,
        flow.defaults,
        flow.limits,
        flow.anywhere,
        *flow.nodes.values(),
        *flow.settings.values(),
    ]
    labels = {id(option.label) for node in flow.nodes.values() for q in node.questions() for option in q.options}
    for part in parts:
        for leaf in walk(part):
            text = leaf.value
            if isinstance(text, Text) and text.has(language) and id(text) not in labels and is_fixed(text.of(language)):
                yield text.of(language)
    for node in flow.nodes.values():
        for question in node.questions():
            pairs = [(o.label.of(language), o.key) for o in question.options if o.label and o.key]
            yield from keypad_options(language, pairs)
    if language in LANGUAGES:
        yield from every(language)
