"""A telephone of our own: dials, speaks, presses keys, holds, hears; or takes calls, as `ivr answer` does.

It runs pjsua2 on a thread of its own, so a process can have one `Phone` (with any number of calls) or one server
endpoint, not both. What is heard and sent is counted in 20 ms frames since the sound of the call began.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Literal, Self, TypeVar

from ivr.events import Event, HungUp
from ivr.ports import Acknowledged, CallLeg, Invite
from ivr.sip.config import SipConfig
from ivr.sip.endpoint import Endpoint
from ivr.sip.leg import Leg
from ivr.sip.phone_sound import Sound
from ivr.sip.tones import dtmf

E = TypeVar("E", bound=Event)
Means = Literal["rfc4733", "info", "info-dtmf", "inband"]


class PhoneError(Exception):
    """What was waited for did not come; the message tells what came instead."""


class PhoneCall:
    """One call of a phone. All methods may be called from any thread; `wait_*` raise PhoneError when time is up."""

    def __init__(self, endpoint: Endpoint, invite: Invite | None = None) -> None:
        self.sound = Sound()
        self.events: list[tuple[float, Event]] = []
        """time.monotonic() and event, in order; SIP messages included."""
        self.invite = invite
        """Set when the call came in."""
        self.transferred: PhoneCall | None = None
        """The call that the far side asked for by REFER."""
        self._endpoint = endpoint
        self._leg: Leg | None = None
        self._changed = threading.Condition()
        self._listener: Callable[[Event], None] | None = None

    # --- what it does ---------------------------------------------------------------------------------------------

    def play(self, pcm: bytes) -> int:
        """Speak: 8 kHz mono PCM16 behind what is being said; returns frames."""
        return self.sound.play(pcm)

    def press(self, keys: str, how: Means = "rfc4733", press_ms: int = 160) -> None:
        if how == "inband":
            self.sound.play(dtmf(keys, press_ms))
        elif self._leg is not None:
            self._leg.send_keys(keys, how, press_ms)

    def hold(self) -> None:
        if self._leg is not None:
            self._leg.hold()

    def resume(self) -> None:
        if self._leg is not None:
            self._leg.resume()

    def hang_up(self, status: int = 0) -> None:
        """BYE; CANCEL before the answer; `status` when the call came in and is refused."""
        if self._leg is not None:
            self._leg.hang_up(status)

    def ring(self) -> None:
        if self._leg is not None:
            self._leg.ring()

    def answer(self) -> None:
        if self._leg is not None:
            self._leg.answer()

    def transfer(self, uri: str, headers: dict[str, str], done: Callable[[int, str], None]) -> None:
        """Ask the far side by REFER to call `uri`."""
        if self._leg is not None:
            self._leg.refer(uri, headers, done)

    # --- what it knows --------------------------------------------------------------------------------------------

    @property
    def leg(self) -> Leg:
        """Raises PhoneError while the call is not made yet."""
        if self._leg is None:
            raise PhoneError("the call was not made")
        return self._leg

    @property
    def over(self) -> bool:
        return any(isinstance(event, HungUp) for _, event in list(self.events))

    def of(self, kind: type[E]) -> list[E]:
        """Events of one type so far."""
        return [event for _, event in list(self.events) if isinstance(event, kind)]

    def join(self, leg: Leg) -> None:
        """pjsua2 thread: this call is `leg`."""
        self._leg = leg
        leg.attach(self.sound)

    def told(self, event: Event) -> None:
        """pjsua2 thread."""
        with self._changed:
            self.events.append((time.monotonic(), event))
            self._changed.notify_all()
        if self._listener is not None:
            self._listener(event)

    def listen(self, listener: Callable[[Event], None]) -> None:
        """`listener` gets each event, on the telephone's thread."""
        self._listener = listener

    # --- waiting --------------------------------------------------------------------------------------------------

    def wait(self, kind: type[E], timeout_s: float = 5.0, number: int = 1) -> E:
        """The `number`th event of a type."""
        with self._changed:
            if not self._changed.wait_for(lambda: len(self.of(kind)) >= number, timeout_s):
                came = ", ".join(type(event).__name__ for _, event in self.events)
                raise PhoneError(f"no {kind.__name__} ({number}) within {timeout_s} s; came: {came}")
        return self.of(kind)[number - 1]

    def wait_answered(self, timeout_s: float = 10.0) -> None:
        """The call stands (ACK). Raises PhoneError with the status when it is refused."""
        end = time.monotonic() + timeout_s
        with self._changed:
            while not self.of(Acknowledged):
                if self.over:
                    hung_up = self.of(HungUp)[0]
                    raise PhoneError(f"not answered: {hung_up.sip_status} {hung_up.reason}")
                if not self._changed.wait(max(0.0, end - time.monotonic())) and time.monotonic() >= end:
                    raise PhoneError(f"not answered within {timeout_s} s")

    def wait_over(self, timeout_s: float = 10.0) -> HungUp:
        return self.wait(HungUp, timeout_s)

    def wait_heard(self, frames: int, timeout_s: float = 10.0) -> None:
        """Until so many frames of the far side came since the call's sound began."""
        self._until(lambda: self.sound.caller_frames >= frames, timeout_s, f"{frames} frames")

    def wait_played(self, timeout_s: float = 30.0) -> None:
        """Until everything queued was sent."""
        self._until(lambda: self.sound.waiting == 0, timeout_s, "the end of what is played")

    def _until(self, true: Callable[[], bool], timeout_s: float, what: str) -> None:
        end = time.monotonic() + timeout_s
        while not true():
            if self.over or time.monotonic() > end:
                raise PhoneError(f"{what}: not within {timeout_s} s" if not self.over else f"{what}: the call is over")
            time.sleep(0.01)


class Phone:
    """See the module. Use as a context manager, or `start` and `stop`."""

    def __init__(self, config: SipConfig | None = None, on_call: Callable[[PhoneCall], None] | None = None) -> None:
        self._endpoint = Endpoint(config or SipConfig(user="phone", user_agent="ivr phone"), self)
        self.on_call = on_call
        """Takes calls that come in; None refuses them."""
        self._endpoint.on_transfer = self._transfer
        self._calls: dict[CallLeg, PhoneCall] = {}
        self._ready = threading.Event()
        self._failed: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="phone", daemon=True)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    def start(self) -> Self:
        """Raises what the endpoint raised when it cannot start."""
        self._thread.start()
        self._ready.wait(20)
        if self._failed is not None:
            raise self._failed
        return self

    def stop(self) -> None:
        self._endpoint.stop()
        self._thread.join(10)

    def _run(self) -> None:
        try:
            self._endpoint.run(lambda _: self._ready.set())
        except BaseException as error:  # handed to whoever starts the phone
            self._failed = error
        finally:
            self._ready.set()

    @property
    def endpoint(self) -> Endpoint:
        return self._endpoint

    @property
    def listening(self) -> list[str]:
        """`udp:127.0.0.1:5062`, ..."""
        return self._endpoint.listening

    def dial(self, uri: str, headers: dict[str, str] | None = None, user: str = "") -> PhoneCall:
        """Call `uri`; returns at once. `user`: who calls, instead of the phone's own name."""
        call = PhoneCall(self._endpoint)

        def make() -> None:
            self._endpoint.dial(uri, self, headers, made=lambda leg: self._adopt(leg, call), user=user)

        self._endpoint.do(make)
        return call

    def _adopt(self, leg: Leg, call: PhoneCall) -> None:
        self._calls[leg] = call
        call.join(leg)

    def _transfer(self, asked: Leg, new: Leg) -> None:
        call = PhoneCall(self._endpoint)
        self._adopt(new, call)
        before = self._calls.get(asked)
        if before is not None:
            before.transferred = call

    # --- CallTaker ------------------------------------------------------------------------------------------------

    def offered(self, leg: CallLeg, invite: Invite) -> None:
        if self.on_call is None or not isinstance(leg, Leg):
            leg.reject(480)
            return
        call = PhoneCall(self._endpoint, invite)
        self._adopt(leg, call)
        self.on_call(call)

    def told(self, leg: CallLeg, what: Event) -> None:
        call = self._calls.get(leg)
        if call is None:
            return
        if isinstance(what, HungUp):
            del self._calls[leg]
        call.told(what)
