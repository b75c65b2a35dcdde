"""The fold: journal entries in, rows out."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from ivr import actions as a
from ivr import events as e
from ivr import journal as j
from ivr.records.fold import CallFold, fold
from ivr.records.tail import Tail

OLD = Path(__file__).parent.parent / "data" / "journals" / "format-1.jsonl"
CALL = "0197a0e0-1111-7abc-8def-0123456789ab"


def old() -> CallFold:
    return fold(CALL, j.read(OLD.read_bytes()))


def test_a_journal_of_format_1_is_still_read() -> None:
    call = old().call
    assert (call["outcome"], call["ended_in"], call["close_reason"], call["complete"]) == (
        "resolved",
        "bye",
        "bye",
        True,
    )
    assert call["duration_s"] == 10.0
    assert call["slots"] == {"order_id": "4567"}
    assert call["task"] == "query_order"
    assert (call["late_frames"], call["lost_packets"]) == (1, 2)


def test_path_keys_recording_transfer_and_trouble_are_rows() -> None:
    rows = old()
    assert [r["node"] for r in rows.rows("path")] == ["welcome", "which_order", "lookup", "shipped", "agent", "bye"]
    assert [(r["keys"], r["via"]) for r in rows.rows("keys")] == [("4567#", "rtp")]
    assert [(r["path"], r["from_t"], r["frames"]) for r in rows.rows("recordings")] == [
        (f"2026-11-23/{CALL}.wav", 40, 460)
    ]
    assert [(r["destination"], r["ok"], r["sip_status"]) for r in rows.rows("transfers")] == [("agents", False, 486)]
    assert [r["part"] for r in rows.rows("troubles")] == ["rasa"]


def test_a_spoken_turn_has_its_n_best_and_every_part_of_its_delay() -> None:
    turn = old().rows("turns")[0]
    assert [h["text"] for h in turn["heard"]] == ["where is my order", "where is my border"]
    assert (turn["understood_by"], turn["understood_why"], turn["intent"]) == ("builtin", "rasa away", "query_order")
    assert turn["barged_in_by"] == "voice"
    assert turn["pause_s"] == pytest.approx(0.36)  # frames 160 to 178, where the session asked what it means
    assert turn["decode_s"] == pytest.approx(0.11)
    assert turn["understand_s"] == pytest.approx(0.012)
    assert turn["answer_s"] == pytest.approx(0.40)  # frames 160 to 180, where the answer begins


def test_a_typed_turn_is_timed_from_its_last_key_and_counts_the_query() -> None:
    turn = old().rows("turns")[1]
    assert (turn["how"], turn["slots"]) == ("keys", {"order_id": "4567"})
    assert turn["query_s"] == pytest.approx(0.008)
    assert turn["synthesis_s"] == pytest.approx(0.58)
    assert turn["answer_s"] == pytest.approx(0.60)


def test_only_what_changed_is_written_again() -> None:
    rows = CallFold(CALL)
    entries = j.read(OLD.read_bytes())
    for entry in entries[:24]:
        rows.add(entry)
    first = rows.changed()
    assert len(first["journal"]) == 24
    assert len(first["path"]) == 2
    rows.settled()
    rows.add(entries[24])
    second = rows.changed()
    assert [line["type"] for line in second["journal"]] == ["Say"]
    assert "path" not in second
    assert second["calls"][0]["delivered_seq"] == 25


def test_steps_of_any_size_end_in_the_same_rows() -> None:
    whole, stepwise = old(), CallFold(CALL)
    for entry in j.read(OLD.read_bytes()):
        stepwise.add(entry)
        stepwise.changed()
        stepwise.settled()
    assert stepwise.tables == whole.tables
    assert stepwise.call == whole.call


def test_a_call_without_a_conversation_s_end_is_abandoned_and_a_crash_is_cut_off() -> None:
    started: list[j.Entry] = [j.Opened(seq=1, at="2026-11-23T18:00:00Z"), e.CallStarted(seq=2)]
    assert fold(CALL, [*started, j.Closed(seq=3, reason="bye")]).call["outcome"] == "abandoned"
    assert fold(CALL, [*started, j.Closed(seq=3, reason="cut_off", frames=100)]).call["outcome"] == "cut_off"
    assert fold(CALL, [j.Rejected(seq=1, sip_status=503), j.Closed(seq=2)]).call["outcome"] == "rejected"


def test_a_prompt_that_resumed_counts_as_false_pause_not_as_interruption() -> None:
    rows = fold(
        CALL,
        [
            a.Asked(seq=1, turn=1, node="n"),
            a.Say(seq=2, turn=1, id=1, text="x", language="en"),
            a.BargedIn(seq=3, turn=1, t=9, id=1, false=True),
            a.BargedIn(seq=4, turn=1, t=20, id=1, false=True),
            e.PromptDone(seq=5, turn=1, id=1, frames=50),
        ],
    )
    assert rows.rows("turns")[0]["false_pauses"] == 2
    assert "barged_in_by" not in rows.rows("turns")[0]
    assert rows.rows("prompts")[0]["ended"] == "done"


def every_kind() -> list[Any]:
    union = msgspec.inspect.type_info(j.Entry)
    assert isinstance(union, msgspec.inspect.UnionType)
    return [t.cls for t in union.types if isinstance(t, msgspec.inspect.StructType)]


def test_every_kind_of_entry_can_be_folded() -> None:
    """A new event or action never stops delivery, whatever its fields."""
    kinds = every_kind()
    assert len(kinds) > 40
    required: dict[str, Any] = {
        "id": 1,
        "text": "x",
        "language": "en",
        "node": "n",
        "hypotheses": [],
        "field": "digits",
    }
    required |= {"flow": "f", "version": "v", "kind": "sql", "request": {}, "to": "agents", "name": "s", "task": "t"}
    required |= {"node_type": "say", "count": 1, "outcome": "x", "keys": "1", "expression": "e", "number": "+1"}
    for kind in kinds:
        needed = {f.name: required[f.name] for f in msgspec.structs.fields(kind) if f.required}
        if kind is a.Escalated:
            needed["kind"] = "no_input"
        rows = CallFold(CALL)
        rows.add(kind(seq=1, **needed))
        assert rows.changed()["journal"][0]["type"] == kind.__name__


def write(path: Path, data: bytes) -> Tail:
    path.write_bytes(data)
    return Tail(path)


def test_a_torn_end_waits_for_its_line_end(tmp_path: Path) -> None:
    whole = OLD.read_bytes()
    path = tmp_path / f"{CALL}.jsonl"
    tail = write(path, whole[:5000])
    tail.advance()
    seen = tail.fold.call["delivered_seq"]
    assert 0 < seen < 55
    path.write_bytes(whole)
    tail.advance()
    assert tail.fold.call == old().call
    assert tail.fold.tables == old().tables


def test_a_half_line_in_the_middle_costs_that_line_only(tmp_path: Path) -> None:
    """kill -9 in mid-write, and the next start appended `Closed` behind the torn line."""
    lines = OLD.read_bytes().splitlines()
    closed = j.encode(j.Closed(call=CALL, seq=31, reason="cut_off", frames=300))
    tail = write(tmp_path / f"{CALL}.jsonl", b"\n".join(lines[:30]) + b"\n" + lines[30][:20] + closed + b"\n")
    tail.advance()
    assert tail.fold.closed
    assert tail.fold.call["outcome"] == "cut_off"
    assert tail.fold.call["delivered_seq"] == 31


def test_garbage_and_entries_of_a_newer_version_are_told_and_passed(tmp_path: Path) -> None:
    lines = OLD.read_bytes().splitlines()
    lines[10:10] = [b"\x00\x00\xff garbage", b'{"type":"FromTheFuture","seq":12,"x":1}', b"", b"[1,2]"]
    tail = write(tmp_path / f"{CALL}.jsonl", b"\n".join(lines) + b"\n")
    tail.advance()
    assert tail.fold.call == old().call
    told = {row["seq"]: row["what"] for row in tail.fold.rows("troubles") if row["part"] == "journal"}
    assert set(told) == {-11, -12, -14}
    assert "FromTheFuture" in told[-12]
