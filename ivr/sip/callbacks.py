"""pjsua2's callbacks, of a call and of none. An exception must not travel into C++."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pjsua2 as pj

from ivr.sip.defect import guarded

if TYPE_CHECKING:
    from ivr.sip.leg import Leg


class DirectorCall(pj.Call):  # type: ignore[misc]
    """One call of pjsua2."""

    def __init__(self, account: pj.Account, leg: Leg, call_id: int = pj.PJSUA_INVALID_ID) -> None:
        super().__init__(account, call_id)
        self.account = account
        self.leg: Leg | None = leg

    def _hand(self, what: Callable[[Leg], None]) -> None:
        leg = self.leg
        if leg is not None:
            guarded("callback", lambda: what(leg))

    def onCallState(self, prm: pj.OnCallStateParam) -> None:
        self._hand(lambda leg: leg.state_changed())

    def onCallMediaState(self, prm: pj.OnCallMediaStateParam) -> None:
        self._hand(lambda leg: leg.media_changed())

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
            call = leg.endpoint.follow(leg, self.account)
            if call is not None:
                prm.newCall = call
                prm.statusCode = pj.PJSIP_SC_ACCEPTED

        self._hand(follow)

    def onCallReplaceRequest(self, prm: pj.OnCallReplaceRequestParam) -> None:
        """Nobody takes a caller's place (RFC 3891)."""
        prm.statusCode = pj.PJSIP_SC_DECLINE


class DirectorEndpoint(pj.Endpoint):  # type: ignore[misc]
    """pjsua2's callbacks that belong to no call."""

    def __init__(self, select_account: Callable[[pj.OnSelectAccountParam], None]) -> None:
        super().__init__()
        self._select_account = select_account

    def onSelectAccount(self, prm: pj.OnSelectAccountParam) -> None:
        guarded("account", lambda: self._select_account(prm))
