"""Interruption: pause at voice, go on when it was nothing, flush when it was something or a key."""

import pytest

from ivr import actions, events
from ivr.flow.models import Flow
from tests.dialogue.driver import Driver, commands, last, names
from tests.dialogue.small import ORDERS, compiled


def with_barge_in(mode: str) -> dict[str, Flow]:
    return compiled(ORDERS.replace("    type: menu\n", f"    type: menu\n    barge_in: {mode}\n", 1))


def test_voice_pauses_the_prompt_in_the_same_tick_and_listens_from_before_the_first_syllable() -> None:
    call = Driver()
    call.begin(played=1.0)
    done = call.send(events.VoiceStarted(voice_t=call.t - 5))
    assert commands(done) == ["Listen", "Pause"]
    assert last(done, actions.Listen).from_t == call.t - 5 - 20


def test_prompt_goes_on_in_place_when_the_recognizer_hears_nothing() -> None:
    call = Driver()
    call.begin(played=1.0)
    call.voice()
    call.wait(0.3)
    call.pause()
    done = call.heard("")
    assert "Resume" in names(done)
    note = last(done, actions.BargedIn)
    assert (note.false, note.by, note.played_t) == (True, "voice", 50)
    assert "Flush" not in names(call.wait(3.0))


def test_prompt_goes_on_when_no_words_come_in_time() -> None:
    call = Driver()
    call.begin()
    call.voice()
    call.wait(0.3)
    call.pause()
    assert "Resume" not in names(call.wait(0.6))
    assert "Resume" in names(call.wait(0.2))


def test_steady_noise_without_words_does_not_hold_the_prompt() -> None:
    call = Driver()
    call.begin()
    call.voice()
    assert "Resume" not in names(call.wait(1.3))
    assert "Resume" in names(call.wait(0.2))


def test_words_keep_it_paused_and_an_answer_flushes_it() -> None:
    call = Driver()
    call.begin(played=1.0)
    call.voice()
    call.send(events.Partial(id=call.listen().id, text="cancel"))
    assert "Resume" not in names(call.wait(2.0))
    call.pause()
    done = call.heard("cancel my order", intent="cancel_order")
    done += call.wait(0.3)
    assert commands(done)[:2] == ["Cancel", "Flush"]
    note = last(done, actions.BargedIn)
    assert (note.false, note.played_t) == (False, 50)
    assert call.node == "which_order"


def test_a_short_yes_is_heard() -> None:
    call = Driver()
    call.play()
    call.keys("14567#")
    call.begin(played=0.2)
    call.voice()
    call.wait(0.1)
    call.pause()
    call.heard("yes", slots={"confirm": "yes"})
    call.wait(0.1)
    assert call.node == "lookup"


def test_talk_outside_the_grammar_that_nobody_understands_lets_the_prompt_go_on() -> None:
    call = Driver()
    call.begin()
    call.voice()
    call.wait(0.5)
    call.pause()
    call.heard("and here is the weather", in_grammar=False)
    call.understood(("query_order", 0.1))
    done = call.wait(0.5)
    assert "Resume" in names(done)
    assert last(done, actions.Answered).result == "rejected"
    assert "Flush" not in names(call.all)
    assert "Escalated" not in names(call.all)


def test_outside_the_grammar_only_what_is_sure_interrupts() -> None:
    for confidence, interrupted in ((0.7, False), (0.9, True)):
        call = Driver()
        call.begin()
        call.voice()
        call.wait(0.5)
        call.pause()
        call.heard("what hear that", in_grammar=False)
        call.understood(("command.repeat", confidence))
        call.wait(0.5)
        assert ("Flush" in names(call.all)) == interrupted
        assert ("Resume" in names(call.all)) != interrupted


def test_the_same_talk_after_the_prompt_is_a_mismatch() -> None:
    call = Driver()
    call.play()
    call.voice()
    call.wait(0.5)
    call.pause()
    call.heard("and here is the weather", in_grammar=False)
    call.understood(("query_order", 0.1))
    assert "Escalated" in names(call.wait(0.5))


def test_a_key_flushes_at_once() -> None:
    call = Driver()
    call.begin(played=0.5)
    done = call.send(events.KeyPressed(key="1"))
    assert commands(done)[0] == "Flush"
    assert last(done, actions.BargedIn).by == "key"
    assert call.node == "which_order"


def test_voice_does_not_interrupt_where_only_keys_may() -> None:
    call = Driver(with_barge_in("keys"))
    call.begin()
    assert commands(call.voice()) == []
    assert "Flush" in names(call.send(events.KeyPressed(key="1")))


def test_nothing_interrupts_and_keys_wait_for_the_end_of_the_prompt() -> None:
    call = Driver(with_barge_in("false"))
    call.begin()
    assert commands(call.voice()) == []
    assert names(call.send(events.KeyPressed(key="1"))) == []
    call.send(events.PromptDone(id=call.queued.pop(0)))
    assert call.node == "which_order"


def test_who_still_speaks_when_an_uninterruptible_prompt_ends_is_heard_from_the_beginning() -> None:
    call = Driver(with_barge_in("false"))
    call.begin(played=1.0)
    call.voice()
    began = call.t - 5
    call.wait(0.5)
    done = call.send(events.PromptDone(id=call.queued.pop(0)))
    assert last(done, actions.Listen).from_t == began - 20


def test_a_protected_beginning_is_interrupted_when_it_is_over() -> None:
    call = Driver(with_barge_in("{protect: 2s}"))
    call.begin(played=1.0)
    assert commands(call.voice()) == []
    assert commands(call.wait(0.9)) == []
    assert commands(call.wait(0.2)) == ["Listen", "Pause"]


def test_a_key_under_protection_waits_for_its_end() -> None:
    call = Driver(with_barge_in("{protect: 2s}"))
    call.begin(played=1.0)
    assert commands(call.send(events.KeyPressed(key="1"))) == []
    assert commands(call.wait(1.1))[0] == "Flush"


def test_words_are_counted_where_the_node_wants_them() -> None:
    call = Driver(with_barge_in("{min_words: 2}"))
    call.begin()
    assert commands(call.voice()) == ["Listen"]
    call.wait(0.5)
    assert commands(call.send(events.Partial(id=call.listen().id, text="cancel"))) == []
    assert commands(call.send(events.Partial(id=call.listen().id, text="cancel my"))) == ["Pause"]


def test_one_word_is_not_an_answer_where_two_are_wanted() -> None:
    call = Driver(with_barge_in("{min_words: 2}"))
    call.begin()
    call.says("hours", intent="option.opening_hours")
    assert call.node == "welcome"
    assert "Flush" not in names(call.all)


@pytest.mark.parametrize("text", ["", "hm"])
def test_voice_outside_a_question_asks_for_nothing(text: str) -> None:
    call = Driver()
    call.play()
    call.keys("14567#")
    call.says("yes", slots={"confirm": "yes"})
    assert call.node == "lookup"
    assert commands(call.voice()) == []
