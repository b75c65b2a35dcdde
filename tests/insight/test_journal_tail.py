"""A call's journal, found by its SIP Call-ID and read while it grows."""

from pathlib import Path

from ivr import events, journal
from ivr.insight.journal_tail import LOOKS, JournalTail


def line(entry: journal.Entry) -> bytes:
    return journal.encode(entry) + b"\n"


def test_found_and_followed_while_it_is_written(tmp_path: Path) -> None:
    day = tmp_path / "2026-11-23"
    day.mkdir()
    (day / "other.jsonl").write_bytes(line(journal.Opened(sip_call_id="other")))
    mine = day / "mine.jsonl"
    tail = JournalTail(tmp_path, "mine@host")
    assert tail.read() == []
    first = line(journal.Opened(sip_call_id="mine@host"))
    mine.write_bytes(first[:20])  # half a line: not yet
    assert tail.read() == []
    mine.write_bytes(first)
    assert [type(entry) for entry in tail.read()] == [journal.Opened]
    more = line(events.Held(seq=2)) + line(events.Unheld(seq=3))
    with mine.open("ab") as file:
        file.write(more[:-5])
    assert [type(entry) for entry in tail.read()] == [events.Held]
    with mine.open("ab") as file:
        file.write(more[-5:])
    assert [type(entry) for entry in tail.read()] == [events.Unheld]
    assert len(tail.entries) == 3


def test_a_journal_that_is_not_ours_is_given_up(tmp_path: Path) -> None:
    tail = JournalTail(tmp_path / "nowhere", "mine")
    for _ in range(LOOKS):
        assert tail.read() == []
    day = tmp_path / "nowhere" / "2026-11-23"
    day.mkdir(parents=True)
    (day / "mine.jsonl").write_bytes(line(journal.Opened(sip_call_id="mine")))
    assert tail.read() == []
