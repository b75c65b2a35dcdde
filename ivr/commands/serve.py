"""`ivr serve`: the media process. SIP on the main thread, the audio loop and the writer beside it."""

import contextlib
import gc
import json
import os
import signal
import sys
import time
from functools import partial
from typing import Any

from ivr import bootstrap, logs
from ivr.settings import Settings, load

PRIORITY = -10
"""Niceness: 20 ms of sound must not wait for a recognition, a synthesis or a training."""
SWITCH_S = 0.001
"""Longest that a thread keeps Python to itself while another wants it: a SIP message must not delay a frame."""


def serve() -> None:
    """Answer calls until stopped (started by `ivr up`)."""
    # Threads of numpy's library for matrices of 48 x 48 would only wait for each other; read when numpy is imported.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    values = load()
    logs.configure(values.log.level, values.log.format)
    from ivr.sip.endpoint import SipError
    from ivr.sip.library import LibraryError

    try:
        run(values)
    except (SipError, LibraryError) as error:
        print(f"serve: {error}", file=sys.stderr)
        sys.exit(2)
    except (OSError, ValueError) as error:
        print(f"serve: {error}", file=sys.stderr)
        sys.exit(1)


def run(values: Settings) -> None:
    """The process: returns when a signal ended it and every call was told. Raises SipError, LibraryError, OSError."""
    from ivr.call.loop import SPARE_SLOTS, AudioLoop
    from ivr.call.opening import utc_now
    from ivr.call.recovery import recover
    from ivr.language.spoken import warm
    from ivr.legs.browser_line import BrowserLine
    from ivr.sip.endpoint import Endpoint
    from ivr.wire.rings import Segment

    config = bootstrap.call_config(values)
    config.run.mkdir(parents=True, exist_ok=True, mode=0o700)
    recover(config.state, utc_now().isoformat(timespec="milliseconds"))
    warm()
    segment = Segment.create(config.run / "rings", config.max_calls + SPARE_SLOTS)
    loop = AudioLoop(config, segment, bootstrap.new_session(values))
    endpoint = Endpoint(bootstrap.sip_config(values), loop)
    browsers = BrowserLine(config.run / "browser.sock", loop)
    capacity = loop.controls.capacity
    capacity.remember(config.run / "draining")
    endpoint.options.room = lambda: capacity.room
    loop.controls.trunks = lambda: [{**vars(it), "registered": it.registered} for it in endpoint.trunks()]
    loop.controls.originate = partial(_originate, endpoint)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: endpoint.stop())
    sys.setswitchinterval(SWITCH_S)
    with contextlib.suppress(PermissionError):  # without the right to it, as everybody else
        os.setpriority(os.PRIO_PROCESS, 0, PRIORITY)
    ready = config.run / "media.json"
    loop.start()
    try:
        browsers.start()
        endpoint.run(lambda listening: _settle(ready, listening))
    finally:
        browsers.stop()
        _wait_for_last_lines(loop)
        loop.stop()
        if bootstrap.told(ready).get("pid") == os.getpid():  # not that of the process which follows this one
            ready.unlink(missing_ok=True)
        segment.unlink()


def _originate(endpoint: Any, call: str, to: str, line: str, connect: str) -> str:
    """What is wrong; empty when the call is made."""
    from ivr.sip.called import NotCalled, originate

    try:
        originate(endpoint, call, to, line, connect)
    except NotCalled as error:
        return str(error)
    return ""


def _wait_for_last_lines(loop: Any) -> None:
    """The legs told the loop that they are gone; give it a moment to end their calls."""
    until = time.monotonic() + 2.0
    while loop.live and time.monotonic() < until:
        time.sleep(0.02)


def _settle(ready: Any, listening: list[str]) -> None:
    """Everything is loaded: what is here now is never looked at again by the garbage collector; tell `ivr up`."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 50, 1000)
    beside = ready.with_suffix(".tmp")
    beside.write_text(json.dumps({"pid": os.getpid(), "sip": listening}))
    beside.replace(ready)
