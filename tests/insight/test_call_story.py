"""A call as a page tells it: from a kept journal, and from hostile ones."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection

from ivr import events as e
from ivr import journal as j
from ivr.insight import call_story
from ivr.records import store
from ivr.records.fold import CallFold
from ivr.records.tail import Tail
from tests.embedded_postgres import database, postgres_server

__all__ = ["database", "postgres_server"]
pytestmark = pytest.mark.postgres
KEPT = Path(__file__).parent.parent / "data" / "journals" / "format-1.jsonl"
CALL = "01930000-0000-7000-8000-000000000001"


@pytest.fixture
def connection(database: str) -> Iterator[Connection]:
    engine = store.engine(database)
    with engine.connect() as made:
        yield made
    engine.dispose()


def written(connection: Connection, fold: CallFold) -> str:
    store.write(connection, [fold.changed()])
    return fold.id


def test_a_kept_journal_is_told_turn_by_turn(connection: Connection) -> None:
    tail = Tail(KEPT)
    while tail.advance():
        pass
    fold = tail.fold
    fold.id = fold.call["id"] = CALL  # the kept file is named by its format
    told = call_story.story(connection, written(connection, fold))
    assert told is not None
    rows = fold.rows("turns")
    assert [turn["turn"] for turn in told["turns"]] == [row["turn"] for row in rows]
    assert len(rows) > 1
    for turn, row, later in zip(told["turns"], rows, [*told["turns"][1:], None], strict=True):
        assert turn["asked"] == row["asked"]
        assert turn["until_s"] == (later["from_s"] if later else None)
        assert all(turn["delays"][name] == row[name] for name in turn["delays"])
        assert [key["keys"] for key in turn["keys"]] == [
            k["keys"] for k in fold.rows("keys") if k["turn"] == row["turn"]
        ]
    assert [step["node"] for step in told["path"]] == [row["node"] for row in fold.rows("path")]
    assert told["cut"] == []


def test_partials_emotion_and_sip_come_from_the_journal(connection: Connection) -> None:
    fold = CallFold(CALL)
    invite = "INVITE sip:shop SIP/2.0\r\ni: abc@host\r\nCSEQ : 1 INVITE\r\n\r\nCall-ID: body"
    entries: list[j.Entry] = [
        j.Opened(at="2027-01-04T09:00:00Z"),
        j.SipMessage(at="2027-01-04T09:00:00Z", text=invite, leg="caller"),
        e.VoiceStarted(turn=1, t=50, voice_t=45),
        e.Partial(turn=1, t=60, text="where"), e.Partial(turn=1, t=62, text="where"),
        e.Partial(turn=1, t=70, text="where is"), e.Partial(turn=2, t=90, text="other"),
        e.EmotionHeard(turn=1, t=80, emotion="frustrated", confidence=0.7),
    ]  # fmt: skip
    for seq, entry in enumerate(entries, 1):
        fold.add(entry, seq)
    written(connection, fold)
    grown = call_story.partials(connection, CALL, 1)
    assert grown == [{"at_s": 1.2, "text": "where"}, {"at_s": 1.4, "text": "where is"}]
    told = call_story.story(connection, CALL)
    assert told is not None
    assert told["turns"][0]["emotion"] == {"emotion": "frustrated", "confidence": 0.7}
    assert told["turns"][0]["voice_from_s"] == 0.9
    [message] = call_story.ladder(connection, CALL)
    assert (message["call_id"], message["cseq"], message["sent"]) == ("abc@host", "1 INVITE", False)
    assert message["first_line"] == "INVITE sip:shop SIP/2.0"


def test_megabytes_are_cut_and_said_so_and_markup_stays_text(connection: Connection) -> None:
    fold = CallFold(CALL)
    hostile = "<script>\u202e" + "x" * 2_000_000
    entries: list[j.Entry] = [
        j.Opened(caller="<img src=x>"), j.SipMessage(text=hostile), j.SipMessage(),
        e.Heard(turn=1, id=1, hypotheses=[e.Hypothesis(text=hostile)]),
    ]  # fmt: skip
    for seq, entry in enumerate(entries, 1):
        fold.add(entry, seq)
    written(connection, fold)
    told = call_story.story(connection, CALL)
    assert told is not None
    assert told["turns"][0]["heard_text"] == hostile[: call_story.LONGEST_TEXT]
    assert "turns.0.heard_text" in told["cut"]
    assert told["call"]["caller"] == "<img src=x>"
    long, empty = call_story.ladder(connection, CALL)
    assert long["cut"]
    assert len(long["first_line"]) == 500
    assert empty["first_line"] == ""


def test_no_such_call(connection: Connection) -> None:
    assert call_story.story(connection, CALL) is None
    assert call_story.ladder(connection, CALL) == call_story.partials(connection, CALL, 1) == []
