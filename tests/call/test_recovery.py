"""What a killed process left open is closed at the next start, whole lines kept, torn ones not."""

from pathlib import Path

from ivr import journal
from ivr.call.recovery import recover
from ivr.call.wav import FRAME_STEREO, HEADER_BYTES, Recording, header

AT = "2027-01-03T10:00:00.000+00:00"


def left_open(state: Path, *entries: journal.Entry, torn: bytes = b"") -> Path:
    path = state / "journals" / "2027-01-03" / "c1.jsonl"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"".join(journal.encode(entry) + b"\n" for entry in entries) + torn)
    marker = state / "run" / "calls" / "c1"
    marker.parent.mkdir(parents=True)
    marker.write_text("2027-01-03/c1.jsonl")
    return path


def test_a_torn_line_is_cut_and_the_call_closed_at_its_last_frame(tmp_path: Path) -> None:
    opened = journal.Opened(call="c1", seq=1)
    answered = journal.CallAnswered(call="c1", seq=2, t=40)
    path = left_open(tmp_path, opened, answered, torn=b'{"type":"Trou')
    assert recover(tmp_path, AT) == ["c1"]
    entries = journal.read(path.read_bytes())
    assert entries == [opened, answered, journal.Closed(call="c1", seq=3, t=40, at=AT, reason="cut_off", frames=40)]
    assert not list((tmp_path / "run" / "calls").iterdir())
    assert recover(tmp_path, AT) == []


def test_a_recording_gets_a_header_that_says_what_is_there(tmp_path: Path) -> None:
    started = journal.RecordingStarted(call="c1", seq=1, t=5, path="2027-01-03/c1.wav", from_t=5)
    path = left_open(tmp_path, started)
    wav = tmp_path / "recordings" / "2027-01-03" / "c1.wav"
    recording = Recording(wav)
    recording.put(5, b"\1\0" * 160 * 10, b"\2\0" * 160 * 10)
    recording.close()
    with wav.open("ab") as file:
        file.write(bytes(FRAME_STEREO * 3 + 7))
    assert recover(tmp_path, AT) == ["c1"]
    data = wav.read_bytes()
    assert data[:HEADER_BYTES] == header(18 * FRAME_STEREO)
    assert len(data) == HEADER_BYTES + 18 * FRAME_STEREO
    stopped, closed = journal.read(path.read_bytes())[-2:]
    assert isinstance(stopped, journal.RecordingStopped)
    assert isinstance(closed, journal.Closed)
    assert (stopped.frames, closed.frames) == (18, 18)


def test_a_journal_that_is_closed_already_stays_as_it_is(tmp_path: Path) -> None:
    path = left_open(tmp_path, journal.Opened(call="c1", seq=1), journal.Closed(call="c1", seq=2, reason="bye"))
    before = path.read_bytes()
    recover(tmp_path, AT)
    assert path.read_bytes() == before
