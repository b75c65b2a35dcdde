"""The lines and the callers of `ivr bench rate` and `ivr bench calls`: what is measured is what is meant."""

import os
import random
import threading
from pathlib import Path

import numpy as np

from ivr import actions as act
from ivr import insight
from ivr.call.thread_name import name_thread
from ivr.commands.bench_calls import NUMBER, SAYINGS
from ivr.insight.flow_folder import load_flows
from ivr.insight.load_talk import SPOKEN, Talker, Turn, check
from ivr.insight.part_cost import _threads
from ivr.insight.rate_bench import _LOUD
from ivr.insight.turn_bench import labelled
from tests.instance import wait_for

LINES = Path(insight.__file__).parent / "load_lines"


def test_every_saying_means_an_option_of_its_line() -> None:
    loaded = load_flows(LINES)
    assert not loaded.errors
    assert loaded.published is not None
    for line, sayings in SAYINGS.items():
        options = {option.name: option.key for option in loaded.published.flows[line].nodes["ask"].options}  # type: ignore[union-attr]
        assert {meant for _, meant in (*sayings, NUMBER[line])} == set(options)
        assert list(options.values()) == ["1", "2", "3", "4"]


class Silent:
    """A WireCaller on a line that answers each of his turns after a second, for a second."""

    def __init__(self) -> None:
        self.over_at = self.answered = 0.0
        self.status, self.sent, self.now = 200, 0, 0.0
        self.until = 0
        self.pressed: list[str] = []
        self.sounds: list[tuple[float, float]] = []

    def dial(self) -> None:
        self.answers()

    def answers(self) -> None:
        self.sounds.append((self.now + 1.0, self.now + 2.0))

    def play(self, payloads: list[bytes]) -> int:
        self.until = self.sent + len(payloads)
        return self.sent

    def press(self, key: str) -> None:
        self.pressed.append(key)
        self.until = self.sent + 7

    def time_of(self, frame: int) -> float:
        return frame * 0.02

    def first_sound(self, after: float) -> float:
        return next((max(a, after) for a, b in self.sounds if b > after and max(a, after) <= self.now), 0.0)

    def last_sound(self, after: float = 0.0) -> float:
        last = max((min(b, self.now) for a, b in self.sounds if a <= self.now), default=0.0)
        return last if last >= after else 0.0

    def tick(self) -> None:
        self.sent += 1
        self.now += 0.02
        if self.until and self.sent >= self.until:
            self.until = 0
            self.answers()


def test_a_talker_speaks_a_third_of_the_time_types_interrupts_and_hears_new_sentences() -> None:
    said = labelled("x", np.sin(np.arange(8000)).astype(np.float32))
    wire = Silent()
    talker = Talker(wire, [(said, "a")], {"1": "a"}, (said, "n"), random.Random(1))  # type: ignore[arg-type]
    for _ in range(50 * 600):
        talker.tick(wire.now)
        wire.tick()
    assert not talker.failed
    kinds = [turn.kind for turn in talker.turns]
    assert len(kinds) > 100
    assert 0.03 < kinds.count("new sentence") / len(kinds) < 0.15
    assert 0.05 < kinds.count("key") / len(kinds) < 0.2
    assert 0.2 < talker.spoken_s / wire.now < SPOKEN + 0.05
    measured = [turn.answer_s for turn in talker.turns if turn.answer_s]
    assert len(measured) > 0.5 * len(kinds)
    assert all(0 < answer_s < 2.2 for answer_s in measured)


def test_answers_are_compared_with_what_was_meant() -> None:
    turns = [
        Turn("speech", "a", 1.0),
        Turn("key", "b", 2.0),
        Turn("new sentence", "123456", 3.0),
        Turn("speech", "c", 4.0),
    ]
    check(
        turns,
        [
            act.Answered(node="ask", option="a"),
            act.Answered(node="ask", result="rejected"),
            act.Answered(node="ask", how="keys", option="b"),
            act.SlotFilled(name="number", value="123456"),
            act.Answered(node="number", how="keys", slots={"number": "123456"}),
            act.Answered(node="ask", option="x"),
        ],
    )
    assert [turn.right for turn in turns] == [True, True, True, False]


def test_threads_are_told_apart_by_what_they_do() -> None:
    going = threading.Event()

    def busy() -> None:
        name_thread("audio loop")
        while not going.wait(0):
            pass

    thread = threading.Thread(target=busy)
    thread.start()
    try:
        wait_for(lambda: _threads(os.getpid()).get("audio loop", 0.0) >= 0.05, 10, "its time is counted as its own")
    finally:
        going.set()
        thread.join()


def test_silence_is_no_sound_and_speech_is() -> None:
    assert sum(_LOUD[code] for code in (0xFF, 0x7F, 0xFE, 0x7E, 0xE0, 0x60)) == 0
    assert sum(_LOUD[code] for code in (0x00, 0x80, 0x1F, 0xC0)) == 4
