"""What pjsip writes to its log: SIP messages go to the legs' journals, warnings to our own log."""

import re
from collections import OrderedDict
from collections.abc import Callable
from datetime import UTC, datetime

import pjsua2 as pj
import structlog

from ivr.journal import SipMessage
from ivr.sip.defect import guarded
from ivr.sip.message import call_id_of, redact

_LINE = re.compile(r"\b(RX|TX) \d+ bytes [^\n]*?(?:from|to) (\S+ \S+):\n")
_END = "\n--end msg--"
_EARLY_CALLS = 64
_EARLY_MESSAGES = 8

Hear = Callable[[SipMessage], None]


class Trace(pj.LogWriter):  # type: ignore[misc]
    """pjsip's log writer; runs on the pjsua2 thread (`mainThreadOnly`)."""

    def __init__(self) -> None:
        super().__init__()
        self._legs: dict[str, Hear] = {}
        self._early: OrderedDict[str, list[SipMessage]] = OrderedDict()
        self._log = structlog.get_logger("sip")

    def write(self, entry: pj.LogEntry) -> None:
        guarded("trace", lambda: self._write(entry.level, entry.msg))

    def _write(self, level: int, text: str) -> None:
        if level == 4:
            found = _LINE.search(text, 0, 400)
            if found is not None:
                self._message(found.group(1) == "TX", text[found.end() :])
        elif level <= 1:
            self._log.warning("pjsip", what=text.strip()[:300])

    def _message(self, sent: bool, text: str) -> None:
        end = text.rfind(_END)
        text = text[:end] if end >= 0 else text
        call_id = call_id_of(text)
        if not call_id:
            return
        message = SipMessage(sent=sent, at=datetime.now(UTC).isoformat(timespec="milliseconds"), text=redact(text))
        hear = self._legs.get(call_id)
        if hear is not None:
            hear(message)
            return
        early = self._early.setdefault(call_id, [])
        if len(early) < _EARLY_MESSAGES:
            early.append(message)
        while len(self._early) > _EARLY_CALLS:
            self._early.popitem(last=False)

    def follow(self, call_id: str, hear: Hear) -> None:
        """Messages of this call go to `hear` from now on; those that came before are told at once."""
        self._legs[call_id] = hear
        for message in self._early.pop(call_id, []):
            hear(message)

    def forget(self, call_id: str) -> None:
        self._legs.pop(call_id, None)
