"""What webhooks are told of a call: a fold of its journal. Pure.

The journal holds nothing that may not be kept (consent, sensitive steps), so neither do these.
"""

from dataclasses import dataclass, field
from typing import Any

from ivr import actions as a
from ivr import events as e
from ivr import journal as j
from ivr.events import FRAME_S
from ivr.records.fold import CallFold

KINDS = ("call.started", "call.turn", "call.transferred", "call.ended", "message.left", "call_back.wanted")


@dataclass
class HookCall(CallFold):
    """One call; `told` grows as its journal does."""

    told: list[dict[str, Any]] = field(default_factory=list)
    _started: bool = False

    def add(self, entry: j.Entry, seq: int = 0) -> None:
        super().add(entry, seq)
        self.settled()
        seq = entry.seq or seq
        match entry:
            case e.CallStarted():
                self._started = True
                self._tell("call.started", seq, entry.t, at=entry.at, language=self.language)
            case a.Answered():
                self._tell(
                    "call.turn", seq, entry.t, turn=entry.turn, node=entry.node, how=entry.how, result=entry.result,
                    text=entry.text, intent=entry.intent, confidence=entry.confidence, slots=dict(entry.slots),
                )  # fmt: skip
            case e.TransferDone() if entry.ok:
                to = self.tables.get("transfers", {}).get((entry.id,), {})
                self._tell("call.transferred", seq, entry.t, to=to.get("destination", ""), how=entry.how)
            case a.MessageLeft():
                kept = {"name": entry.name, "mailbox": entry.mailbox, "seconds": entry.seconds}
                self._tell("message.left", seq, entry.t, **kept)
            case a.CallBackWanted():
                self._tell("call_back.wanted", seq, entry.t, to=entry.to, number=entry.number, position=entry.position)
            case j.Closed() if self._started:
                names = ("outcome", "ended_in", "ended_by", "close_reason", "duration_s", "task", "slots", "language")
                self._tell("call.ended", seq, entry.frames, at=entry.at, **{n: self.call.get(n) for n in names})

    def _tell(self, kind: str, seq: int, t: int, **more: Any) -> None:
        about = {name: self.call.get(name, "") for name in ("caller", "dialled", "line", "flow", "version")}
        head = {"id": f"{self.id}-{seq}", "event": kind, "call": self.id, "seq": seq, "t_s": round(t * FRAME_S, 2)}
        self.told.append({**head, **about, **more})
