"""`ivr up`: everything on this machine."""

import os
import sys
from pathlib import Path

from ivr import settings


def up() -> None:
    """Start everything: media, recognizers, services, database, Rasa; stop with Ctrl-C."""
    from ivr.up import claim

    values = settings.load()
    try:
        _up(values)
    except claim.CannotStart as error:
        print(f"ivr up: {error}", file=sys.stderr)
        sys.exit(2)


def _up(values: settings.Settings) -> None:
    from ivr.commands.db import address as database
    from ivr.commands.demo import DEMO_MARK
    from ivr.up import claim, reachable
    from ivr.up.console import Console
    from ivr.up.programs import programs
    from ivr.up.supervise import supervise

    state = values.state.absolute()
    run = state / "run"
    os.umask(0o077)  # journals and recordings are nobody else's
    hopeless: list[str] = []
    with claim.lock(run):
        for name in claim.clear_leftovers(run):
            _say(f"{name}: an earlier `ivr up` left it running; ended")
        (run / "media.json").unlink(missing_ok=True)
        port = values.sip.port or claim.free_port(values.sip.addresses[0])
        claim.check_ports(values.sip.addresses, port, list(values.sip.transports))
        os.environ |= {"IVR_STATE": str(state), "IVR_SIP_PORT": str(port)}
        embedded = database(values).server is not None
        found = programs(
            embedded=embedded,
            recognizers=values.asr.recognizers or min(os.cpu_count() or 1, 2),
            rasa=_rasa(values),
            demo=embedded and _is_demo(values.flows) and not (state / DEMO_MARK).exists(),
        )
        dial = reachable.dial(values.flows, values.sip.addresses, port, values.sip.public_address)
        _say(f"starting {', '.join(p.name for p in found)}; state and logs in {state}")
        for line in reachable.missing(values.nlu.rasa == "auto" and not values.nlu.rasa_url):
            _say(line)

        def give_up(reason: str) -> None:
            hopeless.append(reason)
            stop_all[0]()

        stop_all = [lambda: None]

        def console(seen, stop):  # type: ignore[no-untyped-def]
            stop_all[0] = stop
            return Console(run, state / "logs", dial, seen, _say, give_up, lambda pids: claim.note(run, pids))

        supervise(found, state, console)
        (run / "up.json").unlink(missing_ok=True)
    if hopeless:
        raise claim.CannotStart(hopeless[0])
    _say("stopped")


def _say(line: str) -> None:
    print(line, flush=True)


def _rasa(values: settings.Settings) -> bool:
    """Ours is wanted, and its environment is there."""
    if values.nlu.rasa == "off" or values.nlu.rasa_url:
        return False
    from ivr.nlu.rasa_env import find_rasa

    return find_rasa(values.cache) is not None


def _is_demo(flows: Path) -> bool:
    """The flows that are served ask the demo's tables."""
    return any("demo.orders" in path.read_text("utf-8", "replace") for path in flows.glob("*/flow.yaml"))
