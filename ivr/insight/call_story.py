"""One call as a page tells it: its turns with all that belongs to each, its way, and when each thing sounds.

Seconds named `*_s` of a turn count from the answer, as frames do, and are the same seconds in the recording's file: it
is silent before its `from_s`.
"""

from collections.abc import Iterable
from itertools import pairwise
from typing import Any

from sqlalchemy import Connection, select

from ivr.events import FRAME_S
from ivr.records import tables
from ivr.records.tables import calls, journal

DELAYS = ("pause_s", "recognition_s", "understand_s", "query_s", "synthesis_s")
"""Parts of `answer_s` in the order in which they pass; `decode_s` is within recognition."""
LONGEST_TEXT = 20_000
"""Characters of one text of a page; what is longer says so in `cut`."""
MOST_ROWS = 5_000
"""Rows of one kind: no call of people comes near."""
SIP_LINES = 300


def story(connection: Connection, call: str) -> dict[str, Any] | None:
    """{call, turns, path, queries, transfers, troubles, recordings, cut}; None: there is no such call. Texts are those
    of the record: what is sensitive was never in it. Raises SQLAlchemyError."""
    row = connection.execute(select(calls).where(calls.c.id == call)).mappings().first()
    if row is None:
        return None
    parts = {name: _rows(connection, name, call) for name in
             ("turns", "keys", "path", "prompts", "queries", "recordings", "transfers", "troubles")}  # fmt: skip
    sounded = _of_turns(_entries(connection, call, "EmotionHeard"))
    turns = [_turn(turn, parts, [entry["entry"] for entry in sounded.get(turn["turn"], ())]) for turn in parts["turns"]]
    for earlier, later in pairwise(turns):
        earlier["until_s"] = later["from_s"]
    result = {"call": dict(row), "turns": turns, "recordings": [_recording(one) for one in parts["recordings"]]}
    result |= {name: parts[name] for name in ("path", "queries", "transfers", "troubles")}
    cut: list[str] = []
    told: dict[str, Any] = _short(result, "", cut)
    return told | {"cut": cut}


def partials(connection: Connection, call: str, turn: int) -> list[dict[str, Any]]:
    """What was heard so far, as it grew: [{at_s, text}], equal neighbours once."""
    query = select(journal.c.t, journal.c.entry["text"].astext.label("text")).where(
        journal.c.call == call, journal.c.type == "Partial", journal.c.turn == turn
    )
    grown: list[dict[str, Any]] = []
    for t, text in connection.execute(query.order_by(journal.c.seq).limit(MOST_ROWS)):
        if text and (not grown or grown[-1]["text"] != text[:LONGEST_TEXT]):
            grown.append({"at_s": seconds(t), "text": text[:LONGEST_TEXT]})
    return grown


def ladder(connection: Connection, call: str) -> list[dict[str, Any]]:
    """SIP messages in order: [{at, leg, sent, first_line, call_id, cseq, text, cut}]."""
    result = []
    for row in _entries(connection, call, "SipMessage")[:SIP_LINES]:
        whole = str(row["entry"].get("text", ""))
        head = whole.replace("\r\n", "\n").split("\n\n", 1)[0].split("\n")
        result.append({
            "at": row["entry"].get("at", ""), "leg": row["leg"], "sent": bool(row["entry"].get("sent")),
            "first_line": head[0].strip()[:500], "call_id": _header(head, "call-id", "i"),
            "cseq": _header(head, "cseq"), "text": whole[:LONGEST_TEXT], "cut": len(whole) > LONGEST_TEXT,
        })  # fmt: skip
    return result


def way(connection: Connection, call: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """({flow, version}, rows of `path` in order), for a call that is there. Raises NoResultFound."""
    row = connection.execute(select(calls.c.flow, calls.c.version).where(calls.c.id == call)).mappings().one()
    return dict(row), _without_call(_rows(connection, "path", call))


def recordings(connection: Connection, call: str) -> list[dict[str, Any]]:
    """[{path, from_s, lasts_s, why}] in the order of story()'s; caller left, system right."""
    return [_recording(row) for row in _rows(connection, "recordings", call)]


def seconds(frames: int | None) -> float | None:
    return None if frames is None else round(frames * FRAME_S, 2)


def _turn(
    turn: dict[str, Any], parts: dict[str, list[dict[str, Any]]], sounded: list[dict[str, Any]]
) -> dict[str, Any]:
    number = turn["turn"]
    began = [t for t in (turn["asked_t"], turn["voice_start_t"]) if t is not None]
    told = {key: value for key, value in turn.items() if key not in ("call", *DELAYS)}
    emotion = sounded[-1] if sounded else {}
    return told | {
        "from_s": seconds(min(began, default=0)),
        "until_s": None,  # the last turn lasts until the call ends
        "voice_from_s": seconds(turn["voice_start_t"]),
        "voice_until_s": seconds(turn["voice_stop_t"]),
        "delays": {name: turn[name] for name in DELAYS if turn[name] is not None},
        "emotion": {name: emotion.get(name) for name in ("emotion", "confidence")} if emotion.get("emotion") else None,
        **{name: _without_call(row for row in parts[name] if row["turn"] == number)
           for name in ("keys", "prompts", "queries")},
    }  # fmt: skip


def _recording(row: dict[str, Any]) -> dict[str, Any]:
    """`lasts_s`: the file's length with the silence before `from_s`; None: it is not finished."""
    return {"path": row["path"], "from_s": seconds(row["from_t"]), "lasts_s": seconds(row["frames"]), "why": row["why"]}


def _rows(connection: Connection, name: str, call: str) -> list[dict[str, Any]]:
    table = tables.metadata.tables[f"{tables.SCHEMA}.{name}"]
    order = [column for column in table.primary_key if column.name != "call"]
    query = select(table).where(table.c.call == call).order_by(*order).limit(MOST_ROWS)
    return [dict(row) for row in connection.execute(query).mappings()]


def _entries(connection: Connection, call: str, kind: str) -> list[dict[str, Any]]:
    query = select(journal.c.t, journal.c.turn, journal.c.leg, journal.c.entry).where(
        journal.c.call == call, journal.c.type == kind
    )
    return [dict(row) for row in connection.execute(query.order_by(journal.c.seq).limit(MOST_ROWS)).mappings()]


def _of_turns(entries: list[dict[str, Any]]) -> dict[int, list[dict[str, Any]]]:
    result: dict[int, list[dict[str, Any]]] = {}
    for entry in entries:
        result.setdefault(entry["turn"], []).append(entry)
    return result


def _without_call(rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{key: value for key, value in row.items() if key != "call"} for row in rows]


def _header(head: list[str], *names: str) -> str:
    """The first header of one of these names (RFC 3261 section 7.3.1: names in any case, compact forms)."""
    for line in head[1:]:
        name, colon, value = line.partition(":")
        if colon and name.strip().lower() in names:
            return value.strip()[:200]
    return ""


def _short(value: Any, place: str, cut: list[str]) -> Any:
    """The same with long texts cut, their places told in `cut`."""
    if isinstance(value, str) and len(value) > LONGEST_TEXT:
        cut.append(place)
        return value[:LONGEST_TEXT]
    if isinstance(value, dict):
        return {key: _short(one, f"{place}.{key}" if place else str(key), cut) for key, one in value.items()}
    if isinstance(value, list):
        return [_short(one, f"{place}.{number}", cut) for number, one in enumerate(value)]
    return value
