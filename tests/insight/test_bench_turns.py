"""What the benchmarks of turns make of a journal: parts that add up, turns that were cut off, pauses for nothing."""

import pytest

from ivr import actions as act
from ivr import events as ev
from ivr import journal
from ivr.insight.bargein_bench import BargeInCaller, made_sounds, sound
from ivr.insight.delays import percentiles
from ivr.insight.turn_bench import Turn, tell_parts

SPOKEN: list[journal.Entry] = [
    ev.VoiceStarted(t=100, voice_t=95),
    ev.VoiceStopped(t=155, voice_t=150),
    act.DecodeNow(t=155, id=1),
    ev.Heard(t=159, id=1, speculative=True),
    act.Understand(t=159, id=2, flow="f", version="v", language="en", hypotheses=[]),
    ev.Understood(t=161, id=2),
    act.Answered(t=175, node="n", result="match", source="rasa"),
    act.Say(t=175, id=3, text="x", language="en"),
    ev.PromptStarted(t=176, id=3),
]


def test_parts_follow_each_other_and_add_up() -> None:
    turn = Turn("open", 95, 149)
    tell_parts([turn], SPOKEN)
    assert (turn.right, turn.cut_off, turn.understood_by) == (True, False, "rasa")
    assert {name: round(1000 * s) for name, s in turn.parts.items()} == {
        "network": 20, "detector": 100, "decode": 80, "understanding": 40, "pause": 280, "speech, playout": 20,
    }  # fmt: skip
    assert sum(turn.parts.values()) == pytest.approx((176 - 149) * 0.02)


def test_an_answer_before_the_voice_ended_is_a_cut_off() -> None:
    turn = Turn("open", 95, 260)
    tell_parts([turn], SPOKEN)
    assert turn.cut_off
    assert not turn.right


def test_a_call_that_came_to_no_turn_is_no_mistake_of_the_bench() -> None:
    tell_parts([], SPOKEN)


def test_intervals_hold_the_figure_and_shrink_with_cases() -> None:
    few = percentiles([0.1, 0.2, 0.3, 0.4])
    many = percentiles([0.1, 0.2, 0.3, 0.4] * 50)
    assert few["p50_interval_ms"][0] <= few["p50_ms"] <= few["p50_interval_ms"][1]
    assert many["p50_interval_ms"][1] - many["p50_interval_ms"][0] < 200


def test_pauses_before_the_voice_are_for_nothing() -> None:
    caller = BargeInCaller.__new__(BargeInCaller)
    caller.turns, caller.from_frame = [Turn("grammar", 300, 350)], 50
    caller.entries = [act.Pause(t=20), act.Pause(t=70), act.Resume(t=120), act.Pause(t=301)]
    assert caller.false_pauses == 1


def test_made_sounds_are_all_of_one_level_and_length() -> None:
    sounds = [sound(name, samples) for name, samples in made_sounds(1)]
    assert len({it.name for it in sounds}) == len(sounds) == 5
    assert {len(it.payloads) for it in sounds} == {75}
