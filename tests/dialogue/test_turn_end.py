"""When an utterance is over: pauses, guesses, what can stand as it is and what cannot."""

from ivr import actions, events
from tests.dialogue.driver import Driver, commands, last, names
from tests.dialogue.small import ORDERS, compiled


def listening() -> Driver:
    call = Driver()
    call.play()
    call.voice()
    call.wait(1.0)
    return call


def test_each_pause_is_decoded_speculatively() -> None:
    call = listening()
    assert commands(call.pause()) == ["DecodeNow"]
    call.wait(0.3)
    call.voice()
    call.wait(0.5)
    assert commands(call.pause()) == ["DecodeNow"]


def test_a_complete_sentence_ends_after_the_short_pause() -> None:
    call = listening()
    call.pause()  # 0.2 s ago
    assert commands(call.heard("cancel my order", intent="cancel_order")) == []
    assert "NodeEntered" not in names(call.wait(0.28))
    assert "NodeEntered" in names(call.wait(0.04))


def test_a_sentence_after_which_nothing_can_follow_ends_at_once_when_it_is_sure() -> None:
    call = listening()
    call.pause()
    assert "NodeEntered" in names(call.heard("cancel my order", intent="cancel_order", closed=True))


def test_a_doubtful_one_waits_all_the_same() -> None:
    call = listening()
    call.pause()
    assert "NodeEntered" not in names(call.heard("cancel it", intent="cancel_order", confidence=0.6, closed=True))
    assert "NodeEntered" in names(call.wait(0.32))


def test_an_incomplete_one_waits_longer() -> None:
    call = listening()
    call.pause()
    call.heard("cancel", intent="cancel_order", complete=False)
    assert "NodeEntered" not in names(call.wait(0.65))
    assert "NodeEntered" in names(call.wait(0.1))


def test_a_result_that_comes_after_the_pause_is_taken_at_once() -> None:
    call = listening()
    call.pause()
    call.wait(0.3)
    assert "NodeEntered" in names(call.heard("cancel my order", intent="cancel_order"))


def test_without_a_result_the_final_one_is_asked_for() -> None:
    call = listening()
    call.pause()
    done = call.wait(0.8)
    assert commands(done) == ["EndListening"]
    assert last(done, actions.EndListening).id == call.listen().id
    assert "NodeEntered" in names(call.heard("cancel my order", intent="cancel_order", speculative=False))


def test_who_goes_on_speaking_was_not_at_the_end() -> None:
    call = listening()
    call.pause()
    call.heard("cancel my", intent="cancel_order", complete=False)
    call.wait(0.3)
    call.voice()
    assert commands(call.wait(3.0)) == []
    call.pause()
    call.heard("cancel my order", intent="cancel_order")
    call.wait(0.3)
    assert call.node == "which_order"
    assert names(call.all).count("Listen") == 1


def test_a_guess_for_an_earlier_pause_is_dropped() -> None:
    call = listening()
    call.pause()
    early = call.t
    call.voice()
    call.wait(0.5)
    call.pause()
    call.send(
        events.Heard(
            id=call.listen().id,
            speculative=True,
            until_t=early,
            hypotheses=[events.Hypothesis("cancel", confidence=0.9, intent="cancel_order")],
        )
    )
    call.wait(0.3)
    assert call.node == "welcome"


def test_speculative_understanding_is_taken_back_when_the_caller_goes_on() -> None:
    call = listening()
    call.pause()
    done = call.heard("i do not know")
    asked = last(done, actions.Understand)
    assert asked.speculative
    assert asked.expected[:3] == ["query_order", "cancel_order", "option.opening_hours"]
    done = call.voice()
    assert last(done, actions.Cancel).id == asked.id
    late = events.Understood(id=asked.id, intents=[events.IntentScore("cancel_order", 0.9)])
    assert names(call.send(late)) == []


def test_understanding_decides_when_the_grammar_does_not() -> None:
    call = listening()
    call.pause()
    call.heard("i wonder about my parcel", in_grammar=False)
    call.wait(0.3)
    done = call.understood(("query_order", 0.9), ("cancel_order", 0.05), source="rasa")
    answered = last(done, actions.Answered)
    assert (answered.option, answered.source, answered.intent) == ("query_order", "rasa", "query_order")
    assert last(done, actions.TaskSet).task == "query_order"


def test_understanding_that_never_comes_is_a_mismatch() -> None:
    call = listening()
    call.pause()
    call.heard("i wonder about my parcel", in_grammar=False)
    assert "Escalated" not in names(call.wait(1.0))
    assert "Escalated" in names(call.wait(1.0))


def test_an_endless_speaker_is_ended() -> None:
    call = Driver()
    call.play()
    call.voice()
    assert "EndListening" not in names(call.wait(19.8))
    assert "EndListening" in names(call.wait(0.3))


def test_a_step_says_its_own_pauses() -> None:
    flow = ORDERS.replace("    type: menu\n", "    type: menu\n    complete_timeout: 1s\n", 1)
    call = Driver(compiled(flow))
    call.play()
    call.voice()
    call.wait(1.0)
    call.pause()
    call.heard("cancel my order", intent="cancel_order")
    assert "NodeEntered" not in names(call.wait(0.75))
    assert "NodeEntered" in names(call.wait(0.1))


def test_results_of_another_listen_are_stale() -> None:
    call = listening()
    call.pause()
    stale = events.Heard(id=999, hypotheses=[events.Hypothesis("x", intent="cancel_order", confidence=1.0)])
    assert names(call.send(stale)) == []


def test_what_is_said_piece_by_piece_gets_a_longer_pause() -> None:
    call = Driver()
    call.play()
    call.keys("1")
    call.play()
    call.voice()
    call.wait(1.0)
    call.pause()  # 0.2 s ago
    call.heard("four five six seven", slots={"order_id": "4567"})
    assert "Answered" not in names(call.wait(0.45))
    assert "Answered" in names(call.wait(0.1))


def reading_back() -> Driver:
    call = Driver()
    call.keys("14567#")
    call.play()
    call.wait(0.5)
    call.voice()
    call.wait(0.4)
    call.pause()  # 0.2 s ago
    return call


def test_yes_to_what_was_read_back_ends_soon_and_no_waits_for_the_right_value() -> None:
    call = reading_back()
    call.heard("yes", slots={"confirm": "yes"})
    assert "Answered" in names(call.wait(0.12))
    call = reading_back()
    call.heard("no", slots={"confirm": "no"})
    assert "Answered" not in names(call.wait(0.46))
    assert "Answered" in names(call.wait(0.06))


def test_sound_of_a_turn_that_is_over_does_not_begin_the_next_one() -> None:
    call = reading_back()
    over = call.t - 10
    call.heard("no", slots={"confirm": "no"})
    call.wait(0.52)
    call.send(events.VoiceStarted(voice_t=over + 15))
    assert call.listen().from_t == over
    call = reading_back()
    over = call.t - 10
    call.heard("no", slots={"confirm": "no"})
    call.wait(0.52)
    call.send(events.VoiceStarted(voice_t=over + 25))
    assert call.listen().from_t == over + 5
