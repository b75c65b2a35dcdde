"""`ivr services`: the process, put together."""

import asyncio
import signal
import time
from typing import Any

import structlog

from ivr.services import control, metrics
from ivr.services.flow_watch import Compiled, FlowWatch
from ivr.services.guard import Guard
from ivr.services.machine import NodeFigures
from ivr.services.parts import Parts, ServicesConfig
from ivr.services.server import MediaAway, RequestServer

GAUGE_S = 2.0

log = structlog.get_logger("services")


class ServicesProcess:
    """All subsystems; each fails and recovers by itself."""

    def __init__(self, config: ServicesConfig, parts: Parts, compile_folder: Any) -> None:
        """`compile_folder(Path) -> flow_watch.Compiled`."""
        self.config = config
        self.parts = parts
        self.guard = Guard()
        self.requests = RequestServer(config.socket, parts)
        parts.tell_media = self.requests.tell
        parts.tell_desk = self.requests.tell
        parts.tell_live = self.requests.switch
        self.flows = FlowWatch(
            config.flows, config.state, compile_folder, self.requests.publish, parts.on_flows, parts.built.wait,
            parts.flows_beside,
        )  # fmt: skip
        self._started = time.time()
        self.figures = NodeFigures(config.state, lambda: parts.media_status.get("figures", {}))

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop` is set. Raises OSError when another services process holds the socket."""
        for folder in ("run", "secrets", "journals"):
            (self.config.state / folder).mkdir(parents=True, exist_ok=True, mode=0o755 if folder == "run" else 0o700)
        token = control.token_of(self.config.state, self.config.control_token)
        browsers = self.config.browsers
        app = control.make_app(token, self.requests.control, self.parts.live, self.status, browsers)
        told = self.config.state / "run" / "control.json"
        self.guard.keep("requests", self.requests.run)
        self.guard.keep("flows", self.flows.run)
        self.guard.keep("parts", self._build)
        self.guard.keep("control", lambda: control.serve(app, self.config.control_host, self.config.control_port, told))
        self.guard.keep("lag", _measure_lag)
        self.guard.keep("gauges", self._gauge)
        for name, run in self.parts.forever.items():
            self.guard.keep(name, run)
        for work in self.parts.background:
            self.guard.thread(work)
        metrics.REGISTRY.register(self.figures)
        try:
            await stop.wait()
        finally:
            metrics.REGISTRY.unregister(self.figures)
        await self._stop()

    async def _build(self) -> None:
        """The parts whose libraries take seconds to load; one that cannot be made is missing, and the others serve."""
        for name, build in self.parts.late.items():
            try:
                await asyncio.to_thread(build)
            except Exception as error:
                self.parts.missing[name] = f"{type(error).__name__}: {error}"
                log.error("services run without a part", part=name, error=self.parts.missing[name])
        self.parts.built.set()
        log.info("services are up", missing=self.parts.missing)

    async def _gauge(self) -> None:
        """What media and delivery say, for metrics and table `nodes`."""
        while True:
            told = self.parts.media_status
            try:
                value = (await self.requests.control("status")).value or {}
                told.update(
                    max_calls=int(value.get("max_calls", 0)),
                    live_calls=len(value.get("calls", ())),
                    free_calls=int(value.get("free_calls", 0)),
                    draining=bool(value.get("draining")),
                    figures=value.get("figures", {}),
                )
            except MediaAway:
                told.clear()
            metrics.MEDIA_UP.set(bool(told))
            metrics.LIVE_CALLS.set(told.get("live_calls", 0))
            metrics.MAX_CALLS.set(told.get("max_calls", 0))
            metrics.FREE_CALLS.set(told.get("free_calls", 0))
            metrics.DRAINING.set(told.get("draining", False))
            delivery = next((work.status() for work in self.parts.background if work.name == "delivery"), {})
            metrics.DATABASE_UP.set(bool(delivery.get("connected")))
            metrics.WAITING_JOURNALS.set(delivery.get("open_journals", 0))
            metrics.DELIVERY_AGE.set(max(time.time() - (delivery.get("last_pass_at") or self._started), 0.0))
            metrics.OPEN_REQUESTS.set(self.requests.open_requests)
            await asyncio.sleep(GAUGE_S)

    async def _stop(self) -> None:
        await self.flows.close()
        await self.guard.stop()
        for step in self.parts.on_stop:
            try:
                await asyncio.wait_for(step(), 6.0)
            except Exception as error:
                log.warning("stopping", error=type(error).__name__)

    def status(self) -> dict[str, Any]:
        return {
            "node": self.config.node,
            "up_s": round(time.time() - self._started),
            "media_connected": self.requests.media_connected,
            "flows": {"version": self.flows.version, "problems": self.flows.problems},
            "missing": self.parts.missing,
            "troubles": self.guard.troubles,
            "failures": self.guard.failures,
            **{work.name: work.status() for work in self.parts.background},
        }


async def _measure_lag() -> None:
    """How late a timer of this loop rings: slow work on it delays callers' answers."""
    while True:
        started = time.monotonic()
        await asyncio.sleep(1.0)
        metrics.LOOP_LAG.set(max(time.monotonic() - started - 1.0, 0.0))


def run(config: ServicesConfig, parts: Parts, compile_folder: "Any | None" = None) -> None:
    """The whole process, until SIGTERM or SIGINT."""

    async def main() -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        await ServicesProcess(config, parts, compile_folder or _nothing).run(stop)

    asyncio.run(main())


def _nothing(_: Any) -> Compiled:
    return Compiled("", problems=["the flow loader is not there"])
