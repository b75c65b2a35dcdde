"""`ivr services`: the process, put together."""

import asyncio
import signal
import time
from typing import Any

import structlog

from ivr.services import control
from ivr.services.flow_watch import Compiled, FlowWatch
from ivr.services.guard import Guard
from ivr.services.metrics import LOOP_LAG
from ivr.services.parts import Parts, ServicesConfig
from ivr.services.server import RequestServer

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
        self.flows = FlowWatch(config.flows, config.state, compile_folder, self.requests.publish, parts.on_flows)
        self._started = time.time()

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop` is set. Raises OSError when another services process holds the socket."""
        for folder in ("run", "secrets", "journals"):
            (self.config.state / folder).mkdir(parents=True, exist_ok=True, mode=0o755 if folder == "run" else 0o700)
        token = control.token_of(self.config.state, self.config.control_token)
        app = control.make_app(token, self.requests.control, self.parts.live, self.status)
        told = self.config.state / "run" / "control.json"
        self.guard.keep("requests", self.requests.run)
        self.guard.keep("flows", self.flows.run)
        self.guard.keep("control", lambda: control.serve(app, self.config.control_host, self.config.control_port, told))
        self.guard.keep("lag", _measure_lag)
        for work in self.parts.background:
            self.guard.thread(work)
        log.info("services are up", missing=self.parts.missing)
        await stop.wait()
        await self._stop()

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
        LOOP_LAG.set(max(time.monotonic() - started - 1.0, 0.0))


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
