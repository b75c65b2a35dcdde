"""What the control API asks of the media process."""

from collections.abc import Callable, Mapping

from ivr.call.admission import Admission
from ivr.call.capacity import Capacity
from ivr.call.worker import Worker
from ivr.wire.messages import Control, ControlDone


class Controls:
    """Carried out on the audio loop's thread, at once."""

    def __init__(self, workers: Mapping[str, Worker], admission: Admission) -> None:
        self._workers = workers
        self._admission = admission
        self.capacity = Capacity(admission)
        self.trunks: Callable[[], list[dict[str, object]]] = list
        """State of the registrations: name, registrar, status, reason, registered (the SIP room's)."""
        self.originate: Callable[[str, str, str, str], str] = lambda *_: "nobody can be called from here"
        """(id of the new call, whom, line that answers them, destination that they are handed to or empty) -> what is
        wrong, empty when it began (the SIP room's)."""
        self.unserved: Callable[[str, str], str] = lambda line, destination: ""
        """(line, destination or empty) -> which of them is not there; empty: both are."""
        self.figures: Callable[[], dict[str, float]] = dict
        """Figures of the audio loop and of what it waits for, for metrics (loop.py)."""

    def carry_out(self, control: Control) -> ControlDone:
        """`status`, `drain`, `undrain`, `originate`, `hang_up`, `transfer`."""
        match control.command:
            case "status":
                return ControlDone(id=control.id, ok=True, value=self._status())
            case "drain" | "undrain":
                self.capacity.drain(control.command == "drain")
                return ControlDone(id=control.id, ok=True, value=self._status())
            case "originate":
                error = self._originate(control)
                return ControlDone(id=control.id, ok=not error, error=error, value={"call": control.call})
        worker = self._workers.get(control.call)
        if worker is None:
            return ControlDone(id=control.id, ok=False, error="no such call")
        if control.command == "hang_up":
            worker.hang_up()
            return ControlDone(id=control.id, ok=True)
        to = str(control.arguments.get("to", ""))
        error = worker.transfer(to)
        return ControlDone(id=control.id, ok=not error, error=error)

    def _originate(self, control: Control) -> str:
        to, line, connect = (str(control.arguments.get(name, "")) for name in ("to", "line", "connect"))
        if missing := self.unserved(line, connect):
            return missing
        if not self.capacity.free:
            return "no more calls are taken now: the server is full, drains, or has too much to do"
        return self.originate(control.call, to, line, connect)

    def _status(self) -> dict[str, object]:
        calls = [
            {
                "call": worker.call,
                "caller": worker.invite.caller,
                "line": worker.admitted.name,
                "flow": worker.admitted.flow.name,
                "node": worker.node,
                "since": worker.since.isoformat(timespec="seconds"),
            }
            for worker in list(self._workers.values())
        ]
        return {
            "calls": calls,
            "max_calls": self._admission.max_calls,
            "draining": self._admission.draining,
            "taking_calls": self.capacity.taking,
            "free_calls": self.capacity.free,
            "trunks": self.trunks(),
            "figures": self.figures(),
        }
