"""Handing a caller over: REFER first, a bridged second leg where REFER is refused; told as TransferDone."""

from collections.abc import Callable
from typing import Literal

from ivr.actions import Transfer
from ivr.events import Event, TransferDone
from ivr.ports import CallLeg

REFUSED = "refused"
"""How a leg begins its reason when REFER itself was not accepted: the caller may still be joined to the destination by
ourselves. What the destination answered (busy, no answer) is final."""


class Transfers:
    """Of one call. The leg's answers may come on any thread; `later(call, event)` takes them to the loop."""

    def __init__(self, leg: CallLeg, later: Callable[[str, Event], None], call: str) -> None:
        self._leg = leg
        self._later = later
        self._call = call
        self._open: dict[int, tuple[Transfer, float]] = {}

    def begin(self, transfer: Transfer, now: float) -> None:
        """Blind by REFER; anything else by a second leg."""
        self._open[transfer.id] = (transfer, now + transfer.deadline_s)
        if not transfer.uri:
            self._tell(transfer, 404, "no such destination", "")
        elif transfer.kind == "blind":
            self._leg.refer(transfer.uri, transfer.headers, lambda status, why: self._referred(transfer, status, why))
        else:
            self._bridge(transfer)

    def is_open(self, id: int) -> bool:
        """Nobody was told how it ended; True once."""
        return self._open.pop(id, None) is not None

    def tick(self, now: float) -> None:
        """Nobody answered in time: failed."""
        for transfer, deadline in list(self._open.values()):
            if now >= deadline:
                self._tell(transfer, 408, "no answer in time", "")

    def _referred(self, transfer: Transfer, status: int, reason: str) -> None:
        if not 200 <= status < 300 and reason.startswith(REFUSED):
            self._bridge(transfer)
        else:
            self._tell(transfer, status, reason, "refer")

    def _bridge(self, transfer: Transfer) -> None:
        self._leg.bridge(
            transfer.uri, transfer.headers, lambda status, reason: self._tell(transfer, status, reason, "bridge")
        )

    def _tell(self, transfer: Transfer, status: int, reason: str, how: Literal["refer", "bridge", ""]) -> None:
        ok = 200 <= status < 300
        done = TransferDone(id=transfer.id, ok=ok, sip_status=status, reason=reason, how=how if ok else "")
        self._later(self._call, done)
