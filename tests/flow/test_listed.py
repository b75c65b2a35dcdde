"""Fields that ask for what nlu.yml lists: their words are in the step's grammar and in what the parser gets."""

from ivr.flow.acceptor import accept
from ivr.language import fields
from ivr.language.words import words
from tests.flow.loading import load_flow

FLOW = """\
flow: small
start: ask
nodes:
  ask:
    type: collect
    slots:
      city: {field: entity, say: Where to?}
      why: {field: intent, intents: [late, broken], say: What is wrong?}
    next: bye
  bye: {type: hangup}
"""
NLU = """\
nlu:
  - intent: late
    examples: |
      - it has not arrived in [new york](city)
      - where is it
  - intent: broken
    examples: |
      - it does not work
  - lookup: city
    examples: |
      - boston
  - synonym: new york
    examples: |
      - the big apple
"""


def test_values_of_nlu_are_heard_and_parsed() -> None:
    loaded = load_flow(FLOW, small__nlu_dot_yml=NLU)
    assert loaded.errors == []
    assert loaded.published is not None
    flow = loaded.published.flows["small"]
    for part, text, slots in [
        ("city", "the big apple please", {"city": "new york"}),
        ("city", "um boston", {"city": "boston"}),
        ("why", "it does not work", {"why": "broken"}),
    ]:
        found = accept(loaded.grammars[flow.grammar("ask", part, "en")], words(text, "en"))
        assert found is not None
        assert found.slots == slots
    asked = {spec.slot: spec for question in flow.nodes["ask"].questions() for spec in question.fields}
    assert fields.parse("entity", "to the big apple", "en", asked["city"].settings)[0].value == "new york"
    assert fields.parse("intent", "i think it does not work", "en", asked["why"].settings)[0].value == "broken"
