"""Journals and recordings on a disk that fails."""

import os
from pathlib import Path
from typing import Any

import pytest

from ivr import journal
from ivr.audio.frames import FRAME_BYTES
from ivr.call.slot import CallSlot
from ivr.call.wav import HEADER_BYTES
from ivr.call.writer import Begin, End, Keep, Line, Writer
from ivr.wire.rings import Segment


class Told:
    def __init__(self) -> None:
        self.troubles: list[tuple[str, str, str]] = []
        self.ended: list[End] = []

    def writer(self, state: Path) -> Writer:
        return Writer(state, lambda *trouble: self.troubles.append(trouble), self.ended.append)


@pytest.fixture
def slot(tmp_path: Path) -> CallSlot:
    slot = CallSlot(Segment.create(tmp_path / "rings", 1, folder=tmp_path), 0)
    for n in range(10):
        slot.put_system(n, bytes([n + 1]) * FRAME_BYTES)
        slot.put_caller(bytes([n + 101]) * FRAME_BYTES)
        slot.take_system()
    return slot


def run(writer: Writer, *orders: Any) -> None:
    for order in orders:
        writer.put(order)
    writer.start()
    writer.stop()


def test_hidden_frames_are_silent_on_both_sides(tmp_path: Path, slot: CallSlot) -> None:
    told = Told()
    keep = Keep("c", slot, "c.wav", 2, 10, hidden=((4, 6),))
    run(told.writer(tmp_path), Begin("c", "c.jsonl"), keep, End("c", slot, 12))
    data = (tmp_path / "recordings" / "c.wav").read_bytes()[HEADER_BYTES:]
    frames = [data[n * 640 : (n + 1) * 640] for n in range(12)]
    assert [any(frame) for frame in frames] == [
        False,
        False,
        True,
        True,
        False,
        False,
        True,
        True,
        True,
        True,
        False,
        False,
    ]
    assert frames[2][:4] == bytes([103, 103, 3, 3])
    assert told.ended == [End("c", slot, 12)]
    assert not list((tmp_path / "run" / "calls").iterdir())


def test_a_full_disk_costs_the_recording_and_is_told_once(
    tmp_path: Path, slot: CallSlot, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "pwrite", full)
    told = Told()
    keeps = [Keep("c", slot, "c.wav", n, n + 1) for n in range(5)]
    line = Line("c", journal.Trouble(call="c", seq=1, part="x"))
    run(told.writer(tmp_path), Begin("c", "c.jsonl"), *keeps, line, End("c"))
    assert told.troubles == [("c", "recording", "No space left on device")]
    assert len(journal.read((tmp_path / "journals" / "c.jsonl").read_bytes())) == 1


def test_journal_lines_wait_for_room_on_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real, tries = os.write, 0

    def full_at_first(descriptor: int, data: bytes) -> int:
        nonlocal tries
        tries += 1
        if tries <= 2:
            raise OSError(28, "No space left on device")
        return real(descriptor, data)

    monkeypatch.setattr(os, "write", full_at_first)
    told = Told()
    writer = told.writer(tmp_path)
    lines = [Line("c", journal.Trouble(call="c", seq=n, part="x")) for n in (1, 2, 3)]
    writer.put(Begin("c", "c.jsonl"))
    for line in lines:
        writer.put(line)
    for orders in (writer._wait(), [], []):
        writer._round(orders)
    assert [e.seq for e in journal.read((tmp_path / "journals" / "c.jsonl").read_bytes())] == [1, 2, 3]
