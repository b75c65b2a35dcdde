"""`ivr serve`: the media process. SIP on the main thread, the audio loop and the writer beside it."""

import gc
import json
import os
import signal
import sys
import time
from typing import TYPE_CHECKING, Any

from ivr.settings import Settings, load

if TYPE_CHECKING:
    from ivr.call.config import CallConfig
    from ivr.sip.config import SipConfig

SWITCH_S = 0.001
"""Longest that a thread keeps Python to itself while another wants it: a SIP message must not delay a frame."""


def serve() -> None:
    """Answer calls until stopped (started by `ivr up`)."""
    # Threads of numpy's library for matrices of 48 x 48 would only wait for each other; read when numpy is imported.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    values = load()
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
    from ivr.call.recovery import recover
    from ivr.call.worker import utc_now
    from ivr.dialogue.session import Session
    from ivr.sip.endpoint import Endpoint
    from ivr.wire.rings import Segment

    config = call_config(values)
    config.run.mkdir(parents=True, exist_ok=True, mode=0o700)
    recover(config.state, utc_now().isoformat(timespec="milliseconds"))
    segment = Segment.create(config.run / "rings", config.max_calls + SPARE_SLOTS)
    loop = AudioLoop(config, segment, new_session(values, Session))
    endpoint = Endpoint(sip_config(values), loop)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: endpoint.stop())
    sys.setswitchinterval(SWITCH_S)
    ready = config.run / "media.json"
    loop.start()
    try:
        endpoint.run(lambda listening: _settle(ready, listening))
    finally:
        _wait_for_last_lines(loop)
        loop.stop()
        ready.unlink(missing_ok=True)
        segment.unlink()


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


def new_session(values: Settings, session: Any) -> Any:
    """Makes the session of a call."""
    from ivr.audio.frames import frames_of_ms
    from ivr.dialogue.timing import Timing

    timing = Timing(
        pre_roll=frames_of_ms(values.hearing.pre_roll_ms),
        resume=frames_of_ms(values.hearing.resume_ms),
    )

    def make(published: Any, started: Any) -> Any:
        destinations = published.lines.destinations if published.lines is not None else {}
        return session(published.flows, destinations=destinations, timing=timing)

    return make


def call_config(values: Settings) -> "CallConfig":
    """What the audio loop needs of the settings."""
    import structlog
    from uuid_utils import uuid7

    from ivr import models
    from ivr.audio.endpointing import EndpointParameters
    from ivr.audio.frames import frames_of_ms
    from ivr.call.config import CallConfig, HearingConfig
    from ivr.hearing import LEAST_START, choose

    hearing = values.hearing
    name = hearing.detector
    if name == "silero" and models.path("silero-vad", values.cache) is None:
        structlog.get_logger().warning("silero is not installed: webrtcvad, which takes more noises for speech")
        name = "webrtcvad"
    start = max(frames_of_ms(hearing.start_ms), LEAST_START[name])
    endpoint = EndpointParameters(
        start=start, window=start + 2, stop=frames_of_ms(hearing.stop_ms), floor_db=hearing.min_level_db
    )
    return CallConfig(
        state=values.state.absolute(),
        hearing=HearingConfig(
            detector=choose(name, hearing.aggressiveness, values.cache),
            endpoint=endpoint,
            inband_keys=values.sip.inband_keys,
        ),
        node=values.node,
        instance=str(uuid7()),
        max_calls=values.sip.max_calls,
        retry_after_s=values.sip.retry_after_s,
        ring_ms=values.sip.ring_ms,
        start_wait_ms=values.sip.start_wait_ms,
        recognizers=values.asr.recognizers or min(os.cpu_count() or 1, 2),
        recognizer_timeout_s=values.asr.timeout_s,
        speak_deadline_s=values.tts.deadline_s,
    )


def sip_config(values: Settings) -> "SipConfig":
    """What the SIP endpoint needs of the settings."""
    from ivr.sip.config import Credential, SipConfig, TrunkConfig

    sip = values.sip
    trunks = [
        TrunkConfig(**{**trunk.model_dump(), "password": trunk.password.get_secret_value()}) for trunk in sip.trunks
    ]
    credentials = [Credential(it.user, it.password.get_secret_value()) for it in sip.credentials]
    names = (
        "addresses", "port", "transports", "public_address", "local_networks", "rtp_port", "rtp_ports", "max_calls",
        "retry_after_s", "number_from", "region", "peers", "realm", "codecs", "ptime_ms", "session_timer_s",
        "media_timeout_s",
    )  # fmt: skip
    same: dict[str, Any] = {name: getattr(sip, name) for name in names}
    same |= {name: tuple(value) for name, value in same.items() if isinstance(value, list)}
    return SipConfig(
        **same,
        trunks=tuple(trunks),
        credentials=tuple(credentials),
    )
