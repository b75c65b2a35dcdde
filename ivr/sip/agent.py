"""The human agent, played: takes the calls that are transferred, tells who called and why, speaks, echoes, records."""

import time
import wave
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from ivr.events import Event, HungUp, KeyPressed
from ivr.ports import Acknowledged
from ivr.sip.caller import Phone, PhoneCall
from ivr.sip.config import SipConfig
from ivr.sip.message import address, display_name

_OWN = frozenset(("via", "from", "to", "call-id", "cseq", "contact", "max-forwards", "content-length", "content-type",
                  "allow", "supported", "user-agent", "session-expires", "min-se", "record-route", "route", "accept",
                  "p-asserted-identity", "allow-events", "date", "expires", "require"))  # fmt: skip
"""Headers that say nothing of why somebody calls."""


@dataclass(frozen=True)
class Manner:
    """What the agent does with a call."""

    refuse: int = 0
    """SIP status to refuse with; 0 answers."""
    after_s: float = 0.0
    """Time between ringing and the answer."""
    speech: bytes = b""
    """What it says first: 8 kHz mono PCM16."""
    echo: bool = False
    """Send back what is heard once everything was said."""
    record: Path | None = None
    """Folder for what was heard (left) and said (right), a WAV file a call."""
    hang_up_s: float = 0.0
    """Hang up this long after the answer; 0 never."""


Report = Callable[[dict[str, Any]], None]


class Agent:
    """Takes calls on `config`'s port until stopped. `report` is called on the telephone's thread with what happened."""

    def __init__(self, config: SipConfig, manner: Manner, report: Report) -> None:
        self._manner = manner
        self._report = report
        self._number = 0
        self.phone = Phone(config, self._taken)

    def _taken(self, call: PhoneCall) -> None:
        self._number += 1
        number = self._number
        invite = call.invite
        assert invite is not None
        why = {name: value for name, value in invite.headers.items() if name not in _OWN}
        self._report(
            {
                "event": "call",
                "call": number,
                "from": invite.caller,
                "name": display_name(invite.headers.get("from", "")),
                "asserted": address(invite.headers.get("p-asserted-identity", "")),
                "to": invite.dialled[0] if invite.dialled else "",
                "why": why,
            }
        )
        call.listen(lambda event: self._told(number, call, event))
        if self._manner.refuse:
            call.leg.reject(self._manner.refuse)
            return
        call.ring()
        self.phone.endpoint.later(self._manner.after_s, call.answer)

    def _told(self, number: int, call: PhoneCall, event: Event) -> None:
        match event:
            case Acknowledged():
                self._report({"event": "answered", "call": number})
                frames = call.play(self._manner.speech) if self._manner.speech else 0
                if self._manner.echo:
                    self.phone.endpoint.later(frames * 0.02, lambda: setattr(call.sound, "echo", True))
                if self._manner.hang_up_s:
                    self.phone.endpoint.later(self._manner.hang_up_s, call.hang_up)
            case KeyPressed():
                self._report({"event": "key", "call": number, "key": event.key})
            case HungUp():
                took = len(call.sound.heard_at) * 0.02
                ended = {
                    "event": "ended",
                    "call": number,
                    "by": event.by,
                    "status": event.sip_status,
                    "took_s": round(took, 2),
                }
                if self._manner.record is not None and took:
                    ended["recording"] = str(write_wav(call, self._manner.record, number))
                self._report(ended)


def write_wav(call: PhoneCall, folder: Path, number: int) -> Path:
    """Heard left, sent right, 8 kHz."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{datetime.now():%Y%m%d-%H%M%S}-{number}.wav"
    heard, sent = bytes(call.sound.heard), bytes(call.sound.sent)
    both = bytearray(2 * max(len(heard), len(sent)))
    for side, pcm in ((0, heard), (2, sent)):
        both[side : 2 * len(pcm) : 4] = pcm[0::2]
        both[side + 1 : 2 * len(pcm) : 4] = pcm[1::2]
    with wave.open(str(path), "wb") as out:
        out.setnchannels(2)
        out.setsampwidth(2)
        out.setframerate(8000)
        out.writeframes(bytes(both))
    return path


def serve(agent: Agent, ready: Callable[[list[str]], None]) -> None:
    """Run until interrupted (KeyboardInterrupt)."""
    with agent.phone:
        ready(agent.phone.listening)
        while True:
            time.sleep(3600)
