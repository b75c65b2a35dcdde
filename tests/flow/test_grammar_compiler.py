"""Grammars of questions: what is accepted, what it means, what is not."""

import time

import pytest

from ivr.flow.acceptor import Parse, accept
from ivr.flow.loader import Loaded
from ivr.language.words import words
from tests.flow.loading import load_flow

FLOW = """\
flow: small
languages: [en, ko]
start: ask
commands: [agent, repeat, wait]
anywhere:
  - {intent: speak_korean, language: ko}
nodes:
  ask:
    type: menu
    say: {en: What?, ko: 뭐?}
    options:
      - {intent: query, key: "1", label: {en: the status of an order, ko: 주문 조회}, next: which}
      - {intent: paint, key: "2", label: {en: painting, ko: 칠}, next: more}
      - {phrases: {en: [opening hours], ko: [영업 시간]}, key: "3", label: {en: hours, ko: 시간}, next: bye}
  quiet:
    type: menu
    anywhere: false
    say: {en: Quiet?, ko: 조용?}
    options:
      - {phrases: {en: [tea], ko: [차]}, key: "1", label: {en: tea, ko: 차}, next: bye}
  which:
    type: collect
    slots:
      order_id: {field: digits, length: 4..6, say: {en: Which?, ko: 어느?}, confirm: always}
    next: quiet
  more:
    type: collect
    slots:
      size: {field: choice, say: {en: Which size?, ko: 크기?}, choices: {small: [little], large: [big one]}}
      count: {field: number, say: {en: How many?, ko: 몇?}}
      sure: {field: yes_no, say: {en: Sure?, ko: 네?}}
      why: {field: free_text, say: {en: Why?, ko: 왜?}}
    next: really
  really: {type: confirm, say: {en: Really?, ko: 정말?}, yes: bye, no: open}
  open:
    type: menu
    listen: open
    say: {en: Anything, ko: 말씀}
    options: [{intent: query, key: "1", label: {en: status, ko: 조회}, next: agent}]
  agent: {type: transfer, to: agents, on_fail: bye}
  bye: {type: hangup}
"""

NLU = """\
nlu:
  - intent: query
    examples: |
      - where is my order
      - where is order [4567](order_id)
      - is [4567](order_id) there
  - intent: paint
    examples: |
      - paint it [red](colour)
      - i want a [blue](colour) wall
      - make it [sky]{"entity": "colour", "value": "blue"}
  - intent: speak_korean
    examples: |
      - korean please
  - lookup: colour
    examples: |
      - dark green
  - synonym: red
    examples: |
      - crimson
"""

KOREAN = """\
nlu:
  - intent: query
    examples: |
      - 주문 조회
      - 주문 [4567](order_id) 조회
  - intent: paint
    examples: |
      - [빨강](colour)으로
  - intent: speak_korean
    examples: |
      - 한국어로
"""


@pytest.fixture(scope="module")
def loaded() -> Loaded:
    found = load_flow(FLOW, small__nlu_dot_yml=NLU, small__nlu_dot_ko_dot_yml=KOREAN)
    assert found.errors == []
    return found


def hear(loaded: Loaded, key: str, text: str) -> Parse | None:
    assert loaded.published is not None
    node, part, language = key.split("/")
    grammar = loaded.grammars[loaded.published.flows["small"].grammar(node, part, language)]
    return accept(grammar, words(text, language))


HEARD = [
    # question, what is said, intent, slots
    ("ask/menu/en", "where is my order", "query", {}),
    ("ask/menu/en", "where is order four five six seven", "query", {"order_id": "4567"}),
    ("ask/menu/en", "where is order 4567", "query", {"order_id": "4567"}),
    ("ask/menu/en", "um can you please where is order double four fifteen please", "query", {"order_id": "4415"}),
    ("ask/menu/en", "is forty five sixty eight there", "query", {"order_id": "4568"}),
    ("ask/menu/en", "is twenty thirty five there", "query", {"order_id": "2035"}),
    ("ask/menu/en", "i want a crimson wall", "paint", {"colour": "red"}),
    ("ask/menu/en", "paint it dark green", "paint", {"colour": "dark green"}),
    ("ask/menu/en", "paint it sky", "paint", {"colour": "blue"}),
    ("ask/menu/en", "opening hours", "option.opening_hours", {}),
    ("ask/menu/en", "the status of an order", "query", {}),
    ("ask/menu/en", "two", "paint", {}),
    ("ask/menu/en", "number three please", "option.opening_hours", {}),
    ("ask/menu/en", "operator", "command.agent", {}),
    ("ask/menu/en", "can you repeat that please", "command.repeat", {}),
    ("ask/menu/en", "korean please", "speak_korean", {}),
    ("ask/menu/ko", "주문 조회", "query", {}),
    ("ask/menu/ko", "주문 4567 조회", "query", {"order_id": "4567"}),
    ("ask/menu/ko", "이 번", "paint", {}),
    ("ask/menu/ko", "이번", "paint", {}),
    ("ask/menu/ko", "영업시간", "option.opening_hours", {}),
    ("ask/menu/ko", "한국어 로", "speak_korean", {}),
    ("ask/menu/ko", "주문사오육칠조회해", None, {}),
    ("which/order_id/ko", "사오육칠", "", {"order_id": "4567"}),
    ("ask/menu/ko", "상담원 연결해 주세요", "command.agent", {}),
    ("which/order_id/en", "4567", "", {"order_id": "4567"}),
    ("which/order_id/en", "my number is uh four five oh um seven", "", {"order_id": "4507"}),
    ("which/order_id/en", "hold on", "command.wait", {}),
    ("which/order_id/ko", "사 오 육 칠 번이요", "", {"order_id": "4567"}),
    ("which/order_id/ko", "제 번호는 공 일 이 삼", "", {"order_id": "0123"}),
    ("which/order_id.confirm/en", "yes that's right", "", {"confirm": "yes"}),
    ("which/order_id.confirm/en", "nope", "", {"confirm": "no"}),
    ("which/order_id.confirm/en", "no four five six eight", "", {"order_id": "four five six eight "}),
    ("which/order_id.confirm/en", "no six eight", "", {"order_id": "six eight "}),
    ("which/order_id.confirm/en", "no the last digit is eight", "", {"order_id": "the last digit is eight "}),
    ("which/order_id.confirm/en", "four five six eight", "", {"order_id": "4568"}),
    ("which/order_id.confirm/en", "no i said 4568 please", "", {"order_id": "four five six eight "}),
    ("which/order_id.confirm/ko", "아니요 사 오 육 팔", "", {"order_id": "사 오 육 팔 "}),
    ("more/size/en", "the big one", None, {}),
    ("more/size/en", "big one", "", {"size": "large"}),
    ("more/size/en", "number one", "", {"size": "small"}),
    ("more/size/en", "small and twenty one", "", {"size": "small", "count": "21"}),
    ("more/count/en", "one hundred and five", "", {"count": "105"}),
    ("more/count/en", "one hundred five", "", {"count": "105"}),
    ("more/sure/en", "yeah", "", {"sure": "yes"}),
    ("really/confirm/en", "um yes please", "", {"confirm": "yes"}),
    ("really/confirm/ko", "네 맞아요", "", {"confirm": "yes"}),
    ("quiet/menu/en", "tea", "option.tea", {}),
]


@pytest.mark.parametrize(("key", "text", "intent", "slots"), HEARD, ids=[f"{row[0]} {row[1]}" for row in HEARD])
def test_what_is_heard(loaded: Loaded, key: str, text: str, intent: str | None, slots: dict[str, str]) -> None:
    found = hear(loaded, key, text)
    if intent is None:
        assert found is None
    else:
        assert found is not None
        assert (found.intent, found.slots) == (intent, slots)


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("ask/menu/en", "where is"),
        ("ask/menu/en", "where is order four five"),
        ("ask/menu/en", "what a lovely day"),
        ("ask/menu/en", ""),
        ("which/order_id/en", "four five six"),
        ("which/order_id/en", "one two three four five six seven"),
        ("which/order_id/en", "double four double four double four double four"),
        ("quiet/menu/en", "operator"),
        ("really/confirm/en", "four"),
    ],
)
def test_what_is_outside(loaded: Loaded, key: str, text: str) -> None:
    assert hear(loaded, key, text) is None


@pytest.mark.parametrize("key", ["more/why/en", "open/menu/en"])
def test_open_questions_have_no_grammar(loaded: Loaded, key: str) -> None:
    assert loaded.published is not None
    assert loaded.published.flows["small"].grammar(*key.split("/")) == ""


def test_grammars_are_plain_words(loaded: Loaded) -> None:
    for grammar in loaded.grammars.values():
        told = {arc.word for arcs in grammar.arcs for arc in arcs if arc.word}
        assert all(word == word.lower() and not any(c.isdigit() or c.isspace() for c in word) for word in told)
        assert told <= {word for phrase in grammar.phrases for word in phrase.split()}
        assert all(0 <= arc.to < len(grammar.arcs) for arcs in grammar.arcs for arc in arcs)
        assert all(arc.weight >= 0 for arcs in grammar.arcs for arc in arcs)


@pytest.mark.slow
def test_a_step_with_15000_examples_compiles_in_seconds() -> None:
    """The aim is 2 s on an idle machine (docs/flows.md has the figure); a busy one gets more."""
    verbs = [f"verb{chr(97 + n // 10)}{chr(97 + n % 10)}" for n in range(100)]
    things = [f"thing{chr(97 + n)}" for n in range(10)]
    nlu = "nlu:\n"
    for intent in range(150):
        nlu += f"  - intent: intent{intent}\n    examples: |\n"
        nlu += "".join(f"      - i want {verb} {things[intent % 10]} {things[intent // 15]} now\n" for verb in verbs)
    options = "".join(f"      - {{intent: intent{n}, next: bye}}\n" for n in range(150))
    flow = f"flow: small\nstart: ask\nnodes:\n  ask:\n    type: menu\n    say: What?\n    options:\n{options}"
    begin = time.process_time()
    loaded = load_flow(flow + "  bye: {type: hangup}\n", small__nlu_dot_yml=nlu)
    assert loaded.errors == []
    assert time.process_time() - begin < 8
