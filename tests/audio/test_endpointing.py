"""Utterances out of rows of probabilities: `v` is a voiced frame, `.` a silent one, `q` a voiced but quiet one."""

import pytest

from ivr.audio.endpointing import Endpointer, EndpointParameters, Started, Stopped

LOUD, QUIET = 1.0e6, 200.0
"""Mean squares of about -30 and -67 dBFS."""


def run(row: str, parameters: EndpointParameters | None = None) -> list[tuple[int, Started | Stopped]]:
    endpointer = Endpointer(parameters or EndpointParameters(start=3, window=5, stop=10, lead=0))
    told: list[tuple[int, Started | Stopped]] = []
    for t, sign in enumerate(row):
        probability = {".": 0.0, "v": 0.9, "q": 0.9, "w": 0.4}[sign]
        found = endpointer.frame(t, probability, QUIET if sign in ".q" else LOUD)
        if found is not None:
            told.append((t, found))
    return told


@pytest.mark.parametrize(
    "row",
    ["....v....v....v....", "..vv......vv......", "." * 30, "..q" * 20, "." * 5 + "q" * 50, "w" * 50],
    ids=["clicks", "double clicks", "silence", "far away, ragged", "far away, steady", "doubtful"],
)
def test_what_is_no_utterance(row: str) -> None:
    assert run(row) == []


def test_yes_of_two_hundred_milliseconds_is_heard_and_ends() -> None:
    (at, started), (end, stopped) = run("....." + "v" * 10 + "." * 20)
    assert (at, end, stopped) == (7, 24, Stopped(15))
    assert isinstance(started, Started)
    assert (started.voice_t, round(started.level_db)) == (5, -30)


def test_a_gap_in_the_first_frames_is_bridged() -> None:
    ((t, started),) = run("..vv.vv")
    assert (t, started.voice_t) == (5, 2)


def test_each_pause_is_told_and_weak_endings_belong_to_the_word() -> None:
    told = run("vvvvvwwww" + "." * 12 + "vvvv" + "." * 12)
    assert [type(found).__name__ for _, found in told] == ["Started", "Stopped", "Started", "Stopped"]
    assert told[1][1] == Stopped(9)


def test_a_detector_that_lets_go_late_does_not_put_off_the_end() -> None:
    assert run("vvvvv" + "q" * 5 + "." * 6, EndpointParameters(start=3, window=5, stop=5, lead=0))[1] == (
        9,
        Stopped(5),
    )


def test_first_frame_is_put_a_little_earlier_but_never_before_the_call() -> None:
    p = EndpointParameters(start=3, window=5, lead=3)
    assert run("......vvv", p)[0][1].voice_t == 3
    assert run("vvv", p)[0][1].voice_t == 0


def test_voice_must_stand_out_of_a_steady_background() -> None:
    endpointer = Endpointer(EndpointParameters(start=3, window=5, floor_db=-60.0))
    told = [endpointer.frame(t, 0.0 if t < 100 else 0.9, 1.0e5) for t in range(200)]
    assert told == [None] * 200
    assert [endpointer.frame(t, 0.9, 1.0e6) for t in range(200, 203)][-1] is not None


def test_reset_forgets_an_utterance_without_a_word() -> None:
    endpointer = Endpointer(EndpointParameters(start=2, window=4))
    for t in range(3):
        endpointer.frame(t, 0.9, LOUD)
    endpointer.reset()
    assert not endpointer.speaking
    assert [endpointer.frame(t, 0.0, QUIET) for t in range(3, 30)] == [None] * 27
