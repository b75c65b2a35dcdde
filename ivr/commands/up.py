"""`ivr up`: everything on this machine."""

import os
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ivr import settings

if TYPE_CHECKING:
    from ivr.up.start import Plan


def up(
    mocks: Annotated[Path | None, typer.Option(help="for tests: folder of answers in place of queries")] = None,
) -> None:
    """Start everything: media, recognizers, services, database, Rasa; stop with Ctrl-C."""
    from ivr.up import start
    from ivr.up.claim import CannotStart

    try:
        start.run(plan(settings.load(), mocks), partial(print, flush=True))
    except CannotStart as error:
        print(f"ivr up: {error}", file=sys.stderr)
        sys.exit(2)


def plan(values: settings.Settings, mocks: Path | None = None) -> "Plan":
    """What these settings, and what is installed, make of a start."""
    from ivr.bootstrap import database
    from ivr.business import redis_server
    from ivr.commands.demo import DEMO_MARK
    from ivr.nlu.rasa_env import find_rasa
    from ivr.up import reachable
    from ivr.up.start import Plan

    state = values.state.absolute()
    embedded = database(values).server is not None
    our_rasa = values.nlu.rasa != "off" and not values.nlu.rasa_url
    worker = values.tasks.worker == "celery" and bool(values.tasks.urls)
    our_redis = (worker or values.queries.cache == "redis") and not values.redis.url
    missing = reachable.missing(values.cache, our_rasa)
    if our_redis and not redis_server.installed():
        missing.append("redis-server is not installed: tasks wait for it, answers are kept in memory only")
    return Plan(
        state=state,
        flows=values.flows,
        sip_port=values.sip.port,
        sip_addresses=values.sip.addresses,
        sip_transports=list(values.sip.transports),
        public_address=values.sip.public_address,
        recognizers=values.asr.recognizers or min(os.cpu_count() or 1, 2),
        embedded=embedded,
        rasa=our_rasa and find_rasa(values.cache) is not None,
        demo=embedded and _is_demo(values.flows) and not (state / DEMO_MARK).exists(),
        redis=our_redis and redis_server.installed(),
        worker=worker,
        web=values.web.on,
        missing=tuple(missing),
        mocks=mocks,
        drain_s=values.up.drain_s,
    )


def _is_demo(flows: Path) -> bool:
    """The flows that are served ask the demo's tables."""
    return any("demo.orders" in path.read_text("utf-8", "replace") for path in flows.glob("*/flow.yaml"))
