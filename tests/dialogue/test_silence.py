"""The silence clock: from the end of the prompt as heard, with an absolute limit; hold freezes it and the prompt."""

from ivr import actions, events
from tests.dialogue.driver import Driver, commands, last, names, texts
from tests.dialogue.small import ORDERS, compiled


def test_silence_counts_from_the_end_of_the_prompt_as_heard() -> None:
    call = Driver()
    call.begin(played=4.0)
    call.send(events.PromptDone(id=call.queued.pop(0)))
    assert names(call.wait(4.9)) == []
    done = call.wait(0.2)
    assert last(done, actions.Answered).result == "no_input"
    assert texts(done)[0] == "Sorry, I did not hear you."


def test_noise_cannot_push_the_silence_away() -> None:
    call = Driver()
    call.play()
    call.wait(4.5)
    call.voice()
    call.wait(1.0)
    call.pause()
    assert "Escalated" not in names(call.all)
    call.heard("")
    assert last(call.wait(0.3), actions.Escalated).kind == "no_input"


def test_noise_before_the_limit_does_not_move_it() -> None:
    call = Driver()
    call.play()
    call.wait(2.0)
    call.voice()
    call.wait(1.0)
    call.pause()
    call.heard("")
    assert "Escalated" not in names(call.wait(1.9))
    assert "Escalated" in names(call.wait(0.2))


def test_one_question_has_an_absolute_limit() -> None:
    flow = ORDERS.replace("    type: menu\n", "    type: menu\n    max_wait: 8s\n    max_speech: 60s\n", 1)
    call = Driver(compiled(flow))
    call.play()
    call.wait(1.0)
    call.voice()
    assert "Escalated" not in names(call.wait(6.8))
    done = call.wait(0.3)
    assert commands(done)[0] == "Cancel"
    assert last(done, actions.Escalated).kind == "no_input"


def test_hold_freezes_clocks_and_prompt() -> None:
    call = Driver()
    call.begin(played=1.0)
    assert commands(call.send(events.Held())) == ["Pause"]
    assert call.session.deadline() == 3600 * 50
    call.wait(60.0)
    assert commands(call.send(events.Unheld())) == ["Resume"]
    call.send(events.PromptDone(id=call.queued.pop(0)), after=1.0)
    call.wait(2.0)
    call.send(events.Held())
    call.wait(60.0)
    call.send(events.Unheld())
    assert "Escalated" not in names(call.wait(2.9))
    assert "Escalated" in names(call.wait(0.2))


def test_hold_takes_back_what_was_being_heard() -> None:
    call = Driver()
    call.begin()
    call.voice()
    done = call.send(events.Held())
    assert commands(done) == ["Cancel"]  # it stands still already
    assert commands(call.send(events.Unheld())) == ["Resume"]


def test_what_is_said_during_hold_waits() -> None:
    call = Driver()
    call.keys("14567#")
    call.keys("1")
    assert commands(call.send(events.Held())) == ["Pause"]
    call.queried({"status": "shipped"})
    assert commands(call.send(events.Unheld())) == ["Resume"]


def test_a_prompt_whose_end_nobody_tells_counts_as_spoken() -> None:
    call = Driver()
    call.begin()
    assert "Escalated" in names(call.wait(30.0))


def test_a_prompt_that_cannot_be_spoken_counts_as_spoken() -> None:
    call = Driver()
    call.send(events.PromptFailed(id=call.queued.pop(0), reason="no engine"))
    assert "Escalated" in names(call.wait(5.1))


def test_wait_grants_a_minute() -> None:
    call = Driver()
    call.play()
    call.says("hold on", intent="command.wait")
    assert texts(call.all)[-1].startswith("Take your time")
    call.play()
    assert "Escalated" not in names(call.wait(58.0))
    assert "Escalated" in names(call.wait(5.0))
