"""Handing a caller over: REFER first, a bridged second leg where REFER is refused; an agent called first (attended), or
a place in line until one is free (queue). Told as TransferDone."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from msgspec.structs import replace

from ivr.actions import Say, Transfer
from ivr.call.services import Services
from ivr.events import Event, TransferDone
from ivr.ports import CallLeg
from ivr.wire.messages import QueueAnswer, QueueJoin, QueueLeft

REFUSED = "refused"
"""How a leg begins its reason when REFER itself was not accepted: the caller may still be joined to the destination by
ourselves. What the destination answered (busy, no answer) is final."""
RING_S = 20.0
"""An agent of a queue who does not answer within this is left alone, and the caller is in line again."""


class AgentAnswered(Event, frozen=True, tag=True):
    """The second leg of transfer `id`, kind queue, answered or failed."""

    id: int = 0
    agent: str = ""
    sip_status: int = 0
    reason: str = ""


@dataclass
class _Open:
    transfer: Transfer
    deadline: float
    ringing: str = ""
    """Agent who is called for a caller in line."""


class Transfers:
    """Of one call. The leg's answers may come on any thread; `later(call, event)` takes them to the loop."""

    def __init__(
        self, leg: CallLeg, later: Callable[[str, Event], None], call: str, services: Services,
        agents: Mapping[str, Sequence[str]], speak: Callable[[Say], None],
    ) -> None:  # fmt: skip
        """`agents`: destination -> addresses of those who take its queue; a destination that is not there is its own
        only agent. `speak` makes a prompt's sound, which comes by `provide`."""
        self._leg, self._later, self._call, self._services = leg, later, call, services
        self._agents, self._speak = agents, speak
        self._open: dict[int, _Open] = {}
        self._whispers: dict[int, bytes] = {}
        self._standing: QueueJoin | None = None

    @property
    def waits(self) -> bool:
        """The caller waits for somebody who is called by us, or in line: music is played."""
        return any(it.transfer.kind != "blind" for it in self._open.values())

    def begin(self, transfer: Transfer, now: float) -> None:
        """Blind by REFER; anything else by a second leg."""
        self._open[transfer.id] = _Open(transfer, now + transfer.deadline_s)
        if transfer.whisper:
            self._whispers[transfer.id] = b""
            self._speak(Say(id=transfer.id, text=transfer.whisper, language=transfer.language))
        if not transfer.uri:
            self._tell(transfer, 404, "no such destination", "")
        elif transfer.kind == "blind":
            self._leg.refer(transfer.uri, transfer.headers, lambda status, why: self._referred(transfer, status, why))
        elif transfer.kind == "queue":
            agents = list(self._agents.get(transfer.to, ())) or [transfer.uri]
            self._stand(QueueJoin(call=self._call, id=transfer.id, destination=transfer.to, agents=agents))
        else:
            self._bridge(transfer, transfer.deadline_s)

    def provide(self, id: int, pcm: bytes | None) -> bool:
        """Sound of a whisper, or a piece of it; False when it is none."""
        if id not in self._whispers:
            return False
        self._whispers[id] += pcm or b""
        return True

    def close(self, id: int, ok: bool) -> bool:
        """Nobody was told how it ended; True once. Unless it went well the caller is in line no more."""
        opened = self._open.pop(id, None)
        if opened is None:
            return False
        self._whispers.pop(id, None)
        if not ok:
            self.leave()
        return True

    def cancel(self, id: int) -> bool:
        """The session waits no more; False when it is no open transfer."""
        if not self.close(id, ok=False):
            return False
        self._leg.drop_second()
        return True

    def tick(self, now: float) -> None:
        """Nobody answered in time: failed."""
        for opened in list(self._open.values()):
            if now >= opened.deadline:
                self._leg.drop_second()
                opened.deadline = float("inf")
                self._tell(opened.transfer, 408, "no answer in time", "")

    def leave(self) -> None:
        """Out of the line, or done with the agent."""
        if self._standing is not None:
            self._standing = None
            self._services.leave(self._call)

    # --- in line ------------------------------------------------------------------------------------------------

    def agent_free(self, id: int, agent: str) -> None:
        """Services gives us an agent."""
        opened = self._open.get(id)
        if opened is None or self._standing is None:
            self._services.tell(QueueLeft(call=self._call))  # the caller left the line in this moment
            return
        if opened.ringing:
            return  # services was started again, and tells it again
        opened.ringing = agent
        self._standing = replace(self._standing, state="ringing", agent=agent)
        self._services.stands(self._standing)

        def done(status: int, reason: str) -> None:
            self._later(self._call, AgentAnswered(id=id, agent=agent, sip_status=status, reason=reason))

        self._leg.bridge(agent, opened.transfer.headers, done, RING_S, self._whisper(id))

    def agent_answered(self, answer: AgentAnswered) -> TransferDone | None:
        """The agent talks with the caller: the transfer is done. None: back in line."""
        opened = self._open.get(answer.id)
        if opened is None or opened.ringing != answer.agent or self._standing is None:
            return None
        ok = 200 <= answer.sip_status < 300
        opened.ringing = ""
        self._standing = replace(self._standing, state="talking" if ok else "waiting", agent=answer.agent if ok else "")
        self._services.stands(self._standing)
        self._services.tell(QueueAnswer(call=self._call, agent=answer.agent, ok=ok))
        return TransferDone(id=answer.id, ok=True, sip_status=answer.sip_status, how="bridge") if ok else None

    def _stand(self, join: QueueJoin) -> None:
        self._standing = join
        self._services.stands(join)
        self._services.tell(join)

    # --- legs ---------------------------------------------------------------------------------------------------

    def _referred(self, transfer: Transfer, status: int, reason: str) -> None:
        if not 200 <= status < 300 and reason.startswith(REFUSED):
            self._bridge(transfer, transfer.deadline_s)
        else:
            self._tell(transfer, status, reason, "refer")

    def _bridge(self, transfer: Transfer, wait_s: float) -> None:
        def done(status: int, reason: str) -> None:
            self._tell(transfer, status, reason, "bridge")

        self._leg.bridge(transfer.uri, transfer.headers, done, wait_s, self._whisper(transfer.id))

    def _whisper(self, id: int) -> Callable[[], bytes] | None:
        """What is there of it when somebody answers."""
        return (lambda: self._whispers.get(id, b"")) if id in self._whispers else None

    def _tell(self, transfer: Transfer, status: int, reason: str, how: Literal["refer", "bridge", ""]) -> None:
        ok = 200 <= status < 300
        done = TransferDone(id=transfer.id, ok=ok, sip_status=status, reason=reason, how=how if ok else "")
        self._later(self._call, done)
