"""The jitter buffer, without a clock: frames are their own numbers."""

import random

from ivr.audio.jitter import LIMIT, WINDOW, JitterBuffer


def frame(n: int) -> bytes:
    return n.to_bytes(4, "big")


def test_frames_come_out_in_order_and_none_is_lost_on_an_even_line() -> None:
    buffer = JitterBuffer()
    out = []
    for n in range(500):
        buffer.put(frame(n))
        out.append(buffer.take())
    assert out[:1] == [None], "the first one waits for the second"
    assert out[1:] == [frame(n) for n in range(499)]
    assert (buffer.late, buffer.dropped) == (0, 0)


def test_jitter_of_some_frames_is_heard_a_few_times_and_then_no_more() -> None:
    chance = random.Random(7)
    arrivals = sorted((n + chance.uniform(0, 5), n) for n in range(3000))
    buffer, out, at = JitterBuffer(), [], 0
    for tick in range(3005):
        while at < len(arrivals) and arrivals[at][0] <= tick:
            buffer.put(frame(arrivals[at][1]))
            at += 1
        out.append(buffer.take())
    assert buffer.late <= 60
    assert len([it for it in out if it is not None]) + buffer.dropped + len(buffer) == 3000
    assert buffer.dropped <= 30


def test_a_burst_after_a_stall_is_cut_so_that_nobody_is_heard_late() -> None:
    buffer = JitterBuffer()
    for n in range(2):
        buffer.put(frame(n))
        buffer.take()
    for _ in range(60):
        buffer.take()
    for n in range(2, 62):
        buffer.put(frame(n))
        assert len(buffer) <= LIMIT
    assert buffer.dropped > 30
    left = [buffer.take() for _ in range(len(buffer))]
    assert left[-1] == frame(61), "the newest are kept"


def test_a_sender_whose_clock_is_fast_never_fills_the_buffer() -> None:
    buffer, n = JitterBuffer(), 0
    longest = 0
    for tick in range(40 * WINDOW):
        buffer.put(frame(n := n + 1))
        if tick % 150 == 0:  # far worse than any crystal
            buffer.put(frame(n := n + 1))
        buffer.take()
        longest = max(longest, len(buffer))
    assert longest <= 6
    assert buffer.late == 0


def test_after_it_ran_dry_it_waits_for_more_frames_than_before() -> None:
    buffer = JitterBuffer()
    for n in range(2):
        buffer.put(frame(n))
    assert [buffer.take() for _ in range(3)] == [frame(0), frame(1), None]
    assert buffer.late == 1
    for n in range(2, 4):
        buffer.put(frame(n))
    assert buffer.take() is None, "two were enough before"
    buffer.put(frame(4))
    assert buffer.take() == frame(2)
