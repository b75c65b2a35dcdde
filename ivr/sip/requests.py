"""What a leg sends within its call: answers, keys, hold. pjsua2 thread only; each raises pj.Error."""

from collections.abc import Iterable
from typing import Literal

import pjsua2 as pj

from ivr.sip.keys import KEYS

How = Literal["auto", "rfc4733", "info", "info-dtmf"]
"""`auto`: RTP events where the far side takes them, else INFO. `info` sends application/dtmf-relay, `info-dtmf`
application/dtmf."""


def parameters(status: int = 0, reason: str = "", headers: Iterable[tuple[str, str]] = ()) -> pj.CallOpParam:
    """One stream of sound, nothing else; `status` for answers."""
    made = pj.CallOpParam(True)
    made.opt.audioCount, made.opt.videoCount, made.opt.textCount = 1, 0, 0
    if status:
        made.statusCode = status
    made.reason = reason
    for name, value in headers:
        header = pj.SipHeader()
        header.hName, header.hValue = name, value
        made.txOption.headers.append(header)
    return made


def hold(call: pj.Call, on: bool) -> None:
    """Re-INVITE. Raises pj.Error while another offer is under way."""
    made = parameters()
    if on:
        call.setHold(made)
    else:
        made.opt.flag = pj.PJSUA_CALL_UNHOLD
        call.reinvite(made)


def send_keys(call: pj.Call, pressed: str, how: How, press_ms: int) -> None:
    """What is no key is left out."""
    pressed = "".join(key for key in pressed.upper() if key in KEYS)
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
    made = pj.CallSendDtmfParam()
    made.digits, made.duration = pressed, press_ms
    made.method = pj.PJSUA_DTMF_METHOD_RFC2833 if how == "rfc4733" else pj.PJSUA_DTMF_METHOD_SIP_INFO
    call.sendDtmf(made)
