"""Prompts in a row: handing over, pausing, resuming, flushing. A frame is told by its first byte."""

from ivr.audio.frames import FRAME_BYTES
from ivr.audio.playout import Began, Ended, Failed, Playout, Prompt


def sound(*numbers: int) -> bytes:
    return b"".join(bytes([n]) * FRAME_BYTES for n in numbers)


def take(playout: Playout, first: int, count: int) -> list[int | None]:
    """What is handed over for some frames; None: silence."""
    frames = [playout.hand_over(n)[0] for n in range(first, first + count)]
    return [None if frame is None else frame[0] for frame in frames]


def test_prompts_follow_each_other_without_a_gap() -> None:
    playout = Playout()
    playout.say(Prompt(1, sound(1, 2)))
    playout.say(Prompt(2, sound(3)))
    assert take(playout, 0, 4) == [1, 2, 3, None]
    assert playout.news(1) == [Began(1, ())]
    assert playout.news(3) == [Ended(1, 2), Began(2, ()), Ended(2, 1)]
    assert not playout.active


def test_nothing_is_told_before_it_was_sent() -> None:
    playout = Playout()
    playout.say(Prompt(1, sound(1)))
    assert playout.news(0) == []
    take(playout, 0, 1)
    assert playout.news(0) == []
    assert playout.news(1) == [Began(1, ()), Ended(1, 1)]


def test_flush_takes_back_what_was_handed_over_and_tells_nothing() -> None:
    playout = Playout()
    playout.say(Prompt(1, sound(1, 2, 3, 4)))
    playout.say(Prompt(2, sound(5)))
    take(playout, 0, 3)
    playout.news(1)
    assert playout.flush(1) == [2, 1]
    assert playout.news(5) == []
    assert take(playout, 5, 2) == [None, None]


def test_pause_and_resume_lose_and_repeat_nothing() -> None:
    playout = Playout()
    playout.say(Prompt(1, sound(1, 2, 3, 4)))
    assert take(playout, 0, 3) == [1, 2, 3]
    assert playout.pause(2) == [2]
    assert playout.heard(2) == (1, 2)
    assert take(playout, 2, 5) == [None] * 5
    playout.resume()
    assert take(playout, 7, 3) == [3, 4, None]


def test_position_heard_counts_only_what_went_out() -> None:
    playout = Playout()
    playout.say(Prompt(7, sound(1, 2, 3)))
    take(playout, 0, 3)
    assert playout.heard(0) == (7, 0)
    assert playout.heard(2) == (7, 2)


def test_a_prompt_without_sound_yet_keeps_its_place() -> None:
    playout = Playout()
    playout.say(Prompt(1))
    playout.say(Prompt(2, sound(2)))
    assert take(playout, 0, 2) == [None, None]
    assert playout.provide(1, sound(1), ("piper",))
    assert take(playout, 2, 3) == [1, 2, None]
    assert playout.news(4) == [Began(1, ("piper",)), Ended(1, 1), Began(2, ()), Ended(2, 1)]


def test_a_failed_prompt_is_told_in_its_turn_and_the_next_goes_on() -> None:
    playout = Playout()
    playout.say(Prompt(1, sound(1)))
    playout.say(Prompt(2))
    playout.say(Prompt(3, sound(3)))
    assert playout.fail(2, "nothing could speak it")
    assert take(playout, 0, 3) == [1, None, None]
    assert playout.news(1) == [Began(1, ()), Ended(1, 1), Failed(2, "nothing could speak it")]
    assert take(playout, 3, 2) == [3, None]


def test_sound_for_a_prompt_that_was_flushed_is_refused() -> None:
    playout = Playout()
    playout.say(Prompt(1))
    playout.flush(0)
    assert not playout.provide(1, sound(1), ())
    assert not playout.fail(1, "late")


def test_cancel_takes_one_prompt_out() -> None:
    playout = Playout()
    for id in (1, 2, 3):
        playout.say(Prompt(id, sound(id)))
    assert playout.cancel(2, 0) == []
    assert take(playout, 0, 3) == [1, 3, None]


def test_an_empty_prompt_begins_and_ends_at_once() -> None:
    playout = Playout()
    playout.say(Prompt(1, b""))
    assert playout.news(0) == [Began(1, ()), Ended(1, 0)]


def test_the_last_frame_is_filled_up_and_sensitivity_is_told() -> None:
    playout = Playout()
    playout.say(Prompt(1, b"\x05" * 10, sensitive=True))
    frame, sensitive = playout.hand_over(0)
    assert frame == b"\x05" * 10 + bytes(FRAME_BYTES - 10)
    assert sensitive


def test_a_prompt_that_is_still_made_is_played_and_nothing_overtakes_it() -> None:
    playout = Playout()
    playout.say(Prompt(1))
    playout.say(Prompt(2, bytes(320)))
    assert playout.add(1, bytes(640), ("piper",))
    assert [playout.hand_over(n)[0] is not None for n in range(3)] == [True, True, False]
    assert playout.news(2) == [Began(1, ("piper",))]
    assert playout.add(1, bytes(320), ("piper",))
    assert playout.hand_over(2)[0] is not None
    assert playout.end(1)
    assert playout.news(3) == [Ended(1, 3)]
    assert playout.hand_over(3)[0] is not None


def test_a_prompt_whose_last_piece_came_before_its_end_was_told_is_over_then() -> None:
    playout = Playout()
    playout.say(Prompt(1))
    playout.add(1, bytes(320), ("piper",))
    playout.hand_over(0)
    assert playout.news(1) == [Began(1, ("piper",))]
    playout.end(1)
    assert playout.news(1) == [Ended(1, 1)]


def test_what_is_stopped_in_its_last_frame_is_told_no_more_and_the_next_one_is_played() -> None:
    """Its last frame went out, and nobody has asked for news since."""
    for stop in ("flush", "cancel"):
        playout = Playout()
        playout.say(Prompt(1, sound(1, 2)))
        take(playout, 0, 2)
        assert playout.news(1) == [Began(1, ())]
        assert (playout.flush(2) if stop == "flush" else playout.cancel(1, 2)) == []
        playout.say(Prompt(2, sound(3)))
        assert playout.news(2) == []
        take(playout, 2, 1)
        assert playout.news(3) == [Began(2, ()), Ended(2, 1)]
