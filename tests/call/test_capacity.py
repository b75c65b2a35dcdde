"""How many calls a node says that it takes."""

from pathlib import Path

from ivr.call.admission import Admission
from ivr.call.capacity import Capacity
from tests.call.test_admission import invite, published


def test_free_calls_are_what_is_left_and_none_while_others_should_take_them() -> None:
    admission = Admission(3, 7)
    capacity = Capacity(admission)
    admission.decide(invite(), published(), 0)
    assert (capacity.free, capacity.room) == (2, 2)
    capacity.overloaded = lambda: True
    assert (capacity.free, capacity.room) == (0, 0)  # still up: better a busy node than none
    capacity.overloaded = lambda: False
    capacity.serving = lambda: False
    assert (capacity.free, capacity.room) == (0, -1)


def test_a_drain_outlives_the_process_and_is_undone(tmp_path: Path) -> None:
    mark = tmp_path / "draining"
    first = Capacity(Admission(3, 7))
    first.remember(mark)
    first.drain(True)
    assert (first.taking, first.room) == (False, -1)
    again = Admission(3, 7)
    second = Capacity(again)
    second.remember(mark)
    assert again.draining
    second.drain(False)
    assert (second.taking, second.room, mark.exists()) == (True, 3, False)
