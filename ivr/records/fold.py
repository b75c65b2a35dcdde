"""The fold of a journal: entries in, rows of the tables out, turn by turn while the call lasts. Pure.

`CallFold.add` takes one entry after the other; `changed()` gives the rows that are new or different since the last
`settled()`. Folding the same journal again gives the same rows, so that writing them twice changes nothing.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import msgspec

from ivr import actions as a
from ivr import events as e
from ivr import journal as j
from ivr.events import FRAME_S

Row = dict[str, Any]
Key = tuple[Any, ...]


@dataclass
class CallFold:
    """Rows of one call, so far."""

    id: str
    call: Row = field(default_factory=dict)
    tables: dict[str, dict[Key, Row]] = field(default_factory=dict)
    """table -> primary key without the call -> row."""
    language: str = ""
    closed: bool = False
    _changed: set[tuple[str, Key]] = field(default_factory=set)
    _lines: list[Row] = field(default_factory=list)
    _awaiting: int = 0
    """Turn whose answer has not begun to sound."""
    _answer_say: int = 0
    """Id of the Say that answers it."""
    _answer_say_t: int = 0
    _keys_via: dict[int, str] = field(default_factory=dict)
    _last_key_t: int = 0
    _guessed: dict[int, a.Query] = field(default_factory=dict)
    """Queries asked on a guess that nobody has taken."""
    _guessed_answers: dict[int, e.Queried] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.call = {"id": self.id}

    # --- what callers use -------------------------------------------------------------------------------------

    def add(self, entry: j.Entry, seq: int = 0) -> None:
        """Take the next entry; `seq` where the entry itself has none."""
        seq = entry.seq or seq
        self._lines.append(_line(entry, seq))
        self.call["delivered_seq"] = max(seq, self.call.get("delivered_seq", 0))
        self._take(entry, seq)

    def broken(self, line: int, why: str) -> None:
        """A line that cannot be read; told as a trouble under its negative line number."""
        self._row("troubles", -line, part="journal", what=f"line {line} cannot be read: {why}"[:500])

    def changed(self) -> dict[str, list[Row]]:
        """table -> rows to write; `calls` has always one, `journal` the new lines."""
        rows: dict[str, list[Row]] = {"calls": [dict(self.call)]}
        for table, key in sorted(self._changed):
            known = {k: v for k, v in self.tables[table][key].items() if not k.startswith("_")}
            rows.setdefault(table, []).append({"call": self.id, **known})
        if self._lines:
            rows["journal"] = [{"call": self.id, **line} for line in self._lines]
        return rows

    def settled(self) -> None:
        """What `changed` gave is written."""
        self._changed.clear()
        self._lines.clear()

    def rows(self, table: str) -> list[Row]:
        """All rows of a table, in order of their key."""
        found = sorted(self.tables.get(table, {}).items())
        return [{k: v for k, v in row.items() if not k.startswith("_")} for _, row in found]

    # --- the fold itself --------------------------------------------------------------------------------------

    def _take(self, entry: j.Entry, seq: int) -> None:  # noqa: PLR0912, PLR0915 - the table of what entries mean
        match entry:
            case j.Opened():
                self._opened(entry)
            case e.CallStarted():
                self._call(caller=entry.caller, dialled=entry.dialled, line=entry.line, flow=entry.flow)
                self._call(version=entry.version, keys_only=not entry.can_hear or None)
            case j.CallAnswered():
                self._call(answered_at=entry.at or None, codec=entry.codec)
            case j.Rejected():
                self._call(sip_status=entry.sip_status, outcome="rejected")
            case a.SetLanguage():
                self._speaks(entry.language)
            case a.NodeEntered():
                self._row("path", seq, t=entry.t, turn=entry.turn, flow=entry.flow, node=entry.node,
                          node_type=entry.node_type, visit=entry.visit, why=entry.why)  # fmt: skip
            case a.Asked():
                self._asked(entry)
            case a.Say():
                self._say(entry)
            case e.PromptStarted():
                self._prompt_started(entry)
            case e.PromptDone():
                self._row("prompts", entry.id, frames=entry.frames, ended="done")
            case e.PromptFailed():
                self._row("prompts", entry.id, ended="failed")
            case a.BargedIn():
                self._barged_in(entry)
            case a.Flush():
                self._flushed()
            case e.VoiceStarted():
                if entry.turn and "voice_start_t" not in self._turn(entry.turn):
                    self._turn(entry.turn, voice_start_t=entry.voice_t)
            case e.VoiceStopped():
                self._voice_stopped(entry)
            case e.KeyPressed():
                self._keys_via[seq] = entry.via
                self._last_key_t = entry.t
            case a.KeysTaken():
                via = next((self._keys_via[s] for s in entry.seqs if s in self._keys_via), "")
                self._row("keys", seq, t=entry.t, turn=entry.turn, node=entry.node, keys=entry.keys, via=via,
                          sensitive=entry.sensitive)  # fmt: skip
            case a.EndListening() | a.Understand() | a.ParseField():
                self._turn_ended(entry)
            case e.Heard():
                self._heard(entry)
            case e.Understood():
                self._understood(entry)
            case a.Answered():
                self._answered(entry)
            case a.Query() if entry.speculative:
                self._guessed[entry.id] = entry  # the caller goes on, and it never was
            case a.GuessTaken():
                self._guess_taken(entry.id)
            case e.Queried() if entry.id in self._guessed:
                self._guessed_answers[entry.id] = entry
            case a.Query():
                self._row("queries", entry.id, t=entry.t, turn=entry.turn, node=entry.node, kind=entry.kind,
                          changes=entry.changes)  # fmt: skip
            case e.Queried():
                self._queried(entry)
            case a.Transfer():
                self._row("transfers", entry.id, t=entry.t, turn=entry.turn, destination=entry.to, uri=entry.uri,
                          kind=entry.kind, headers=dict(entry.headers))  # fmt: skip
            case e.TransferDone():
                self._row("transfers", entry.id, ok=entry.ok, done_t=entry.t, how=entry.how, reason=entry.reason,
                          sip_status=entry.sip_status)  # fmt: skip
            case a.MessageLeft():
                self._row("inbox", seq, t=entry.t, kind="message", name=entry.name, mailbox=entry.mailbox,
                          number=entry.caller, seconds=entry.seconds)  # fmt: skip
            case a.CallBackWanted():
                self._row("inbox", seq, t=entry.t, kind="call_back", number=entry.number, destination=entry.to,
                          position=entry.position)  # fmt: skip
            case a.TaskSet():
                self._call(task=entry.task)
            case a.SlotFilled():
                self.call["slots"] = {**self.call.get("slots", {}), entry.name: entry.value}
            case a.CallerRemembered():
                self._row("profiles", entry.number, at=entry.at, remember=entry.remember, language=entry.language,
                          last_request=entry.last_request, values=dict(entry.values))  # fmt: skip
            case a.Finished():
                self._call(outcome=entry.outcome, ended_in=entry.at, failures=entry.failures)
                self.call["slots"] = {**self.call.get("slots", {}), **entry.slots}
            case e.HungUp():
                if entry.leg == "caller":
                    self._call(ended_by=entry.by, sip_status=entry.sip_status or None)
            case j.RecordingStarted():
                self._row("recordings", entry.path, from_t=entry.from_t)
            case j.RecordingStopped():
                self._row("recordings", entry.path, frames=entry.frames, why=entry.why)
            case j.MediaReport():
                self._call(late_frames=entry.late_frames, lost_packets=entry.lost, jitter_ms=entry.jitter_ms)
                self._call(received_packets=entry.received, sent_packets=entry.sent_packets)
            case j.Trouble():
                self._row("troubles", seq, t=entry.t, turn=entry.turn, part=entry.part, what=entry.what)
            case j.LadderMoved():
                self._row("troubles", seq, t=entry.t, turn=entry.turn, part="overload",
                          what=f"step {entry.step} {entry.name}: {entry.why}")  # fmt: skip
            case a.NodeFailed():
                self._row("troubles", seq, t=entry.t, turn=entry.turn, part="flow",
                          what=f"node {entry.node} failed: {entry.error}")  # fmt: skip
            case j.SipMessage():
                self._row("sip_messages", seq, at=entry.at or None, sent=entry.sent, leg=entry.leg,
                          first_line=entry.text.split("\n", 1)[0].strip()[:500])  # fmt: skip
            case j.Closed():
                self._closed(entry)
            case _:
                pass

    def _opened(self, entry: j.Opened) -> None:
        self._call(offered_at=entry.at or None, node=entry.node, instance=entry.instance, caller=entry.caller)
        self._call(dialled=entry.dialled, line=entry.line, flow=entry.flow, version=entry.version, peer=entry.peer)
        self._call(sip_call_id=entry.sip_call_id, models=dict(entry.models) or None)

    def _closed(self, entry: j.Closed) -> None:
        self.closed = True
        self._call(ended_at=entry.at or None, close_reason=entry.reason, duration_s=round(entry.frames * FRAME_S, 2))
        if not self.call.get("outcome"):
            self._call(outcome="cut_off" if entry.reason == "cut_off" else "abandoned")
        self.call["complete"] = True

    def _asked(self, entry: a.Asked) -> None:
        self.call["turn_count"] = max(entry.turn, self.call.get("turn_count", 0))
        self._turn(entry.turn, node=entry.node, part=entry.part, asked=entry.text, attempt=entry.attempt,
                   input=list(entry.input), grammar=entry.grammar, asked_t=entry.t, language=self.language)  # fmt: skip

    def _say(self, entry: a.Say) -> None:
        self._speaks(self.language or entry.language)
        self._row("prompts", entry.id, t=entry.t, turn=entry.turn, text=entry.text, language=entry.language)
        if self._awaiting and not self._answer_say:
            self._answer_say, self._answer_say_t = entry.id, entry.t

    def _prompt_started(self, entry: e.PromptStarted) -> None:
        self._row("prompts", entry.id, started_t=entry.t, sources=list(entry.sources))
        if not self._awaiting or entry.id != self._answer_say:
            return
        row = self._turn(self._awaiting, synthesis_s=_seconds(entry.t - self._answer_say_t))
        since = self._last_key_t if row.get("how") == "keys" else row.get("voice_stop_t")
        if since is not None and entry.t >= since:
            row["answer_s"] = _seconds(entry.t - since)
        self._awaiting = self._answer_say = 0

    def _barged_in(self, entry: a.BargedIn) -> None:
        if entry.turn and entry.false:
            self._turn(entry.turn, false_pauses=self._turn(entry.turn).get("false_pauses", 0) + 1)
        elif entry.turn:
            self._turn(entry.turn, barged_in_by=entry.by, barged_in_t=entry.t)
        if not entry.false:
            self._row("prompts", entry.id, frames=entry.played_t, ended="interrupted")

    def _flushed(self) -> None:
        for (prompt,), row in list(self.tables.get("prompts", {}).items()):
            if not row.get("ended"):
                self._row("prompts", prompt, ended="interrupted" if "started_t" in row else "dropped")

    def _voice_stopped(self, entry: e.VoiceStopped) -> None:
        if entry.turn and "answered_t" not in self._turn(entry.turn):
            self._turn(entry.turn, voice_stop_t=entry.voice_t)

    def _turn_ended(self, entry: a.EndListening | a.Understand | a.ParseField | a.Answered) -> None:
        """The session took the pause as the end of the turn; a speculative result may already be the answer."""
        speculative = isinstance(entry, a.Understand) and entry.speculative
        if not entry.turn or speculative or "_end_t" in self._turn(entry.turn):
            return
        row = self._turn(entry.turn, _end_t=entry.t)
        if "voice_stop_t" in row:
            row["pause_s"] = _seconds(entry.t - row["voice_stop_t"])

    def _heard(self, entry: e.Heard) -> None:
        if not entry.turn:
            return
        best = entry.hypotheses[0].text if entry.hypotheses else ""
        row = self._turn(entry.turn, heard=[msgspec.to_builtins(h) for h in entry.hypotheses], heard_text=best,
                         in_grammar=entry.in_grammar, engine=entry.engine, decode_s=entry.decode_s)  # fmt: skip
        if not entry.speculative and "recognition_s" not in row:
            row["recognition_s"] = _seconds(entry.t - row.get("_end_t", entry.t))

    def _understood(self, entry: e.Understood) -> None:
        if entry.turn:
            self._turn(entry.turn, intents=[msgspec.to_builtins(i) for i in entry.intents],
                       entities=[msgspec.to_builtins(x) for x in entry.entities], understood_by=entry.source,
                       understood_why=entry.why, understand_s=entry.understand_s)  # fmt: skip

    def _answered(self, entry: a.Answered) -> None:
        row = self._turn(entry.turn, result=entry.result, how=entry.how, text=entry.text, intent=entry.intent,
                         confidence=entry.confidence, slots=dict(entry.slots), source=entry.source,
                         option=entry.option, answered_t=entry.t)  # fmt: skip
        if entry.how == "speech":
            self._turn_ended(entry)
        elif row.get("pause_s") is not None:
            row["pause_s"] = None
        self._awaiting, self._answer_say = entry.turn, 0

    def _guess_taken(self, id: int) -> None:
        """A query asked on a guess counts from here on."""
        if (query := self._guessed.pop(id, None)) is None:
            return
        self._row("queries", id, t=query.t, turn=query.turn, node=query.node, kind=query.kind, changes=False)
        if (answer := self._guessed_answers.pop(id, None)) is not None:
            self._queried(answer)

    def _queried(self, entry: e.Queried) -> None:
        self._row("queries", entry.id, status=entry.status, query_s=entry.query_s, cached=entry.cached)
        if entry.turn:
            self._turn(entry.turn, query_s=round(self._turn(entry.turn).get("query_s", 0.0) + entry.query_s, 4))

    def _speaks(self, language: str) -> None:
        self.language = language
        self._call(language=language)

    # --- rows -------------------------------------------------------------------------------------------------

    def _call(self, **values: Any) -> None:
        """What is known of the call; an empty value never wipes one that is known."""
        self.call.update({k: v for k, v in values.items() if v not in (None, "") or (k not in self.call and v == "")})

    def _row(self, table: str, key: Any, **values: Any) -> Row:
        name = {
            "prompts": "id",
            "queries": "id",
            "transfers": "id",
            "recordings": "path",
            "turns": "turn",
            "profiles": "number",
        }.get(table, "seq")
        row = self.tables.setdefault(table, {}).setdefault((key,), {name: key})
        row.update(values)
        self._changed.add((table, (key,)))
        return row

    def _turn(self, turn: int, **values: Any) -> Row:
        return self._row("turns", turn, **values)


def _seconds(frames: int) -> float:
    return round(max(frames, 0) * FRAME_S, 2)


def _line(entry: j.Entry, seq: int) -> Row:
    whole: dict[str, Any] = msgspec.to_builtins(entry)
    for name in ("call", "seq"):
        whole.pop(name, None)
    return {"seq": seq, "t": entry.t, "turn": entry.turn, "type": whole["type"], "leg": entry.leg, "entry": whole}


def fold(call: str, entries: Iterable[j.Entry]) -> CallFold:
    """A whole journal at once."""
    result = CallFold(call)
    for number, entry in enumerate(entries, 1):
        result.add(entry, number)
    return result
