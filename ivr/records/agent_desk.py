"""This node's part of the line for agents: takes what media tells, tells media who is to be called.

SQL only while somebody waits or talks, each LOOK_S and at each message. A database that stays away for AWAY_S sends
those who wait back into their flows (`on_fail`); who talks goes on.
"""

import asyncio
import time
from collections.abc import Callable
from typing import Literal

import structlog
from msgspec.structs import replace
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from ivr.events import Queued, TransferDone
from ivr.records import agent_line
from ivr.wire.messages import AgentFree, QueueAnswer, QueueJoin, QueueLeft

log = structlog.get_logger("queue")

LOOK_S = 1.0
AWAY_S = 10.0
GONE_S = 5.0
"""Media that does not come back within this has died, and its calls with it."""
Told = Queued | AgentFree | TransferDone


class AgentDesk:
    """services.parts.Desk. Everything but the SQL happens on the event loop."""

    def __init__(self, engine: Callable[[], Engine], node: str, tell: Callable[[Told], None]) -> None:
        self._make, self._node, self._tell = engine, node, tell
        self._engine: Engine | None = None
        self._in: list[QueueJoin | QueueAnswer | QueueLeft] = []
        self._joined: dict[str, QueueJoin] = {}
        self._told: dict[str, tuple[str, str, int, int]] = {}
        """call -> state, agent, position, wait in quarters of a minute."""
        self._wake = asyncio.Event()
        self._orphans: tuple[float, set[str]] = (0.0, set())
        self._away_since = 0.0

    def take(self, message: QueueJoin | QueueAnswer | QueueLeft) -> None:
        """From media."""
        self._in.append(message)
        self._wake.set()

    def media_gone(self) -> None:
        """Its connection broke; a living one joins its calls again."""
        self._orphans = (time.monotonic() + GONE_S, set(self._joined))

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            try:
                async with asyncio.timeout(LOOK_S if self._joined or self._in else None):
                    await self._wake.wait()
            except TimeoutError:
                pass
            self._wake.clear()
            self._bury()
            try:
                for place in await asyncio.to_thread(self._step):
                    self._news(place)
                self._away_since = 0.0
            except (SQLAlchemyError, OSError) as error:
                self._away(type(error).__name__)
                await asyncio.sleep(LOOK_S)

    def _bury(self) -> None:
        until, calls = self._orphans
        if calls and time.monotonic() > until:
            self._orphans = (0.0, set())
            self._in += [QueueLeft(call=call) for call in calls]

    def _step(self) -> list[agent_line.Place]:
        """In a thread. A message stays until it is written."""
        self._engine = self._engine or self._make()
        while self._in:
            match message := self._in[0]:
                case QueueJoin():
                    self._orphans[1].discard(message.call)
                    self._joined[message.call] = message
                    agent_line.join(self._engine, self._node, message)
                case QueueAnswer():
                    self._answered(message)
                    agent_line.answered(self._engine, message.call, message.agent, message.ok)
                case QueueLeft():
                    self._joined.pop(message.call, None)
                    self._told.pop(message.call, None)
                    agent_line.leave(self._engine, [message.call])
            self._in.pop(0)
        if not self._joined:
            return []
        places = agent_line.look(self._engine, self._node, self._joined)
        lost = self._joined.keys() - {place.call for place in places}  # another node took us for dead
        self._in += [self._joined[call] for call in lost]
        return places

    def _answered(self, message: QueueAnswer) -> None:
        """What the call would join with again."""
        if (joined := self._joined.get(message.call)) is not None:
            state: Literal["talking", "waiting"] = "talking" if message.ok else "waiting"
            self._joined[message.call] = replace(joined, state=state, agent=message.agent if message.ok else "")

    def _news(self, place: agent_line.Place) -> None:
        """Tell what is new of a call."""
        joined = self._joined.get(place.call)
        before = self._told.get(place.call)
        now = (place.state, place.agent, place.position, round(place.wait_s / 15))
        if joined is None or before == now:
            return
        self._told[place.call] = now
        if place.state == "ringing" and (before is None or before[:2] != now[:2]):
            self._tell(AgentFree(call=place.call, id=joined.id, agent=place.agent))
        elif place.state == "waiting":
            self._tell(Queued(call=place.call, id=joined.id, position=place.position, wait_s=round(place.wait_s, 1)))

    def _away(self, why: str) -> None:
        now = time.monotonic()
        if not self._away_since:
            self._away_since = now
            log.warning("the line for agents waits for the database", error=why)
        elif now - self._away_since > AWAY_S:
            waiting = [it for it in self._joined.values() if self._told.get(it.call, ("waiting",))[0] == "waiting"]
            for joined in waiting:
                self._joined.pop(joined.call)
                self._in.append(QueueLeft(call=joined.call))
                self._tell(TransferDone(call=joined.call, id=joined.id, sip_status=503, reason="no line for agents"))
