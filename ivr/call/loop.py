"""The audio loop: one thread that steps every call each 20 ms and hears its helpers in between.

A selector waits for the next tick, for answers of recognizers and services, and for what the leg's thread told
(`offered`, `told`: a queue and an eventfd, so the SIP side never waits). Ticks are counted from the start, so they do
not drift; one that comes late is made up at once.
"""

import os
import selectors
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import TypeVar

import structlog
import uuid_utils

from ivr.call.admission import Admission, Busy, Refused
from ivr.call.busy import BusyCalls
from ivr.call.config import CallConfig
from ivr.call.control import Controls
from ivr.call.defect import place_of
from ivr.call.live import LiveStand
from ivr.call.load import EVERY, LoadWatch
from ivr.call.opening import note_refusal, utc_now
from ivr.call.overload import Step
from ivr.call.parts import CallSession, Parts
from ivr.call.prompts import PromptCache, synthesized
from ivr.call.published import PublishedFlows
from ivr.call.recognition import HearingAnswer, Recognition
from ivr.call.services import Answer, Notice, Services
from ivr.call.slot import CallSlot
from ivr.call.thread_name import name_thread
from ivr.call.worker import Phase, Worker
from ivr.call.writer import End, Writer
from ivr.events import CallStarted, Event, Queued, TransferDone
from ivr.flow.models import Published
from ivr.ports import CallLeg, Invite
from ivr.wire.inbox import Inbox
from ivr.wire.messages import (
    AgentFree,
    Control,
    FlowsPublished,
    LiveValues,
    MediaHello,
    PromptCached,
    Synthesized,
    SynthesizedPiece,
)
from ivr.wire.rings import Segment
from ivr.wire.sockets import Ready

log = structlog.get_logger()
T = TypeVar("T")
TICK_S = 0.02
SPARE_SLOTS = 8
"""Slots beyond max_calls: a call that ended keeps its own until its sound is written."""


class AudioLoop:
    """All calls of this process; a ports.CallTaker for the SIP side."""

    def __init__(
        self, config: CallConfig, segment: Segment, new_session: Callable[[Published, CallStarted], CallSession]
    ) -> None:
        self.config = config
        self.ticks = self.late_ticks = 0
        """Ticks made, and those that came more than one tick late."""
        self.longest_s = self.busy_s = 0.0
        """Longest time that one round of the loop took, and the time of all."""
        self._selector = selectors.DefaultSelector()
        self._inbox = Inbox(self._selector, _failed)
        self._writer = Writer(config.state, self._trouble_later, lambda end: self._inbox.put(lambda: self._freed(end)))
        self._prompts = PromptCache(config.state / "prompts")
        self._admission = Admission(config.max_calls, config.retry_after_s, config.calls_per_second)
        self._watch = LoadWatch(config.limits)
        ladder = self._watch.ladder
        self._published = PublishedFlows(config.state / "flows" / "current.json")
        self._live = LiveStand(config.state / "live.json")
        self._free = deque(CallSlot(segment, index) for index in range(segment.slots))
        self._workers: dict[str, Worker] = {}
        self._by_leg: dict[int, Worker] = {}
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="audio loop", daemon=True)
        sockets = [config.run / f"recognizer-{n}.sock" for n in range(config.recognizers)]
        self._recognition = Recognition(
            self._selector, sockets, config.recognizer_timeout_s, self._heard, self._trouble, ladder
        )
        hello = MediaHello(pid=os.getpid(), max_calls=config.max_calls)
        self._services = Services(
            self._selector, config.run / "services.sock", hello, self._answered, self._noticed, ladder
        )
        self._services.on_piece = self._piece
        self.controls = Controls(self._workers, self._admission)
        self.controls.figures = self._figures
        self.controls.unserved = self._published.unserved
        self.controls.capacity.serving = lambda: bool(self._published.current and self._published.current.flows)
        self._parts = Parts(
            config,
            self._writer,
            self._prompts,
            self._recognition,
            self._services,
            new_session,
            self._later,
            time.monotonic,
            utc_now,
            ladder,
            self._live,
        )
        self._busy = BusyCalls(self._parts)
        self.controls.capacity.overloaded = lambda: ladder.step >= Step.BUSY

    # --- from other threads -------------------------------------------------------------------------------------

    def start(self) -> None:
        """Read what is on disk, then run the loop on its own thread."""
        self._prompts.scan()
        self._published.read()
        self._live.read(time.time())
        self._writer.start()
        self._thread.start()

    def offered(self, leg: CallLeg, invite: Invite) -> None:
        """ports.CallTaker."""
        self._inbox.put(lambda: self._offer(leg, invite))

    def told(self, leg: CallLeg, what: Event) -> None:
        """ports.CallTaker."""
        self._inbox.put(lambda: self._tell(leg, what))

    def drain(self) -> None:
        """Take no more calls."""
        self._inbox.put(lambda: setattr(self._admission, "draining", True))

    def hang_up_all(self) -> None:
        """End every call (the process is about to end)."""

        def hang_up() -> None:
            for worker in list(self._workers.values()):
                worker.hang_up()
            self._busy.hang_up_all()

        self._inbox.put(hang_up)

    def stop(self, timeout_s: float = 5.0) -> None:
        """End the loop and write what is there. Calls that are still up are left to recovery."""
        if self._stopping:
            return
        self._inbox.put(lambda: setattr(self, "_stopping", True))
        self._thread.join(timeout_s)
        self._writer.stop(timeout_s)
        self._inbox.close()
        self._selector.close()

    @property
    def live(self) -> int:
        """Calls that are in."""
        return len(self._workers) + self._busy.live

    def _later(self, call: str, event: Event) -> None:
        self._inbox.put(lambda: self._tell_call(call, event))

    def _trouble_later(self, call: str, part: str, what: str) -> None:
        self._inbox.put(lambda: self._trouble(call, part, what))

    # --- the loop's thread --------------------------------------------------------------------------------------

    def _run(self) -> None:
        name_thread("audio loop")
        next_tick = time.monotonic() + TICK_S
        while not self._stopping:
            wait = next_tick - time.monotonic()
            for key, mask in self._selector.select(max(0.0, wait)):
                ready: Ready = key.data
                try:
                    ready.ready(mask)
                except Exception as error:  # an answer that nobody expected; calls go on
                    log.error("an answer failed", **place_of(error))
            now = time.monotonic()
            if now < next_tick:
                continue
            self._tick(now)
            self.ticks += 1
            took = time.monotonic() - now
            self.longest_s = max(self.longest_s, took)
            self.busy_s += took
            next_tick += TICK_S
            if now - next_tick > TICK_S:
                self.late_ticks += 1
                next_tick = now + TICK_S  # frames wait in the rings: one tick sees to all of them
        self._recognition.close()
        self._services.close()

    def _tick(self, now: float) -> None:
        self._recognition.tick(now)
        self._services.tick(now)
        for worker in list(self._workers.values()):
            self._guarded(worker, worker.step, now)
        self._busy.step(now)
        if self.ticks % EVERY == 0:
            self._look_at_load(now)
            if self._live.expire(time.time()):
                self._tell_live()

    def _look_at_load(self, now: float) -> None:
        """Tell every call when the ladder moves."""
        queue_s = self._recognition.figures(now)["recognition_oldest_s"]
        slots = [worker.slot for worker in self._workers.values()]
        moved = self._watch.look(now, self.ticks, self.late_ticks, slots, queue_s)
        if moved is not None:
            self._admission.step = self._watch.ladder.step
            for worker in list(self._workers.values()):
                self._guarded(worker, worker.told, moved)

    def _offer(self, leg: CallLeg, invite: Invite) -> None:
        published = self._published.current
        decided = self._admission.decide(invite, published, time.monotonic()) if self._free else _NO_SLOT
        call = invite.call or str(uuid_utils.uuid7())
        if isinstance(decided, Busy):
            refused = self._busy.take(call, leg, invite, decided, self._watch.stands)
            if refused is None:
                return
            decided = refused
        if isinstance(decided, Refused):
            leg.reject(decided.status, decided.reason, decided.retry_after_s)
            note_refusal(self._writer, call, invite, decided, utc_now(), self.config)
            return
        slot = self._free.popleft()
        slot.reset()
        try:
            worker = Worker(call, leg, invite, decided, slot, self._parts)
        except Exception:  # of this call; logged by whoever runs the job
            leg.reject(500, "cannot begin")
            self._admission.leave(decided.name)
            self._free.append(slot)
            raise
        self._workers[call] = worker
        self._by_leg[id(leg)] = worker
        if self._watch.ladder.step:
            self._guarded(worker, worker.told, self._watch.stands)

    def _tell(self, leg: CallLeg, what: Event) -> None:
        if (worker := self._by_leg.get(id(leg))) is not None:
            self._guarded(worker, worker.told, what)
        else:
            self._busy.told(leg, what)

    def _tell_call(self, call: str, event: Event) -> None:
        if (worker := self._workers.get(call)) is not None:
            self._guarded(worker, worker.told, event)

    def _tell_live(self) -> None:
        """Live values changed: a call hears of it when its lines name them."""
        for worker in list(self._workers.values()):
            stand = self._live.of(worker.admitted.published.lines)
            if worker.live is not None and worker.live != stand:
                worker.live = stand
                self._guarded(worker, worker.told, stand)

    def _guarded(self, worker: Worker, step: Callable[[T], None], with_what: T) -> None:
        """A defect that one call meets ends that call and no other. Then let go of a worker whose leg is gone."""
        try:
            step(with_what)
        except Exception as error:
            log.error("a call failed and is ended", call=worker.call, **place_of(error))
            worker.failed(type(error).__name__)
        if worker.phase is Phase.GONE and self._workers.pop(worker.call, None) is not None:
            self._by_leg.pop(id(worker.leg), None)
            self._admission.leave(worker.admitted.name)

    def _freed(self, end: End) -> None:
        if end.slot is not None:
            end.slot.reset()
            self._free.append(end.slot)

    def _heard(self, answer: HearingAnswer) -> None:
        self._tell_call(answer.call, answer)

    def _answered(self, answer: Answer) -> None:
        if not isinstance(answer, Synthesized):
            self._tell_call(answer.call, answer)
        elif (worker := self._workers.get(answer.call)) is not None:
            sound = synthesized(answer)
            self._guarded(worker, lambda it: worker.spoken(it, sound), answer)

    def _piece(self, piece: SynthesizedPiece) -> None:
        if (worker := self._workers.get(piece.call)) is not None:
            self._guarded(worker, worker.piece, piece)

    def _noticed(self, notice: Notice) -> None:
        match notice:
            case PromptCached():
                self._prompts.add(notice.key, self.config.state / "prompts" / notice.path)
            case FlowsPublished():
                self._published.announce(notice, self._inbox.put)
            case LiveValues():
                if self._live.take(notice, time.time()):
                    self._tell_live()
            case Queued() | TransferDone():
                self._tell_call(notice.call, notice)
            case AgentFree():
                if (worker := self._workers.get(notice.call)) is not None:
                    self._guarded(worker, worker.agent_free, notice)
            case Control():
                self._services.reply(self.controls.carry_out(notice))

    def _figures(self) -> dict[str, float]:
        now = time.monotonic()
        own = {"ticks": self.ticks, "late_ticks": self.late_ticks, "busy_s": self.busy_s, "longest_s": self.longest_s}
        own |= {"ladder_step": int(self._watch.ladder.step), "busy_calls": self._busy.live}
        waiting = {"writer_queue": self._writer.waiting, **self._services.figures(now)}
        return {**own, **waiting, **self._recognition.figures(now)}

    def _trouble(self, call: str, part: str, what: str) -> None:
        if (worker := self._workers.get(call)) is not None:
            worker.trouble(part, what)


def _failed(error: Exception) -> None:
    """News from another thread, of one call; the others go on."""
    log.error("news from another thread failed", **place_of(error))


_NO_SLOT = Refused(503, "full", 5)
