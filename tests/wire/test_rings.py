import multiprocessing
import os
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from ivr.wire.rings import FRAME_BYTES, SILENCE, FramesGone, RingError, Segment

FRAMES = 8


def sound(n: int) -> bytes:
    return bytes([n % 256]) * FRAME_BYTES


@pytest.fixture
def segment(tmp_path: Path) -> Segment:
    return Segment.create(tmp_path / "rings", slots=3, frames=FRAMES, folder=tmp_path)


def test_what_was_written_is_read(segment: Segment) -> None:
    writer, reader = segment.caller_writer(1), segment.caller(1)
    assert [writer.write(sound(n)) for n in range(5)] == [0, 1, 2, 3, 4]
    assert reader.written == 5
    assert reader.read(1, 4) == sound(1) + sound(2) + sound(3)
    assert reader.read(3, 3) == b""
    frame = bytearray(FRAME_BYTES)
    reader.read_into(4, frame)
    assert frame == sound(4)


def test_slots_and_sides_are_apart(segment: Segment) -> None:
    segment.caller_writer(1).write(sound(1))
    segment.system_writer(1).write(sound(2))
    segment.caller_writer(2).write(sound(3))
    assert segment.caller(1).read(0, 1) == sound(1)
    assert segment.system(1).read(0, 1) == sound(2)
    assert segment.caller(2).read(0, 1) == sound(3)
    assert segment.caller(0).written == 0


def test_a_read_over_the_end_is_joined(segment: Segment) -> None:
    writer = segment.caller_writer(0)
    for n in range(FRAMES + 3):
        writer.write(sound(n))
    assert segment.caller(0).read(5, 10) == b"".join(map(sound, range(5, 10)))


def test_what_is_overwritten_or_not_there_is_refused(segment: Segment) -> None:
    writer, reader = segment.caller_writer(0), segment.caller(0)
    for n in range(FRAMES + 3):
        writer.write(sound(n))
    assert reader.oldest == 4
    for from_t, until_t in ((3, 6), (9, FRAMES + 4), (6, 5)):
        with pytest.raises(FramesGone):
            reader.read(from_t, until_t)
    with pytest.raises(FramesGone):
        reader.read_into(3, bytearray(FRAME_BYTES))
    with pytest.raises(FramesGone):
        reader.read_into(FRAMES + 3, bytearray(FRAME_BYTES))


def test_reset_begins_another_call_and_forgets_the_sound(segment: Segment) -> None:
    writer, reader = segment.caller_writer(0), segment.caller(0)
    for n in range(5):
        writer.write(sound(n + 1))
    epoch = reader.epoch
    writer.reset(t=2)
    assert (reader.written, reader.epoch) == (2, epoch + 1)
    with pytest.raises(FramesGone):
        reader.read(1, 2)
    assert writer.write(sound(9)) == 2
    assert reader.read(2, 3) == sound(9)
    frame = bytearray(FRAME_BYTES)
    with pytest.raises(FramesGone):
        reader.read_into(4, frame)
    assert frame == SILENCE, "nothing of the call before is left"


def test_a_frame_of_another_length_is_refused(segment: Segment) -> None:
    writer = segment.caller_writer(0)
    with pytest.raises(ValueError):
        writer.write(bytes(160))
    assert writer.written == 0


def test_memory_is_used_only_where_sound_is(tmp_path: Path) -> None:
    segment = Segment.create(tmp_path / "rings", slots=200)
    try:
        before = os.stat(segment.path).st_blocks * 512
        segment.caller_writer(0).write(sound(1))
        assert os.stat(segment.path).st_size > 300_000_000
        assert before < 100_000
        assert os.stat(segment.path).st_blocks * 512 < 200_000
    finally:
        segment.close()
        segment.unlink()


def test_errors_are_clear(tmp_path: Path, segment: Segment) -> None:
    with pytest.raises(RingError, match="slot 3 of 3"):
        segment.caller(3)
    with pytest.raises(RingError, match="No such file"):
        Segment.open(tmp_path / "nothing")
    (tmp_path / "other").write_bytes(bytes(100_000))
    with pytest.raises(RingError, match="not a segment"):
        Segment.open(tmp_path / "other")


def test_a_new_segment_replaces_the_old_one(tmp_path: Path) -> None:
    link = tmp_path / "rings"
    old = Segment.create(link, slots=1, frames=FRAMES, folder=tmp_path)
    old.caller_writer(0).write(sound(1))
    new = Segment.create(link, slots=1, frames=FRAMES, folder=tmp_path)
    assert not old.path.exists()
    assert old.caller(0).read(0, 1) == sound(1), "who has it mapped keeps it"
    reader = Segment.open(link)
    assert reader.caller(0).written == 0
    for segment in (old, new, reader):
        segment.close()


def _read_and_check(link: Path, last: int, pipe: Connection) -> None:
    """Follow the writer; every frame that is handed out must be whole and the right one."""
    segment = Segment.open(link)
    ring = segment.caller(0)
    checked = missed = at = 0
    pipe.send("ready")
    while at < last:
        until = ring.written
        at = max(at, ring.oldest)
        try:
            pcm = ring.read(at, until)
        except FramesGone:
            missed += 1
            continue
        for n in range(at, until):
            frame = pcm[(n - at) * FRAME_BYTES : (n - at + 1) * FRAME_BYTES]
            if frame != sound(n):
                pipe.send(f"frame {n} is broken: {frame[:4]!r} {frame[-4:]!r}")
                return
            checked += 1
        at = until
    pipe.send(checked)


def test_another_process_reads_only_whole_frames(tmp_path: Path) -> None:
    """The writer runs at full speed through a small ring, far faster than a call does."""
    link = tmp_path / "rings"
    segment = Segment.create(link, slots=1, frames=64, folder=tmp_path)
    writer = segment.caller_writer(0)
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    last = 200_000
    reader = context.Process(target=_read_and_check, args=(link, last, theirs))
    reader.start()
    try:
        assert ours.recv() == "ready"
        for n in range(last):
            writer.write(sound(n))
        assert ours.poll(30)
        result = ours.recv()
        assert isinstance(result, int), result
        assert result > 0
    finally:
        reader.join(10)
        if reader.is_alive():
            reader.kill()
        segment.close()
