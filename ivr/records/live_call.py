"""One call as people watch it: the fold of its journal so far, and what was said last. Pure."""

from dataclasses import dataclass
from typing import Any

from ivr import actions as a
from ivr import events as e
from ivr import journal as j
from ivr.records.fold import CallFold

LONGEST = 500
"""Characters of what was said last."""


@dataclass
class LiveCall(CallFold):
    """A call that lasts."""

    said: str = ""
    """What was said last, as far as it may be kept: after consent, `***` where it is sensitive."""
    said_by: str = ""
    """caller | line"""
    kept: bool = False
    """Sound is kept now, so that it can be listened to."""
    position: int = 0
    """Place in the line for an agent; 0: not in one."""

    def add(self, entry: j.Entry, seq: int = 0) -> None:
        super().add(entry, seq)
        match entry:
            case a.Say():
                self._said("line", entry.text)
            case e.Partial() | a.Answered(how="speech"):
                self._said("caller", entry.text)
            case e.Heard() if entry.hypotheses:
                self._said("caller", entry.hypotheses[0].text)
            case a.KeysTaken():
                self._said("caller", entry.keys)
            case a.StartRecording():
                self.kept = True
            case a.StopRecording():
                self.kept = False
            case e.Queued():
                self.position = entry.position
            case e.TransferDone() | a.NodeEntered() | a.CallBackWanted():
                self.position = 0

    def _said(self, by: str, text: str) -> None:
        if text:
            self.said, self.said_by = text[:LONGEST], by

    def shown(self) -> dict[str, Any]:
        """The columns of table `calls`, at which node it is, and what this class knows."""
        path = self.rows("path")
        more = {"said": self.said, "said_by": self.said_by, "kept": self.kept, "position": self.position}
        return {**self.call, "at_node": path[-1]["node"] if path else "", **more}

    def recording(self) -> str:
        """The newest file, below the folder of recordings; empty when none was begun."""
        found = self.rows("recordings")
        return str(found[-1]["path"]) if found else ""
