"""The caller's profile in a conversation: what is known at once, what only once verified, what is kept."""

import pytest

from ivr import actions, events
from ivr.dialogue.profile import number_of
from ivr.flow.models import Flow
from tests.dialogue.driver import Driver, last, names, texts
from tests.dialogue.small import compiled

FLOW = """
flow: orders
languages: [en, ko]
start: hello
commands: [forget_me]
profile: {remember: REMEMBER}
RECORDING
nodes:
  hello: {type: say, say: {en: "Hello {profile.name|you}.", ko: "{profile.name|고객} 안녕하세요."}, next: more}
  more:
    type: menu
    say: {en: What now?, ko: 무엇을?}
    options:
      - {phrases: {en: [prove], ko: [증명]}, key: "1", task: proof, next: prove}
      - {phrases: {en: [keep me], ko: [기억]}, key: "2", next: keep}
      - {phrases: {en: [bye], ko: [끝]}, key: "3", next: bye}
  prove:
    type: query
    sql: select 1 as one where :caller.number = '1'
    verifies: true
    on: {not_found: bye, error: bye}
    next: hello
  keep: {type: profile, remember: true, save: {name: Anna}, next: more}
  bye: {type: hangup, say: {en: Goodbye., ko: 안녕히.}}
"""
KNOWN = {"language": "en", "last_request": "proof", "last_call": "2026-12-01", "remember": "yes", "name": "Bob"}


def flows(remember: str = "always", recording: str = "") -> dict[str, Flow]:
    return compiled(FLOW.replace("REMEMBER", remember).replace("RECORDING", recording))


def kept(call: Driver) -> actions.CallerRemembered:
    return last(call.all, actions.CallerRemembered)


def test_no_name_is_said_to_an_unverified_caller_and_it_is_once_verified() -> None:
    call = Driver(flows(), profile=dict(KNOWN))
    assert texts(call.first)[0] == "Hello you."
    call.play()
    call.keys("1")
    call.queried({"one": 1})
    assert texts(call.all)[-2] == "Hello Bob."


def test_unless_the_flow_allows_it() -> None:
    call = Driver(
        compiled(FLOW.replace("REMEMBER", "always, unverified: [name]").replace("RECORDING", "")), profile=dict(KNOWN)
    )
    assert texts(call.first)[0] == "Hello Bob."


def test_the_name_is_in_no_journal_line() -> None:
    call = Driver(flows())
    for event in (events.CallStarted(profile=dict(KNOWN)), events.ProfileLoaded(profile=dict(KNOWN))):
        masked = call.session.masked(event)
        assert "Bob" not in str(masked)
        assert masked.profile["last_request"] == "proof"


def test_the_call_begins_in_the_language_of_last_time() -> None:
    call = Driver(flows(), profile={"language": "ko"})
    assert texts(call.first)[0] == "고객 안녕하세요."
    assert texts(Driver(flows("off"), profile={"language": "ko"}).first)[0] == "Hello you."
    assert texts(Driver(flows(), profile={"language": "xx"}).first)[0] == "Hello you."


def test_a_profile_that_comes_late_is_known_from_then_on() -> None:
    call = Driver(flows())
    call.send(events.ProfileLoaded(profile=dict(KNOWN)))
    state = call.session.state
    assert state is not None
    assert state.names["profile"] == {name: value for name, value in KNOWN.items() if name != "name"}
    assert state.language == "en"


def test_language_request_and_saved_values_are_kept_at_the_end() -> None:
    call = Driver(flows())
    call.play()
    call.keys("2")
    call.play()
    call.keys("1")
    call.queried(status="not_found")
    found = kept(call)
    assert (found.number, found.remember, found.language, found.last_request) == ("+14155550123", True, "en", "proof")
    assert found.values == {"name": "Anna"}
    assert found.at.startswith("2027-01-04T10:00:")
    assert names(call.all).count("CallerRemembered") == 1


@pytest.mark.parametrize(
    ("remember", "known", "keeps"),
    [
        ("off", {}, False),
        ("ask", {}, False),
        ("ask", {"remember": "yes"}, True),
        ("always", {}, True),
        ("always", {"remember": "no"}, False),
    ],
)
def test_what_is_kept_of_a_caller_who_says_nothing(remember: str, known: dict[str, str], keeps: bool) -> None:
    call = Driver(flows(remember), profile=known)
    call.send(events.HungUp())
    assert ("CallerRemembered" in names(call.all)) is keeps


def test_nothing_is_kept_before_consent_to_be_recorded() -> None:
    call = Driver(flows("always", "recording: {consent: ask}"))
    call.send(events.HungUp())
    assert "CallerRemembered" not in names(call.all)


def test_forget_me_is_written_at_once_and_nothing_else_follows() -> None:
    call = Driver(flows(), profile=dict(KNOWN))
    call.play()
    call.says("forget me", intent="command.forget_me")
    assert (kept(call).remember, kept(call).values) == (False, {})
    assert "I have forgotten what I knew about you." in " ".join(texts(call.all))
    call.send(events.ProfileLoaded(profile=dict(KNOWN)))
    state = call.session.state
    assert state is not None
    assert state.names["profile"] == {}
    call.send(events.HungUp())
    assert names(call.all).count("CallerRemembered") == 1


def test_a_number_that_is_nobody_s_keeps_nothing() -> None:
    for number in ("", "anonymous", "+1", "sip:a@b", "١٢٣٤٥٦٧"):
        assert number_of(number) == ""
    assert number_of("+14155550123") == "+14155550123"
