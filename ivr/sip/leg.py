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
from ivr.sip import keys, message, transfer
from ivr.sip.media import SoundPort
from ivr.sip.native import respond

if TYPE_CHECKING:
    from ivr.sip.endpoint import Endpoint

How = Literal["auto", "rfc4733", "info", "info-dtmf"]
"""`info` sends application/dtmf-relay, `info-dtmf` application/dtmf."""
By = Literal["caller", "system", "network"]
_HOLD = pj.PJSUA_CALL_MEDIA_REMOTE_HOLD
_ACTIVE = pj.PJSUA_CALL_MEDIA_ACTIVE
_LOCAL_HOLD = pj.PJSUA_CALL_MEDIA_LOCAL_HOLD
_log = structlog.get_logger("sip")


class Leg:
    """See ports.CallLeg. `by` in HungUp means: `caller` the far side, `system` we, `network` RTP or SIP died."""

    def __init__(self, endpoint: Endpoint, taker: CallTaker, name: str, sip_call_id: str, incoming: bool) -> None:
        self.name = name
        self.sip_call_id = sip_call_id
        self.incoming = incoming
        self.answered_at = 0.0
        """Clock of endpoint.now() at the 200; 0 before."""
        self.packets = 0
        self.packets_at = 0.0
        self.held = False
        self.flows = False
        self.confirmed = False
        self.peer = ""
        """Address and port of the SIP peer."""
        self._endpoint = endpoint
        self.taker = taker
        self._call: DirectorCall | None = None
        self._slot: AudioSlot | None = None
        self._port: SoundPort | None = None
        self._keys = keys.KeyCounter()
        self._ended: tuple[By, str, int] | None = None
        self._told_end = False
        self._over = False
        self.partner: Leg | None = None
        """The leg that this one is bridged with."""
        self.transfer: transfer.Refer | None = None
        self._on_hold_by_us = False
        self.followers: list[Leg] = []
        """Second legs being dialled for this one: they end with it."""
        self._streaming = False
        self._last_report: MediaReport | None = None

    # --- what others ask, from any thread ---------------------------------------------------------------------

    def attach(self, slot: AudioSlot) -> None:
        self._slot = slot

    def ring(self) -> None:
        self._endpoint.do(lambda: self._answer(180))

    def answer(self) -> None:
        self._endpoint.do(lambda: self._answer(200))

    def reject(self, status: int, reason: str = "", retry_after_s: int = 0) -> None:
        self._endpoint.do(lambda: self.refuse(status, reason, retry_after_s))

    def hang_up(self, status: int = 0) -> None:
        self._endpoint.do(lambda: self.end("system", "", status))

    def refer(self, uri: str, headers: dict[str, str], done: Callable[[int, str], None], wait_s: float = 30.0) -> None:
        self._endpoint.do(lambda: transfer.refer(self._endpoint, self, uri, headers, done, wait_s))

    def bridge(self, uri: str, headers: dict[str, str], done: Callable[[int, str], None], wait_s: float = 30.0) -> None:
        self._endpoint.do(lambda: transfer.bridge(self._endpoint, self, uri, headers, done, wait_s))

    def send_keys(self, keys: str, how: How = "auto", press_ms: int = 160) -> None:
        """By RTP events (RFC 4733) where the far side takes them, else by INFO."""
        self._endpoint.do(lambda: self._send_keys(keys, how, press_ms))

    def hold(self) -> None:
        """Put the far side on hold by re-INVITE."""
        self._endpoint.do(lambda: self._hold(True))

    def resume(self) -> None:
        self._endpoint.do(lambda: self._hold(False))

    # --- on the pjsua2 thread -----------------------------------------------------------------------------------

    @property
    def call(self) -> DirectorCall | None:
        """pjsua2's call; None once it is gone."""
        return self._call

    def begin(self, call: DirectorCall) -> None:
        self._call = call

    def mute(self) -> None:
        """Nobody is told anything of this call: it is refused before it was offered."""
        self._told_end = True

    def tell(self, what: Event) -> None:
        """To the taker; nothing after HungUp."""
        if not self._told_end:
            self.taker.told(self, what)

    def _answer(self, status: int) -> None:
        call = self._call
        if call is None or self.answered_at:
            return
        if status == 200:
            self.open_sound()
            self.answered_at = self.packets_at = self._endpoint.now()
        prm = self._parameters(status)
        try:
            call.answer(prm)
        except pj.Error as error:
            self._broken(error)

    def open_sound(self) -> None:
        """Make the port between bridge and slot, once."""
        if self._port is None and self._slot is not None:
            self._port = SoundPort(f"leg{self.sip_call_id[:20]}", self._slot)

    def refuse(
        self, status: int, reason: str = "", retry_after_s: int = 0, headers: tuple[tuple[str, str], ...] = ()
    ) -> None:
        """Final answer of 300 or more to an INVITE."""
        call = self._call
        if call is None:
            return
        prm = self._parameters(status, reason)
        if retry_after_s:
            headers = (*headers, ("Retry-After", str(retry_after_s)))
        for name, value in headers:
            header = pj.SipHeader()
            header.hName, header.hValue = name, value
            prm.txOption.headers.append(header)
        self._ended = self._ended or ("system", reason or f"refused with {status}", status)
        try:
            call.answer(prm)  # not hangup: before the session stands, that one drops the headers
        except pj.Error as error:
            self._broken(error)

    def end(self, by: By, reason: str, status: int = 0) -> None:
        """BYE, CANCEL or a final answer, whatever fits."""
        call = self._call
        if call is None:
            return
        self._ended = self._ended or (by, reason, status)
        self._last_report = self._report()  # pjsua frees the stream before it tells of the end
        prm = pj.CallOpParam()
        if status:
            prm.statusCode = status
        try:
            call.hangup(prm)
        except pj.Error as error:
            self._broken(error)

    def _broken(self, error: pj.Error) -> None:
        _log.warning("sip call failed", what=error.title, status=error.status, reason=error.reason)
        self._ended = self._ended or ("network", error.reason, 0)
        if self._call is not None and not self._call.isActive():
            self.disconnected(0, error.reason)

    @staticmethod
    def _parameters(status: int, reason: str = "") -> pj.CallOpParam:
        prm = pj.CallOpParam(True)
        prm.opt.audioCount, prm.opt.videoCount, prm.opt.textCount = 1, 0, 0
        prm.statusCode = status
        prm.reason = reason
        return prm

    def _hold(self, hold: bool, tries: int = 20) -> None:
        call = self._call
        if call is None or hold == self._on_hold_by_us:
            return
        prm = pj.CallOpParam(True)
        prm.opt.videoCount = prm.opt.textCount = 0
        try:
            if hold:
                call.setHold(prm)
            else:
                prm.opt.flag = pj.PJSUA_CALL_UNHOLD
                call.reinvite(prm)
            self._on_hold_by_us = hold
        except pj.Error as error:  # an offer is still under way
            if tries:
                self._endpoint.later(0.1, lambda: self._hold(hold, tries - 1))
            else:
                _log.warning("hold failed", reason=error.reason)

    def _send_keys(self, pressed: str, how: How, press_ms: int) -> None:
        call = self._call
        if call is None:
            return
        pressed = "".join(key for key in pressed.upper() if key in keys.KEYS)
        try:
            if how == "auto":
                how = "rfc4733" if call.getStreamInfo(0).audTxEventPt > 0 else "info"
            if how == "info-dtmf":
                for key in pressed:
                    request = pj.CallSendRequestParam()
                    request.method = "INFO"
                    request.txOption.contentType = "application/dtmf"
                    request.txOption.msgBody = key
                    call.sendRequest(request)
                return
            prm = pj.CallSendDtmfParam()
            prm.digits, prm.duration = pressed, press_ms
            prm.method = pj.PJSUA_DTMF_METHOD_RFC2833 if how == "rfc4733" else pj.PJSUA_DTMF_METHOD_SIP_INFO
            call.sendDtmf(prm)
        except pj.Error as error:
            _log.warning("keys could not be sent", reason=error.reason)

    # --- what pjsua2 says ---------------------------------------------------------------------------------------

    def state_changed(self) -> None:
        call = self._call
        if call is None:
            return
        info = call.getInfo()
        if info.state == pj.PJSIP_INV_STATE_CONFIRMED:
            if not self.confirmed:
                self.confirmed = True
                self.tell(Acknowledged())
                if not self.incoming and self.answered_at == 0:
                    self.answered_at = self.packets_at = self._endpoint.now()
                    self.tell(CallAnswered(codec=self._codec()))
        elif info.state == pj.PJSIP_INV_STATE_CONNECTING and self.incoming:
            self.tell(CallAnswered(codec=self._codec()))
        elif info.state == pj.PJSIP_INV_STATE_DISCONNECTED:
            self.disconnected(info.lastStatusCode, info.lastReason)

    def _codec(self) -> str:
        try:
            if self._call is None or not self._streaming:
                return ""
            return str(self._call.getStreamInfo(0).codecName)
        except pj.Error:
            return ""  # late offer: not known before the ACK

    def media_changed(self) -> None:
        """After each offer and answer: connect the sound (its port may be another one now), tell hold."""
        call = self._call
        if call is None:
            return
        info = call.getInfo()  # must outlive what is read from it: SWIG's members point into it
        status = next((m.status for m in info.media if m.type == pj.PJMEDIA_TYPE_AUDIO), None)
        if status not in (_ACTIVE, _HOLD):
            return
        self._streaming = True
        self.open_sound()
        self.connect()
        held = status == _HOLD
        if held != self.held:
            self.held = held
            self.packets_at = self._endpoint.now()
            self.tell(Held() if held else Unheld())

    def connect(self) -> None:
        """Join the far side's sound with the slot, and with the partner's far side when bridged."""
        call = self._call
        if call is None:
            return
        try:
            sound = call.getAudioMedia(-1)
            if self._port is not None:
                sound.startTransmit(self._port)
                if self.partner is None:
                    self._port.startTransmit(sound)
                else:
                    self._port.stopTransmit(sound)
            if self.partner is not None and self.partner.call is not None:
                far = self.partner.call.getAudioMedia(-1)
                sound.startTransmit(far)
                far.startTransmit(sound)
        except pj.Error as error:
            _log.debug("sound not connected", reason=error.reason)

    def event_packet(self, prm: pj.OnDtmfEventParam) -> None:
        if prm.method == pj.PJSUA_DTMF_METHOD_RFC2833 and self._keys.rtp(prm.digit, prm.timestamp, prm.duration):
            self.tell(KeyPressed(key=prm.digit.upper(), via="rtp"))

    def transaction(self, prm: pj.OnCallTsxStateParam) -> None:
        """INFO with keys (RFC 6086); answers of REFER."""
        state = prm.e.body.tsxState
        method = state.tsx.method
        if method == "BYE" and self._last_report is None:
            self._last_report = self._report()  # the stream is gone when the end is told
        if method == "INFO" and state.tsx.role == pj.PJSIP_ROLE_UAS and state.tsx.state == pj.PJSIP_TSX_STATE_TRYING:
            request = message.parse(state.src.rdata.wholeMsg)
            kind = request.first("content-type").split(";", 1)[0].strip().lower()
            key = keys.from_info(kind, request.body)
            if key:
                self.tell(KeyPressed(key=key, via="info"))
            if kind != "application/dtmf-relay":  # that one pjsua answers by itself
                respond(
                    state.tsx.pjTransaction, state.src.rdata.pjRxData, 200 if key or not request.body.strip() else 415
                )

    def follow(self, account: pj.Account) -> DirectorCall | None:
        """The far side asks by REFER that we call somebody: the call to do it with, None to decline."""
        followed = self._endpoint.follow(self)
        if followed is None:
            return None
        call = DirectorCall(account, followed)
        followed.begin(call)
        return call

    def disconnected(self, status: int, reason: str) -> None:
        """The end: report, HungUp, nothing more. pjsua2's objects are destroyed later in the loop."""
        if self._over:
            return
        self._over = True
        self.tell(self._last_report or self._report())
        by, why, code = self._ended or ("caller", "", 0)
        if self._ended is None and status in (408, 503) and not (self.incoming and not self.confirmed):
            by = "network"
        self.tell(HungUp(by=by, reason=why or reason, sip_status=code or status))
        self._told_end = True
        call, port, self._call, self._port = self._call, self._port, None, None
        if self.transfer is not None:
            self.transfer.over(status or 487, reason or "hung up")
        partner, self.partner = self.partner, None
        if partner is not None:
            partner.partner = None
            partner.end("caller" if by == "caller" else by, "the other side hung up")
        for second in self.followers:
            if second is not partner:
                second.end("system", "the caller left")
        self._endpoint.gone(self, call, port)

    def _report(self) -> MediaReport:
        if self._call is None or not self._streaming:
            return MediaReport()
        try:
            stat = self._call.getStreamStat(0)
        except pj.Error:
            return MediaReport()
        received = stat.rtcp.rxStat
        return MediaReport(
            lost=received.loss,
            jitter_ms=round(received.jitterUsec.mean / 1000, 2),
            received=received.pkt,
            sent_packets=stat.rtcp.txStat.pkt,
            late_frames=stat.jbuf.discard,
        )

    def count_packets(self, now: float) -> None:
        """Has RTP come since the last look? First packet: AudioFlows."""
        if self._call is None or not self._streaming:
            return
        try:
            packets: int = self._call.getStreamStat(0).rtcp.rxStat.pkt
        except pj.Error:
            return
        if packets != self.packets:
            self.packets, self.packets_at = packets, now
            if not self.flows:
                self.flows = True
                self.tell(AudioFlows())


class DirectorCall(pj.Call):  # type: ignore[misc]
    """pjsua2's callbacks of one call, handed to its leg. An exception must not travel into C++."""

    def __init__(self, account: pj.Account, leg: Leg | None, call_id: int = pj.PJSUA_INVALID_ID) -> None:
        super().__init__(account, call_id)
        self.account = account
        self.leg = leg

    def _hand(self, what: Callable[[Leg], None]) -> None:
        leg = self.leg
        if leg is None:
            return
        try:
            what(leg)
        except Exception:
            _log.exception("sip callback failed")

    def onCallState(self, prm: pj.OnCallStateParam) -> None:
        self._hand(Leg.state_changed)

    def onCallMediaState(self, prm: pj.OnCallMediaStateParam) -> None:
        self._hand(Leg.media_changed)

    def onDtmfEvent(self, prm: pj.OnDtmfEventParam) -> None:
        self._hand(lambda leg: leg.event_packet(prm))

    def onCallTsxState(self, prm: pj.OnCallTsxStateParam) -> None:
        self._hand(lambda leg: leg.transaction(prm))

    def onCallTransferStatus(self, prm: pj.OnCallTransferStatusParam) -> None:
        def notify(leg: Leg) -> None:
            if leg.transfer is not None:
                leg.transfer.notified(prm.statusCode, prm.reason, prm.finalNotify)
                prm.cont = not prm.finalNotify

        self._hand(notify)

    def onCallTransferRequest(self, prm: pj.OnCallTransferRequestParam) -> None:
        """A caller may not make a server dial (toll fraud); a telephone may allow it."""
        prm.statusCode = pj.PJSIP_SC_DECLINE

        def follow(leg: Leg) -> None:
            followed = leg.follow(self.account)
            if followed is not None:
                prm.newCall = followed
                prm.statusCode = pj.PJSIP_SC_ACCEPTED

        self._hand(follow)

    def onCallReplaceRequest(self, prm: pj.OnCallReplaceRequestParam) -> None:
        prm.statusCode = pj.PJSIP_SC_DECLINE
