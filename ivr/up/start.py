"""The start of everything on this machine, and its end."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from ivr.up import claim, draining, reachable
from ivr.up.console import Console, Seen
from ivr.up.programs import programs
from ivr.up.supervise import supervise

SOCKET_PATH = 107
"""Bytes of a Unix socket's path (unix(7))."""


@dataclass(frozen=True)
class Plan:
    """Plain values, from Settings."""

    state: Path
    """Absolute."""
    flows: Path
    sip_port: int
    """0: a free one."""
    sip_addresses: list[str]
    sip_transports: list[str]
    public_address: str = ""
    recognizers: int = 1
    embedded: bool = True
    """Our own Postgres."""
    rasa: bool = False
    """Ours, and its environment is there."""
    redis: bool = False
    """Ours: something needs it, and no other is named."""
    worker: bool = False
    """Celery's, of background tasks."""
    web: bool = False
    """Pages for supervisors and administrators."""
    demo: bool = False
    """Fill the demo's tables."""
    missing: tuple[str, ...] = ()
    """Lines about what is not installed and what that costs."""
    mocks: Path | None = None
    drain_s: float = 0.0
    """How long calls in progress may go on after SIGTERM."""


def run(plan: Plan, say: Callable[[str], None]) -> None:
    """Until SIGTERM or SIGINT; every process is stopped then. Raises claim.CannotStart."""
    longest = len(os.fsencode(plan.state / "run" / "recognizer-63.sock"))
    if longest > SOCKET_PATH:
        raise claim.CannotStart(
            f"the path of the state folder is {longest - SOCKET_PATH} bytes too long for sockets below it:"
            f" set IVR_STATE to a shorter one than {plan.state}"
        )
    os.umask(0o077)  # journals and recordings are nobody else's
    folder = plan.state / "run"
    hopeless: list[str] = []
    with claim.lock(folder):
        for name in claim.clear_leftovers(folder):
            say(f"{name}: an earlier `ivr up` left it running; ended")
        for told in ("media.json", "control.json", "rasa.json", "web.json", "draining"):
            (folder / told).unlink(missing_ok=True)
        port = plan.sip_port or claim.free_port(plan.sip_addresses[0])
        claim.check_ports(plan.sip_addresses, port, plan.sip_transports)
        os.environ |= {"IVR_STATE": str(plan.state), "IVR_SIP_PORT": str(port)}
        found = programs(
            embedded=plan.embedded,
            recognizers=plan.recognizers,
            rasa=plan.rasa,
            demo=plan.demo,
            mocks=plan.mocks,
            redis=plan.redis,
            worker=plan.worker,
            web=plan.web,
        )
        say(f"starting {', '.join(p.name for p in found)}; state and logs in {plan.state}")
        for line in plan.missing:
            say(line)
        dial = reachable.dial(plan.flows, plan.sip_addresses, port, plan.public_address)

        def watcher(seen: Callable[[], Iterator[Seen]], stop: Callable[[], None]) -> Console:
            def give_up(reason: str) -> None:
                hopeless.append(reason)
                stop()

            logs = plan.state / "logs"
            return Console(folder, logs, dial, seen, say, give_up, lambda pids: claim.note(folder, pids))

        def run_empty(over: Callable[[], bool]) -> None:
            def told(calls: int) -> None:
                if calls > 0:
                    say(f"draining: {calls} calls go on, {plan.drain_s:g} s at most; SIGTERM again ends them")

            if (folder / "media.json").exists():  # else there is no call yet
                draining.run_empty(plan.state, plan.drain_s, told, over)

        supervise(found, plan.state, watcher, run_empty if plan.drain_s else None)
        (folder / "up.json").unlink(missing_ok=True)
    if hopeless:
        raise claim.CannotStart(f"media cannot start: {hopeless[0]}")
    say("stopped")
