"""Each press counts once, whatever packets of it come (RFC 4733); times as pjmedia tells them, in milliseconds."""

import pytest

from ivr.sip.keys import KeyCounter, from_info

Packet = tuple[str, int, int]


def count(packets: list[Packet]) -> str:
    counter = KeyCounter()
    return "".join(key for key, begin, duration in packets if counter.rtp(key, begin, duration))


def press(key: str, begin: int, length: int = 100, ends: int = 3, drop: int = 0) -> list[Packet]:
    packets = [(key, begin, duration) for duration in range(20, length, 20)] + [(key, begin, length)] * ends
    return packets[drop:]


def test_repeated_ends_and_updates_count_once() -> None:
    assert count(press("5", 1000)) == "5"
    assert count(press("5", 1000, ends=10)) == "5"


def test_lost_ends_lost_begins_and_a_single_packet() -> None:
    assert count(press("5", 1000, ends=0) + press("5", 1300, ends=0) + press("6", 1600, ends=0)) == "556"
    assert count(press("5", 1000, drop=4) + press("5", 1300, drop=4)) == "55"
    assert count([("1", 1000, 100), ("1", 1200, 100), ("1", 1400, 100)]) == "111"


def test_the_same_key_with_a_longer_press_second() -> None:
    assert count(press("7", 1000, 60, ends=1) + press("7", 1200, 400, drop=3)) == "77"


def test_a_sender_that_moves_the_timestamp_within_a_press() -> None:
    packets = [("3", 1000 + 20 * n, 20 * (n + 1)) for n in range(6)]
    ends = [("3", 1120, 120), ("3", 1120, 120), ("3", 1120, 120)]
    assert count(packets + ends) == "3"
    assert count(packets + ends + press("3", 1400)) == "33"


def test_a_long_press_in_segments_is_one() -> None:
    first = [("9", 1000, duration) for duration in range(1000, 8200, 1000)] + [("9", 1000, 8191)]
    second = [("9", 9191, 100), ("9", 9191, 200), ("9", 9191, 200)]
    assert count(first + second) == "9"


def test_fast_presses() -> None:
    assert count(press("1", 1000, 40) + press("1", 1080, 40) + press("1", 1160, 40)) == "111"


def test_the_clock_may_wrap_and_late_packets_do_not_count() -> None:
    top = (1 << 29) - 50
    assert count(press("4", top) + press("4", 150)) == "44"
    assert count(press("4", 1000) + press("4", 1300) + [("4", 1000, 100)]) == "44"


def test_flash_and_unknown_events_are_no_keys() -> None:
    assert count([("R", 1000, 100), ("", 1000, 100)]) == ""
    assert count(press("a", 1000)) == "a"


@pytest.mark.parametrize(
    ("kind", "body", "key"),
    [
        ("application/dtmf-relay", "Signal=5\r\nDuration=160\r\n", "5"),
        ("application/dtmf-relay", "signal= *\r\nduration= 100\r\n", "*"),
        ("Application/DTMF-Relay; charset=utf-8", "Duration=1\r\nSignal = #\r\n", "#"),
        ("application/dtmf-relay", "Signal=11\r\n", "#"),
        ("application/dtmf-relay", "Signal=10\r\n", "*"),
        ("application/dtmf", "7", "7"),
        ("application/dtmf", " d\r\n", "D"),
        ("application/dtmf", "Signal=3\r\n", "3"),
        ("application/dtmf-relay", "Signal=\r\nDuration=160", ""),
        ("application/dtmf", "77", ""),
        ("application/dtmf", "", ""),
        ("text/plain", "5", ""),
    ],
)
def test_info_bodies(kind: str, body: str, key: str) -> None:
    assert from_info(kind, body) == key
