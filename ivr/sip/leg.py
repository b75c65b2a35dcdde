"""One SIP call as the call room sees it: `ports.CallLeg`. Its methods may be called from any thread; what they ask is
done on the pjsua2 thread, and what comes of it is told to the CallTaker from there."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

import pjsua2 as pj
import structlog

from ivr.events import Event, Held, HungUp, KeyPressed, Unheld
from ivr.journal import CallAnswered, MediaReport
from ivr.ports import Acknowledged, AudioFlows, AudioSlot, CallTaker
from ivr.sip import keys, message, requests, transfer
from ivr.sip.callbacks import DirectorCall
from ivr.sip.defect import guarded
from ivr.sip.native import respond
from ivr.sip.sound import LegSound

if TYPE_CHECKING:
    from ivr.sip.endpoint import Endpoint

By = Literal["caller", "system", "network"]
Done = Callable[[int, str], None]
_HOLD_TRIES = 20
_log = structlog.get_logger("sip")


class Leg:
    """See ports.CallLeg. `by` in HungUp means: `caller` the far side, `system` we, `network` RTP or SIP died."""

    def __init__(self, endpoint: Endpoint, taker: CallTaker, name: str, sip_call_id: str, incoming: bool) -> None:
        self.name = name
        self.sip_call_id = sip_call_id
        self.incoming = incoming
        self.endpoint = endpoint
        self.taker = taker
        self.peer = ""
        """Address and port of the SIP peer."""
        self.call: DirectorCall | None = None
        """pjsua2's call; None once it is gone."""
        self.sound = LegSound()
        self.answered_at = 0.0
        """Clock of the endpoint at the 200; 0 before."""
        self.held = False
        self.confirmed = False
        self.partner: Leg | None = None
        """The leg that this one is bridged with."""
        self.followers: list[Leg] = []
        """Second legs being dialled for this one: they end with it."""
        self.transfer: transfer.Refer | None = None
        self._keys = keys.KeyCounter()
        self._ended: tuple[By, str, int] | None = None
        self._muted = False
        self._over = False
        self._holding = False
        self._last_report: MediaReport | None = None

    # --- what others ask, from any thread ---------------------------------------------------------------------

    def attach(self, slot: AudioSlot) -> None:
        self.sound.slot = slot

    def ring(self) -> None:
        self.endpoint.do(lambda: self._answer(180))

    def answer(self) -> None:
        self.endpoint.do(lambda: self._answer(200))

    def reject(self, status: int, reason: str = "", retry_after_s: int = 0) -> None:
        self.endpoint.do(lambda: self.refuse(status, reason, retry_after_s))

    def hang_up(self, status: int = 0) -> None:
        self.endpoint.do(lambda: self.end("system", "", status))

    def refer(self, uri: str, headers: dict[str, str], done: Done, wait_s: float = 30.0) -> None:
        self.endpoint.do(lambda: transfer.refer(self.endpoint, self, uri, headers, done, wait_s))

    def bridge(
        self, uri: str, headers: dict[str, str], done: Done, wait_s: float = 30.0,
        whisper: Callable[[], bytes] | None = None,
    ) -> None:  # fmt: skip
        self.endpoint.do(lambda: transfer.bridge(self.endpoint, self, uri, headers, done, wait_s, whisper))

    def drop_second(self) -> None:
        self.endpoint.do(lambda: transfer.drop_second(self))

    def send_keys(self, keys: str, how: requests.How = "auto", press_ms: int = 160) -> None:
        self.endpoint.do(lambda: self._send_keys(keys, how, press_ms))

    def hold(self) -> None:
        """Put the far side on hold by re-INVITE."""
        self.endpoint.do(lambda: self._hold(True, _HOLD_TRIES))

    def resume(self) -> None:
        self.endpoint.do(lambda: self._hold(False, _HOLD_TRIES))

    # --- on the pjsua2 thread -----------------------------------------------------------------------------------

    def mute(self) -> None:
        """Nobody is told anything of this call: it is refused before it was offered."""
        self._muted = True

    def tell(self, what: Event) -> None:
        """To the taker; nothing after HungUp."""
        if not self._muted:
            guarded("taker", lambda: self.taker.told(self, what))

    def _answer(self, status: int) -> None:
        call = self.call
        if call is None or self.answered_at:
            return
        if status == 200:
            self.sound.open(self.sip_call_id[:20])
            self.answered_at = self.sound.alive_at = self.endpoint.now()
        self._try(lambda: call.answer(requests.parameters(status)))

    def refuse(
        self, status: int, reason: str = "", retry_after_s: int = 0, headers: tuple[tuple[str, str], ...] = ()
    ) -> None:
        """Final answer of 300 or more to an INVITE."""
        call = self.call
        if call is None:
            return
        if retry_after_s:
            headers = (*headers, ("Retry-After", str(retry_after_s)))
        self._ended = self._ended or ("system", reason or f"refused with {status}", status)
        # Not hangup: before the session stands, that one drops the headers.
        self._try(lambda: call.answer(requests.parameters(status, reason, headers)))

    def end(self, by: By, reason: str, status: int = 0) -> None:
        """BYE, CANCEL or a final answer, whatever fits."""
        call = self.call
        if call is None:
            return
        self._ended = self._ended or (by, reason, status)
        self._last_report = self.sound.report(call)  # pjsua frees the stream before it tells of the end
        self._try(lambda: call.hangup(requests.parameters(status)))

    def _try(self, what: Callable[[], None]) -> None:
        try:
            what()
        except pj.Error as error:
            _log.warning("sip call failed", what=error.title, reason=error.reason)
            self._ended = self._ended or ("network", error.reason, 0)
            if self.call is not None and not self.call.isActive():
                self.disconnected(0, error.reason)

    def _hold(self, on: bool, tries: int) -> None:
        if self.call is None or on == self._holding:
            return
        try:
            requests.hold(self.call, on)
            self._holding = on
        except pj.Error as error:  # an offer is still under way
            if tries:
                self.endpoint.later(0.1, lambda: self._hold(on, tries - 1))
            else:
                _log.warning("hold failed", reason=error.reason)

    def _send_keys(self, pressed: str, how: requests.How, press_ms: int) -> None:
        if self.call is None:
            return
        try:
            requests.send_keys(self.call, pressed, how, press_ms)
        except pj.Error as error:
            _log.warning("keys could not be sent", reason=error.reason)

    # --- what pjsua2 says ---------------------------------------------------------------------------------------

    def state_changed(self) -> None:
        call = self.call
        if call is None:
            return
        info = call.getInfo()
        if info.state == pj.PJSIP_INV_STATE_CONNECTING and self.incoming:
            self.tell(CallAnswered(codec=self.sound.codec(call)))
        elif info.state == pj.PJSIP_INV_STATE_CONFIRMED and not self.confirmed:
            self.confirmed = True
            self.tell(Acknowledged())
            if not self.incoming:
                self.answered_at = self.sound.alive_at = self.endpoint.now()
                self.tell(CallAnswered(codec=self.sound.codec(call)))
        elif info.state == pj.PJSIP_INV_STATE_DISCONNECTED:
            self.disconnected(info.lastStatusCode, info.lastReason)

    def media_changed(self) -> None:
        """After each offer and answer: connect the sound, tell hold."""
        call = self.call
        if call is None:
            return
        info = call.getInfo()  # must outlive what is read from it: SWIG's members point into it
        status = next((m.status for m in info.media if m.type == pj.PJMEDIA_TYPE_AUDIO), None)
        held = status == pj.PJSUA_CALL_MEDIA_REMOTE_HOLD
        if not held and status != pj.PJSUA_CALL_MEDIA_ACTIVE:
            return
        self.sound.streaming = True
        self.sound.open(self.sip_call_id[:20])
        self.connect()
        if held != self.held:
            self.held = held
            self.sound.alive_at = self.endpoint.now()
            self.tell(Held() if held else Unheld())

    def connect(self) -> None:
        """Join this leg's sound with its slot, or with its partner."""
        if self.call is not None:
            self.sound.connect(self.call, self.partner.call if self.partner is not None else None)

    def event_packet(self, prm: pj.OnDtmfEventParam) -> None:
        """A packet of RFC 4733."""
        if prm.method == pj.PJSUA_DTMF_METHOD_RFC2833 and self._keys.rtp(prm.digit, prm.timestamp, prm.duration):
            self.tell(KeyPressed(key=prm.digit.upper(), via="rtp"))

    def transaction(self, prm: pj.OnCallTsxStateParam) -> None:
        """INFO with keys (RFC 6086); BYE of the far side, while the stream can still be asked."""
        state = prm.e.body.tsxState
        method = state.tsx.method
        if method == "BYE" and self._last_report is None:
            self._last_report = self.sound.report(self.call)
        if method == "INFO" and state.tsx.role == pj.PJSIP_ROLE_UAS and state.tsx.state == pj.PJSIP_TSX_STATE_TRYING:
            request = message.parse(state.src.rdata.wholeMsg)
            kind = request.first("content-type").split(";", 1)[0].strip().lower()
            key = keys.from_info(kind, request.body)
            if key:
                self.tell(KeyPressed(key=key, via="info"))
            if kind != "application/dtmf-relay":  # that one pjsua answers by itself
                status = 200 if key or not request.body.strip() else 415
                respond(state.tsx.pjTransaction, state.src.rdata.pjRxData, status)

    def look(self, now: float) -> None:
        """Have packets come? Told once."""
        if self.call is not None and self.sound.look(self.call, now):
            self.tell(AudioFlows())

    def disconnected(self, status: int, reason: str) -> None:
        """The end: report, HungUp, nothing more. pjsua2's objects are destroyed later in the loop."""
        if self._over:
            return
        self._over = True
        self.tell(self._last_report or self.sound.report(self.call))
        by, why, code = self._ended or ("caller", "", 0)
        if self._ended is None and status in (408, 503) and (self.confirmed or not self.incoming):
            by = "network"
        self.tell(HungUp(by=by, reason=why or reason, sip_status=code or status))
        self._muted = True
        call, self.call = self.call, None
        port, self.sound.port = self.sound.port, None
        if self.transfer is not None:
            self.transfer.over(status or 487, reason or "hung up")
        partner, self.partner = self.partner, None
        if partner is not None:
            partner.partner = None
            partner.end(by, "the other side hung up")
        for second in self.followers:
            if second is not partner:
                second.end("system", "the caller left")
        self.endpoint.gone(self, call, port)
