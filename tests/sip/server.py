"""A SIP server for tests, in a process of its own: what it does with a call follows from the dialled user.

`echo` sends back what it hears, `tone` a 440 Hz tone, `slow` rings for a second, `ring` never answers, `refuse-486`
answers 486. Commands come as JSON lines on standard input (`{"do": "hang_up"}`, applied to every call), events go as
JSON lines to standard output. At the end of each call: what was heard, as level (RMS) of each 100 ms.
"""

import json
import math
import sys
import threading
from array import array
from typing import Any

import msgspec
import numpy as np
import structlog

from ivr.events import Event, HungUp
from ivr.ports import CallLeg, Invite
from ivr.sip.config import Credential, SipConfig, TrunkConfig
from ivr.sip.endpoint import Endpoint

TONE = array("h", [int(8000 * math.sin(2 * math.pi * 440 * n / 8000)) for n in range(4000)]).tobytes()


def say(**what: Any) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


class Slot:
    """ports.AudioSlot that keeps everything."""

    index = 0

    def __init__(self, what: str) -> None:
        self.what = what
        self.caller_frames = 0
        self.system_frames = 0
        self.heard = bytearray()
        self.last = bytes(320)

    def put_caller(self, pcm: Any) -> None:
        self.last = bytes(pcm)
        self.heard += self.last
        self.caller_frames += 1

    def take_system(self) -> bytes:
        n = self.system_frames % 25
        self.system_frames += 1
        if self.what == "tone":
            return TONE[n * 320 : n * 320 + 320]
        return bytes(320) if self.what == "silent" else self.last

    def caller(self, n: int) -> bytes:
        return bytes(self.heard[n * 320 : n * 320 + 320])

    def system(self, n: int) -> bytes:
        return bytes(320)

    def put_system(self, n: int, pcm: bytes) -> None: ...

    def levels(self) -> list[int]:
        sound = np.frombuffer(bytes(self.heard), dtype="<i2").astype(float)
        return [int(np.sqrt((part**2).mean())) for part in np.split(sound, range(800, len(sound), 800)) if len(part)]


class Taker:
    def __init__(self) -> None:
        self.legs: dict[CallLeg, tuple[int, Slot]] = {}
        self.number = 0

    def offered(self, leg: CallLeg, invite: Invite) -> None:
        self.number += 1
        user = invite.headers["to"].partition("sip:")[2].partition("@")[0]
        slot = Slot(user)
        self.legs[leg] = (self.number, slot)
        say(**{**msgspec.to_builtins(invite), "event": "Invite", "call": self.number})
        if user.startswith("refuse-"):
            leg.reject(int(user[7:]))
            return
        leg.attach(slot)
        leg.ring()
        if user == "slow":
            threading.Timer(1.0, leg.answer).start()
        elif user != "ring":
            leg.answer()

    def told(self, leg: CallLeg, what: Event) -> None:
        number, slot = self.legs[leg]
        told = {name: getattr(what, name) for name in what.__struct_fields__}
        say(**{**told, "event": type(what).__name__, "call": number, "frame": slot.caller_frames})
        if isinstance(what, HungUp):
            say(event="Sound", call=number, frames=slot.caller_frames, sent=slot.system_frames, levels=slot.levels())
            del self.legs[leg]


def obey(endpoint: Endpoint, taker: Taker) -> None:
    """Commands until standard input ends."""
    for line in sys.stdin:
        command = json.loads(line)
        if command["do"] == "trunks":
            say(event="Trunks", trunks=[vars(state) | {"registered": state.registered} for state in endpoint.trunks()])
        for leg, (number, _) in list(taker.legs.items()):
            done = lambda status, reason, n=number: say(event="Transferred", call=n, status=status, reason=reason)  # noqa: E731
            match command["do"]:
                case "hang_up":
                    leg.hang_up()
                case "keys":
                    leg.send_keys(command["keys"])
                case "refer":
                    leg.refer(command["uri"], command.get("headers", {}), done)
                case "bridge":
                    leg.bridge(command["uri"], command.get("headers", {}), done)
        if command["do"] == "drain":
            endpoint.drain()
    endpoint.stop()


def main() -> None:
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    told = json.loads(sys.argv[1])
    told["credentials"] = tuple(Credential(**c) for c in told.get("credentials", ()))
    told["trunks"] = tuple(TrunkConfig(**t) for t in told.get("trunks", ()))
    told = {key: tuple(value) if isinstance(value, list) else value for key, value in told.items()}
    taker = Taker()
    endpoint = Endpoint(SipConfig(**told), taker)
    endpoint.options.room = lambda: endpoint.config.max_calls - len(taker.legs)
    threading.Thread(target=obey, args=(endpoint, taker), daemon=True).start()
    endpoint.run(lambda listening: say(event="Listening", listening=listening))
    say(event="Stopped")


if __name__ == "__main__":
    main()
