"""The fold of a journal into metrics: the call's fold beside it gives turns and their delays. Pure."""

from typing import Any

from ivr import actions as a
from ivr import events as e
from ivr import journal as j
from ivr.events import FRAME_S
from ivr.records.call_metrics import CallMetrics
from ivr.records.fold import CallFold
from ivr.records.mos import mos, rating

PARTS = {
    "pause": "pause_s",
    "recognition": "recognition_s",
    "understanding": "understand_s",
    "query": "query_s",
    "speech": "synthesis_s",
}
"""Part of a turn's delay -> column of table `turns`."""
MEANS = ("silence", "espeak", "piper", "recorded")
"""How a prompt was made, poorest first; a prompt of several parts counts by the poorest."""


class CountedCall(CallFold):
    """One call; what it adds to the metrics is added once, as its entries come."""

    def __init__(self, id: str, metrics: CallMetrics, counted_lines: int = 0) -> None:
        """`counted_lines`: so many lines from the first on were counted before; they only build the state."""
        super().__init__(id)
        self._metrics = metrics
        self._silent = counted_lines
        self._node = ""
        self._flow = ""
        self._unmeasured = 0
        """Turn that was answered and whose delay is not complete."""

    def add(self, entry: j.Entry, seq: int = 0) -> None:
        super().add(entry, seq)
        self.settled()  # nothing is written from here
        if isinstance(entry, a.NodeEntered):
            self._flow, self._node = entry.flow, entry.node
        if seq > self._silent:
            self._count(entry)
            self._conversation(entry)
            self._work(entry)
        self._measure(entry, counts=seq > self._silent)

    def broken(self, line: int, why: str) -> None:
        super().broken(line, why)
        if line > self._silent:
            self._metrics.troubles.labels("journal").inc()

    # --- one line a metric ------------------------------------------------------------------------------------

    def _count(self, entry: j.Entry) -> None:
        """The call as a whole and its media."""
        to, name = self._metrics, self._metrics.bounded
        match entry:
            case j.Opened():
                to.offered.inc()
            case j.Rejected():
                to.refused.labels(str(entry.sip_status), name("reason", entry.reason)).inc()
            case e.CallStarted():
                to.answered.labels(self._called).inc()
                to.keys_only.labels(self._called).inc(not entry.can_hear)
            case e.HungUp() if entry.leg == "caller":
                to.hung_up.labels(entry.by).inc()
            case j.MediaReport():
                to.late_frames.inc(entry.late_frames)
                to.received.inc(entry.received)
                to.sent.inc(entry.sent_packets)
                to.lost.inc(max(entry.lost, 0))
                to.jitter_s.observe(entry.jitter_ms / 1000)
                if entry.received > 0:
                    to.mos.observe(mos(rating(max(entry.lost, 0), entry.received, entry.jitter_ms)))
            case j.Trouble():
                to.troubles.labels(name("part", entry.part)).inc()
            case a.NodeFailed():
                to.node_failures.labels(*self._where(entry.node)).inc()
            case a.Transfer() | e.TransferDone():
                self._transfer(entry)
            case j.Closed() if self._was_answered:
                to.frames.inc(max(entry.frames, 0))
                to.call_s.labels(self._called).observe(max(entry.frames, 0) * FRAME_S)
                to.ended.labels(self._called, name("outcome", str(self.call["outcome"]))).inc()
            case _:
                pass

    def _conversation(self, entry: j.Entry) -> None:
        """What was said and done."""
        to, flow = self._metrics, self._metrics.bounded("flow", self._flow)
        match entry:
            case a.Answered():
                to.turns.labels(*self._where(entry.node), entry.how, entry.result).inc()
                if entry.how == "speech" and entry.result != "no_input":
                    to.confidence.labels(*self._where(entry.node)).observe(entry.confidence)
            case a.BargedIn():
                to.barge_ins.labels(flow, entry.by, _word(entry.false)).inc()
            case a.Escalated():
                to.escalations.labels(*self._where(entry.node), entry.kind).inc()
            case e.KeyPressed():
                to.keys.labels(entry.via).inc()
            case _:
                pass

    def _work(self, entry: j.Entry) -> None:
        """What recognizers, understanding, business systems and voices did."""
        to, name = self._metrics, self._metrics.bounded
        match entry:
            case e.Heard():
                engine = name("engine", entry.engine)
                to.decode_s.labels(engine, _word(entry.speculative)).observe(entry.decode_s)
                if not entry.speculative:
                    to.heard.labels(engine, _word(entry.in_grammar)).inc()
            case e.HearingFailed():
                to.hearing_failed.inc()
            case e.Understood():
                to.understood.labels(name("source", entry.source), name("why", entry.why.partition(":")[0])).inc()
            case e.Queried():
                asked = self.tables.get("queries", {}).get((entry.id,), {})
                where = self._where(str(asked.get("node", "")))
                to.queries.labels(*where, name("status", entry.status)).inc()
                to.query_s.labels(*where).observe(entry.query_s)
            case e.PromptStarted():
                to.prompts.labels(_poorest(entry.sources)).inc()
            case e.PromptFailed():
                to.prompts_failed.inc()
            case _:
                pass

    def _transfer(self, entry: a.Transfer | e.TransferDone) -> None:
        if isinstance(entry, e.TransferDone):
            result = "ok" if entry.ok else "failed"
            self._metrics.transfers.labels(self._called, entry.how or "none", result).inc()

    # --- a turn's delay ---------------------------------------------------------------------------------------

    def _measure(self, entry: j.Entry, counts: bool) -> None:
        """The delay of a turn is complete when its answer sounds, or when something else comes in its place."""
        over = self._unmeasured and (self._awaiting != self._unmeasured or isinstance(entry, j.Closed))
        if over:
            if counts:
                self._observe(self._turn(self._unmeasured))
            self._unmeasured = 0
        if self._awaiting and isinstance(entry, a.Answered):
            self._unmeasured = self._awaiting

    def _observe(self, row: dict[str, Any]) -> None:
        if row.get("how") == "none":  # silence has no end of voice
            return
        for part, column in PARTS.items():
            if row.get(column) is not None:
                self._metrics.part_s.labels(part).observe(row[column])
        if row.get("answer_s") is not None:
            self._metrics.answer_s.labels(self._called, row["how"]).observe(row["answer_s"])

    # --- labels -----------------------------------------------------------------------------------------------

    @property
    def _called(self) -> str:
        """The flow that the call began in."""
        return self._metrics.bounded("flow", str(self.call.get("flow", "")))

    @property
    def _was_answered(self) -> bool:
        return "answered_at" in self.call or bool(self.tables.get("path"))

    def _where(self, node: str) -> tuple[str, str]:
        flow = self._flow or str(self.call.get("flow", ""))
        return self._metrics.bounded("flow", flow), self._metrics.bounded("node", node)


def _word(value: bool) -> str:
    return "true" if value else "false"


def _poorest(sources: list[str]) -> str:
    return next((means for means in MEANS if means in sources), "other")
