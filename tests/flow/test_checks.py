"""Every check: the mistake is found where it stands, and the clean flow has none."""

import pytest

from tests.flow.loading import CLEAN, LINES, found, load_flow, places

NLU = """\
nlu:
  - intent: buy
    examples: |
      - i want [four](cups) cups
"""


def test_the_clean_flow_has_no_problem() -> None:
    assert found(CLEAN) == []


CHANGES = [
    # what is replaced in CLEAN, by what, code, line, column, words of message or mend
    ("start: ask", "start: aks", "unknown_node", 2, 8, "did you mean 'ask'?"),
    ("next: which}", "next: wich}", "unknown_node", 8, 54, "did you mean 'which'?"),
    ("to: agents", "to: agnts", "unknown_destination", 15, 31, "did you mean 'agents'?"),
    ("phrases: [tea]", "intent: buy", "unknown_intent", 8, 18, "nlu.yml"),
    ("type: menu", "type: menue", "unknown_type", 5, 11, "did you mean 'menu'?"),
    ("type: menu", "type: recrod", "unknown_type", 5, 11, "record"),
    ("    type: menu\n", "", "no_type", 4, 3, "menu"),
    ("    say: What do you want?\n", "", "missing", 4, 3, "write say: ..."),
    ("label: tea", "lable: tea", "unknown_key", 8, 36, "did you mean 'label'?"),
    ("flow: small", "flow: small\nrecordng: {consent: off}", "unknown_key", 2, 1, "did you mean 'recording'?"),
    ("start: ask\n", "", "missing", 1, 1, "start: welcome"),
    ('key: "2"', 'key: "1"', "key_twice", 9, 35, "line 8"),
    ("phrases: [a human]", "phrases: [Tea]", "phrases_twice", 9, 19, "line 8"),
    ('key: "2"', 'key: "22"', "value", 9, 35, "no key"),
    ("length: 1..2", "length: 2..1", "value", 13, 37, "above the second"),
    ("length: 1..2", "lenght: 1..2", "unknown_key", 13, 29, "did you mean 'length'?"),
    ("{cups:digits|then}", "{cups:digits}", "can_be_empty", 16, 28, "{cups:digits|...}"),
    ("{cups:digits|then}", "{cup|then}", "unknown_name", 16, 28, "did you mean 'cups'?"),
    ("{cups:digits|then}", "{cups:digit|then}", "template", 16, 28, "no format 'digit'"),
    ("{cups:digits|then}", "{cups", "template", 16, 28, "lone"),
    ("{cups:digits|then}", "{caller.name|x}", "unknown_name", 16, 28, "number"),
    ("{cups:digits|then}", "{caller|x}", "unknown_name", 16, 28, "caller.number"),
    ("{cups:digits|then}", "{config.town}", "unknown_name", 16, 28, "lines.yaml"),
    ("{cups:digits|then}", "{switch.outage|x}", "unknown_name", 16, 28, "lines.yaml: switches"),
    ("say: How many cups?", "say: How many cups?, sensitive: true", "sensitive", 16, 28, "never said"),
    ("cups: {field", "caller: {field", "reserved_name", 13, 7, "another name"),
    ("cups: {field", "cup-s: {field", "name", 13, 7, "letters"),
    ("  ask:\n", "  a-sk:\n", "name", 4, 3, "letters"),
    ("flow: small", "flow: small\ncommands: [agents]", "not_allowed", 2, 12, "did you mean 'agent'?"),
    ("flow: small", "flow: small\nlanguages: [en, xx]", "unknown_language", 2, 17, "en, ko"),
    ("flow: small", "flow: small\ndefaults: {no_input_timeout: 5}", "value", 2, 30, "unit"),
    ("flow: small", "flow: small\ndefaults: {min_confidence: 2}", "value", 2, 28, "limit"),
    ("flow: small", "flow: small\ndefaults: {barge_in: yes}", "value", 2, 22, "true, false, keys"),
    ("flow: small", "flow: small\ndefaults: {max_visits: {x: agent}}", "value", 2, 24, "max_visits"),
    ("flow: small", "flow: small\non_caller_hangup: [bye]", "not_a_query", 2, 20, "only queries"),
    ("flow: small", "flow: small\ninclude: [gone.yaml]", "unknown_fragment", 2, 11, "shared"),
    ("  bye:", "  lost: {type: hangup}\n  bye:", "unreachable", 16, 3, "no call ever comes"),
    ("next: bye\n", "next: loop\n  loop: {type: say, say: round, next: loop}\n", "no_end", 15, 3, "hangup"),
    ("next: bye\n", "next: loop\n  loop: {type: say, say: round, next: loop}\n", "silent_loop", 15, 3, "without ever"),
    ("flow: small", "flow: small\nlanguages: [en, ko]", "untranslated", 7, 10, "{en: ..., ko: ...}"),
    ("say: What do you want?", "say: {ko: 무엇을 원하세요?}", "unknown_language", 6, 11, "en"),
    (', label: tea', "", "no_label", 8, 9, "label"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new", "code", "line", "column", "words"), CHANGES, ids=[f"{c[2]} {c[1][:24]}" for c in CHANGES]
)
def test_mistake_is_found(old: str, new: str, code: str, line: int, column: int, words: str) -> None:
    assert old in CLEAN
    problems = [problem for problem in found(CLEAN.replace(old, new, 1)) if problem.code == code]
    assert [(p.line, p.column) for p in problems][:1] == [(line, column)]
    assert words in problems[0].message + " " + problems[0].mend


def node(text: str) -> str:
    """CLEAN with one more node on the way from `which` to `bye`; it begins in line 15, column 3."""
    return CLEAN.replace("    next: bye\n", f"    next: more\n  more: {text}\n")


NODES = [
    ('{type: branch, when: [{if: "cups = 1", next: bye}], else: bye}', "expression", 36, "character 6"),
    ('{type: branch, when: [{if: "cupz == 1", next: bye}], else: bye}', "unknown_name", 36, "did you mean 'cups'?"),
    ('{type: query, sql: "delete from t", next: bye}', "sql", 28, "changes: true"),
    ('{type: query, sql: "select 1; select 2", next: bye}', "sql", 28, "one statement"),
    ('{type: query, sql: "select * from t where a = {cups}", next: bye}', "sql", 28, ":name"),
    ('{type: query, sql: "with x as (delete from t returning 1) select 1", next: bye}', "sql", 28, "changes: true"),
    ('{type: query, sql: "select a from t where b = :cupz", next: bye}', "unknown_name", 28, "did you mean 'cups'?"),
    ('{type: query, next: bye}', "value", 9, "sql"),
    ('{type: query, http: {url: "https://{cups}/x"}, on: {error: bye}, next: bye}', "url", 35, "https://host/"),
    ('{type: query, http: {url: "{cups}/x"}, on: {error: bye}, next: bye}', "url", 35, "config.name"),
    ('{type: query, http: {method: POST, url: "https://a/"}, next: bye}', "value", 9, "changes: true"),
    ('{type: query, sql: "select 1", on: {gone: bye}, next: bye}', "value", 51, "409"),
    ('{type: say, say: Hi, requires: verified, next: bye}', "not_verified", 40, "verifies: true"),
    ('{type: set, next: bye}', "value", 9, "values"),
    ('{type: set, forget: [cupz], next: bye}', "unknown_name", 30, "did you mean 'cups'?"),
    ('{type: transfer, to: agents, on_fail: bye, headers: {Reason: x}}', "value", 70, "X-"),
    ('{type: language, to: ko, next: bye}', "unknown_language", 30, "en"),
    ('{type: say, say: "", next: bye}', "value", 26, "empty"),
    ('{type: collect, slots: {a: {field: choice, say: x, choices: [one]}}, next: bye}', "value", 36, "two choices"),
    ('{type: collect, slots: {a: {field: digits, say: x, valid: "a >"}}, next: bye}', "expression", 67, "CEL"),
    ('{type: collect, slots: {a: {field: dgits, say: x}}, next: bye}', "not_allowed", 44, "did you mean 'digits'?"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "code", "column", "words"), NODES, ids=[row[0][:60] for row in NODES])
def test_mistake_in_a_node_is_found(text: str, code: str, column: int, words: str) -> None:
    problems = [problem for problem in found(node(text)) if problem.code == code]
    assert [(p.line, p.column) for p in problems][:1] == [(15, column)]
    assert words in problems[0].message + " " + problems[0].mend


def test_all_mistakes_are_told_at_once_and_in_order() -> None:
    broken = (
        CLEAN.replace("start: ask", "start: aks")
        .replace("label: tea", "lable: tea")
        .replace("on_fail: bye", "on_fail: bey")
    )
    problems = found(broken)
    assert [problem.code for problem in problems] == ["unknown_node", "unknown_key", "unknown_node"]
    assert [problem.line for problem in problems] == [2, 8, 15]


def test_a_mistake_is_not_told_again_where_its_value_is_used() -> None:
    broken = CLEAN.replace("length: 1..2", "length: x").replace("{cups:digits|then}", "{cups:digits}")
    assert [problem.code for problem in found(broken)] == ["value"]


def test_values_are_empty_only_where_the_graph_says_so() -> None:
    """After the collect its value is there; at a node that escalation also leads to, it is not."""
    told = '{type: say, say: "You said {cups:digits}.", next: bye}'
    assert found(node(told)) == []
    escalates = (
        node(told)
        .replace("      cups:", "      cups:")
        .replace("  which:\n    type: collect\n", "  which:\n    type: collect\n    no_input: [{next: more}]\n")
    )
    assert [problem.code for problem in found(escalates)] == ["can_be_empty"]


def test_a_query_fills_its_value_only_on_its_good_path() -> None:
    query = '{type: query, sql: "select 1 as x", save: row, on: {error: oops}, next: good}\n'
    good = '  good: {type: say, say: "{row.x}", next: bye}\n'
    assert found(node(query + good + "  oops: {type: say, say: sorry, next: bye}")) == []
    bad = found(node(query + good + '  oops: {type: say, say: "{row.x}", next: bye}'))
    assert [(p.code, p.line) for p in bad] == [("can_be_empty", 17)]


def test_sensitive_values_are_refused_in_headers_and_saved_texts_but_not_as_sql_values() -> None:
    secret = CLEAN.replace("say: How many cups?", "say: How many cups?, sensitive: true").replace(
        "{cups:digits|then}", ""
    )
    header = secret.replace("on_fail: bye}", 'on_fail: bye, headers: {X-Cups: "{cups}"}}')
    assert places(header, "sensitive") == [(15, 71)]
    saved = secret.replace("    next: bye\n", '    next: s\n  s: {type: set, values: {x: "{cups}"}, next: bye}\n')
    assert places(saved, "sensitive") == [(15, 30)]
    query = secret.replace(
        "    next: bye\n", '    next: q\n  q: {type: query, sql: "select 1 where :cups = 1", next: bye}\n'
    )
    assert found(query) == []


def test_an_agent_command_needs_somewhere_to_go() -> None:
    no_node = CLEAN.replace("  agent: {", "  human: {").replace("next: agent}", "next: human}")
    assert places(no_node.replace("flow: small", "flow: small\ncommands: [agent]"), "no_agent") == [(2, 11)]
    top = "flow: small\nanywhere:\n  - {command: agent}"
    assert places(no_node.replace("flow: small", top), "no_agent") == [(3, 5)]
    named = "flow: small\nanywhere:\n  - {command: agent, next: human}"
    assert found(no_node.replace("flow: small", named)) == []
    assert found(CLEAN.replace("flow: small", "flow: small\ncommands: [agent]")) == []


def test_a_key_heard_anywhere_collides_with_an_option_unless_the_node_excludes_it() -> None:
    flow = CLEAN.replace("flow: small", 'flow: small\nanywhere:\n  - {command: repeat, key: "1"}')
    assert places(flow, "key_twice") == [(10, 31)]
    assert found(flow.replace("type: menu", "type: menu\n    anywhere: {except: [repeat]}")) == []


def test_intents_need_examples_in_each_language() -> None:
    flow = CLEAN.replace("phrases: [tea]", "intent: buy").replace("flow: small", "flow: small\nlanguages: [en, ko]")
    codes = {problem.code for problem in found(flow, small__nlu_dot_yml=NLU)}
    assert "no_examples" in codes
    assert "unknown_intent" not in codes


def test_unused_intents_are_noticed() -> None:
    assert [p.code for p in found(CLEAN, small__nlu_dot_yml=NLU)] == ["unused_intent"]
    assert load_flow(CLEAN, small__nlu_dot_yml=NLU).ok


NLU_MISTAKES = [
    ("nlu:\n  - intnt: buy\n    examples: |\n      - x\n", "unknown_key", 2),
    ("nlu:\n  - intent: buy\n", "no_examples", 2),
    ("nlu:\n  - intent: buy it\n    examples: |\n      - x\n", "name", 2),
    ("nlu:\n  - intent: buy\n    examples: |\n      - ok\n      - [four]{cups}\n", "mark", 5),
    ("stories: []\n", "shape", 1),
]


@pytest.mark.parametrize(("text", "code", "line"), NLU_MISTAKES, ids=[row[1] for row in NLU_MISTAKES])
def test_mistakes_in_examples(text: str, code: str, line: int) -> None:
    problems = [
        p for p in found(CLEAN, small__nlu_dot_yml=text) if p.file == "small/nlu.yml" and p.code != "unused_intent"
    ]
    assert [(p.code, p.line) for p in problems] == [(code, line)]


LINE_MISTAKES = [
    ("flow: small", "flow: smal", "unknown_flow", 2, "did you mean 'small'?"),
    ('"+18005550100"', '"+18005550100", "+18005550100"', "number_twice", 2, "claimed twice"),
    ('"+18005550100"', '"call me"', "number", 2, "sip:orders@*"),
    ('"sip:agents@pbx.example"', '"agents"', "destination", 3, "sip:agents@pbx.example"),
    ("destinations:", "agents: {agents: [anna]}\ndestinations:", "destination", 3, "sip:anna@pbx.example"),
    ("destinations:", 'agents: {agnts: ["sip:a@b"]}\ndestinations:', "unknown_destination", 3, "in destinations"),
    ("config: {shop: Acme}", "timezone: Mars/North", "timezone", 2, "America/New_York"),
    ("config: {shop: Acme}", "max_calls: 2, reserved_calls: 3", "reserved", 2, "reserve fewer"),
    ("config: {shop: Acme}", "per_caller: often", "value", 2, "6/10m"),
]


@pytest.mark.parametrize(("old", "new", "code", "line", "words"), LINE_MISTAKES, ids=[row[2] for row in LINE_MISTAKES])
def test_mistakes_in_lines(old: str, new: str, code: str, line: int, words: str) -> None:
    problems = [p for p in found(CLEAN, lines_dot_yaml=LINES.replace(old, new)) if p.code == code]
    assert [(p.file, p.line) for p in problems] == [("lines.yaml", line)]
    assert words in problems[0].message + " " + problems[0].mend
    assert load_flow(CLEAN, lines_dot_yaml=LINES.replace(old, new)).published is None


def test_a_number_claimed_by_two_lines() -> None:
    twice = LINES.replace("destinations", '  test: {numbers: ["+18005550100"], flow: small}\ndestinations')
    assert [(p.code, p.line) for p in found(CLEAN, lines_dot_yaml=twice)] == [("number_twice", 3)]


def test_a_sentence_that_chooses_two_options_is_noticed() -> None:
    flow = CLEAN.replace("phrases: [tea]", "intent: buy").replace("phrases: [a human]", "phrases: [Hello there!]")
    nlu = "nlu:\n  - intent: buy\n    examples: |\n      - hello there\n"
    assert [(p.code, p.line, p.severity) for p in found(flow, small__nlu_dot_yml=nlu)] == [("same_words", 9, "warning")]


def test_an_escalation_that_leads_nowhere_is_noticed() -> None:
    flow = CLEAN.replace("type: menu", "type: menu\n    no_input: [{say: Hello?}]")
    assert [(p.code, p.line, p.severity) for p in found(flow)] == [("no_way_out", 6, "warning")]
    top = CLEAN.replace("flow: small", "flow: small\ndefaults: {no_match: [{say: What?}, {say: Pardon?}]}")
    assert [(p.code, p.line, p.column) for p in found(top)] == [("no_way_out", 2, 37)]


LIVE = """\
flow: small
start: a
nodes:
  a: {type: branch, when: [{if: "switch.outage && 'x' in table.areas", next: b}], else: b}
  b: {type: hangup, say: "Bye {config.shop}."}
"""


def test_live_switches_and_tables_are_declared_in_lines() -> None:
    lines = LINES.replace("destinations:", "switches: {outage: Power is out}\ntables: {areas: {}}\ndestinations:")
    assert found(LIVE, lines_dot_yaml=lines) == []
    wrong = found(LIVE.replace("switch.outage", "switch.outge"), lines_dot_yaml=lines)
    assert [(p.code, p.mend) for p in wrong] == [("unknown_name", "did you mean 'outage'?")]
    assert {p.code for p in found(LIVE)} == {"unknown_name"}


CALLS = {
    "small__flow_dot_yaml": "flow: small\nstart: a\nnodes:\n"
    "  a: {type: call, flow: other, with: {x: y}, on: {gone: b}, next: b}\n"
    "  b: {type: hangup}\n",
    "other__flow_dot_yaml": "flow: other\ntakes: [z]\nstart: a\nnodes:\n  a: {type: return, as: here}\n",
}


def test_calls_of_other_flows() -> None:
    small, other = CALLS["small__flow_dot_yaml"], CALLS["other__flow_dot_yaml"]
    assert {p.code for p in found(small, other__flow_dot_yaml=other)} == {"not_given", "not_taken", "never_returned"}
    assert {p.code for p in found(small)} == {"unknown_flow"}
    good = small.replace("x: y", "z: y").replace("gone", "here")
    assert found(good, other__flow_dot_yaml=other) == []
    deaf = other.replace("takes", "languages: [ko]\ntakes")
    assert {p.code for p in found(good, other__flow_dot_yaml=deaf)} == {"language_lacking"}
    lines = LINES.replace("flow: small", "flow: other")
    assert "taken_by_line" in {p.code for p in found(good, other__flow_dot_yaml=other, lines_dot_yaml=lines)}


def test_a_flow_that_calls_a_broken_one_is_not_served() -> None:
    small, other = CALLS["small__flow_dot_yaml"], CALLS["other__flow_dot_yaml"]
    good = small.replace("x: y", "z: y").replace("gone", "here")
    broken = load_flow(good, other__flow_dot_yaml=other.replace("type: return", "type: retrun"))
    assert broken.published is None


def test_only_sql_that_reads_may_be_asked_on_a_guess() -> None:
    from pydantic import ValidationError

    from ivr.flow.nodes.query import Query

    reads = {"type": "query", "sql": "select 1", "speculate": True, "next": "a"}
    assert Query.model_validate(reads).speculate
    with pytest.raises(ValidationError, match="speculate"):
        Query.model_validate({**reads, "changes": True})


def test_a_confirmation_mends_slots_that_there_are() -> None:
    text = node("{type: confirm, say: Right?, yes: bye, no: bye, mends: [cups, saucers]}")
    assert places(text, "unknown_slot") == [(15, 71)]
