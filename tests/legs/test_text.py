"""The text leg: a virtual clock, prompts that take their time, interruption."""

from ivr import actions, events
from ivr.dialogue.session import Session
from ivr.insight.text_parts import Mocks, nothing_understood, parts
from ivr.legs.text import TextCall
from tests.dialogue.small import loaded


def started(**more: object) -> TextCall:
    flows = loaded()
    session = Session(flows.published.flows, {"agents": "sip:a@b"})
    call = TextCall(session, parts(flows.grammars, nothing_understood, Mocks({})))
    call.start(events.CallStarted(call="c1", flow="orders", **more))  # type: ignore[arg-type]
    return call


def kinds(call: TextCall) -> list[str]:
    return [type(entry).__name__ for entry in call.line.journal]


def test_prompts_take_the_time_of_their_words() -> None:
    call = started()
    call.listen()
    assert call.waiting
    assert call.t == 7 * 18  # seven words of 0.35 s
    assert [spoken.whole for spoken in call.line.spoken] == [True]


def test_who_speaks_over_the_prompt_interrupts_it() -> None:
    call = started()
    call.run(20)
    call.says("cancel my order", over=True)
    assert call.line.spoken[0].whole is False
    names = kinds(call)
    assert names.index("Pause") < names.index("Flush")
    call.listen()
    assert call.line.spoken[-1].text == "What is your order number?"


def test_noise_over_the_prompt_lets_it_go_on_and_end_later() -> None:
    quiet = started()
    quiet.listen()
    call = started()
    call.run(20)
    call.says("", over=True)
    call.listen()
    assert call.line.spoken[0].whole is True
    assert len(call.line.spoken) == 1
    assert call.t > quiet.t
    done = [entry for entry in call.line.journal if isinstance(entry, events.PromptDone)]
    assert done[0].t > 7 * 18


def test_silence_brings_the_next_step() -> None:
    call = started()
    call.waits(5.1)
    assert "Escalated" in kinds(call)


def test_hold_stops_the_prompt() -> None:
    call = started()
    call.run(20)
    call.holds(10.0)
    call.listen()
    assert call.t == 7 * 18 + 500


def test_goodbye_is_said_before_the_line_closes() -> None:
    call = started()
    call.presses("0")
    call.listen()
    assert call.ended
    assert call.line.spoken[-1].text == "Connecting you."
    assert call.line.spoken[-1].whole
    assert call.line.finished is not None
    assert call.line.finished.outcome == "transferred"
    assert isinstance(call.line.journal[-1], events.HungUp)


def test_every_line_of_the_journal_is_numbered() -> None:
    call = started()
    call.presses("14567#")
    call.hangs_up()
    assert [entry.seq for entry in call.line.journal] == list(range(1, len(call.line.journal) + 1))
    assert isinstance(call.line.journal[-1], actions.Finished)
