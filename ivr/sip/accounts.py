"""pjsua accounts: one a way to us (local address, transport, inside or outside of NAT), one a trunk.

An account fixes what a peer sees of us: Contact and the address in SDP. So each peer is given the account of the
interface that leads to it, and peers outside `local_networks` the one with the public address.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pjsua2 as pj
import structlog

from ivr.sip.config import SipConfig, TrunkConfig
from ivr.sip.defect import guarded
from ivr.sip.message import uri
from ivr.sip.network import inside, local_address, resolved
from ivr.sip.stack import Listener

_log = structlog.get_logger("sip")
_ANY = frozenset(("0.0.0.0", "::"))
Incoming = Callable[[pj.Account, int, str, str], None]
"""(account, call id, raw INVITE, peer `host:port`)"""


class DirectorAccount(pj.Account):  # type: ignore[misc]
    """pjsua2's callbacks of one account."""

    def __init__(self, incoming: Incoming, registered: Callable[[int, str], None] | None = None) -> None:
        super().__init__()
        self._incoming = incoming
        self._registered = registered

    def onIncomingCall(self, prm: pj.OnIncomingCallParam) -> None:
        guarded("incoming", lambda: self._incoming(self, prm.callId, prm.rdata.wholeMsg, prm.rdata.srcAddress))

    def onRegState(self, prm: pj.OnRegStateParam) -> None:
        if self._registered is not None:
            self._registered(prm.code if prm.expiration or prm.code != 200 else 0, prm.reason)

    def onIncomingSubscribe(self, prm: pj.OnIncomingSubscribeParam) -> None:
        """There is nothing to subscribe to (RFC 6665)."""
        prm.code = pj.PJSIP_SC_BAD_EVENT


@dataclass
class TrunkState:
    """What is known of a registration."""

    name: str
    registrar: str
    status: int = 0
    """Last answer of the registrar; 0 before the first."""
    reason: str = ""

    @property
    def registered(self) -> bool:
        return self.status == 200


class Accounts:
    """All accounts of an endpoint. pjsua2 thread only."""

    def __init__(
        self, config: SipConfig, listeners: Sequence[Listener], rtp_ports: tuple[int, int], incoming: Incoming
    ) -> None:
        self._config = config
        self._rtp_ports = rtp_ports
        """First port and size of the range."""
        self._listeners = listeners
        self._ports = {listener.transport: listener.port for listener in listeners}
        self._incoming = incoming
        self._ways: dict[tuple[str, str, bool], DirectorAccount] = {}
        self._trunks: dict[str, DirectorAccount] = {}
        self._trunk_peers: dict[str, DirectorAccount] = {}
        """Addresses of registrars and proxies -> the trunk's account."""
        self.states: dict[str, TrunkState] = {}

    def for_incoming(self, peer: str, transport: str, asked: str) -> DirectorAccount:
        """Account that answers an INVITE to host `asked`: the trunk's when it comes from there, since a provider may
        challenge what we send within the call; nobody else gets an answer computed from that password."""
        return self._trunk_peers.get(peer) or self.for_peer(peer, transport, asked)

    def for_peer(self, peer: str, transport: str, asked: str = "") -> DirectorAccount:
        """Account by which `peer` (an address) sees us. Transport: `udp` or `tcp`."""
        config = self._config
        transport = transport if transport in self._ports else next(iter(self._ports))
        outside = bool(config.public_address) and not inside(peer, config.local_networks)
        key = (self._own_address(peer, asked), transport, outside)
        account = self._ways.get(key)
        if account is None:
            account = DirectorAccount(self._incoming)
            account.create(self._way(*key), not self._ways)
            self._ways[key] = account
        return account

    def _own_address(self, peer: str, asked: str) -> str:
        """The address that was asked when it is one that we listen on, else that of the interface to `peer`."""
        own = self._config.addresses
        if asked in own and asked not in _ANY:
            return asked
        leads_there = local_address(peer)
        return leads_there if leads_there in own or _ANY.intersection(own) else own[0]

    def _way(self, local: str, transport: str, outside: bool) -> pj.AccountConfig:
        seen = self._config.public_address if outside else local
        host = f"[{seen}]" if ":" in seen else seen
        made = self._common(local, outside)
        made.idUri = f"sip:{self._config.user}@{host}"
        if login := self._config.login:
            made.sipConfig.authCreds.append(pj.AuthCredInfo("digest", "*", login.user, 0, login.password))
        suffix = "" if transport == "udp" else f";transport={transport}"
        if len(self._config.addresses) > 1:  # else pjsip sends from whichever address it opened first
            own = [it for it in self._listeners if it.transport == transport]
            made.sipConfig.transportId = next((it.number for it in own if it.address == local), own[0].number)
        made.sipConfig.contactForced = f"<sip:{self._config.user}@{host}:{self._ports[transport]}{suffix}>"
        return made

    def _common(self, local: str, outside: bool) -> pj.AccountConfig:
        config = self._config
        made = pj.AccountConfig()
        made.callConfig.timerUse = (
            pj.PJSUA_SIP_TIMER_OPTIONAL if config.session_timer_s else pj.PJSUA_SIP_TIMER_INACTIVE
        )
        if config.session_timer_s:
            made.callConfig.timerSessExpiresSec = max(90, config.session_timer_s)
        media = made.mediaConfig.transportConfig
        media.boundAddress = local
        media.publicAddress = config.public_address if outside else ""
        media.port, media.portRange = self._rtp_ports
        media.randomizePort = bool(media.port)
        if ":" not in local:  # else an offer with an IPv6 address asks for a socket that this address cannot have
            made.mediaConfig.ipv6Use = pj.PJSUA_IPV6_DISABLED
        made.mediaConfig.srtpUse = pj.PJMEDIA_SRTP_DISABLED
        made.natConfig.contactRewriteUse = 0
        made.natConfig.viaRewriteUse = 0
        made.natConfig.sdpNatRewriteUse = 0
        made.natConfig.sipOutboundUse = 0
        made.natConfig.iceEnabled = False
        return made

    # --- trunks -------------------------------------------------------------------------------------------------

    def register(self, trunk: TrunkConfig) -> None:
        """Register at a trunk; pjsua does it again in time and after failures."""
        registrar = uri(trunk.registrar)
        host = registrar.host if registrar else trunk.registrar
        state = self.states[trunk.name] = TrunkState(trunk.name, trunk.registrar)

        def told(status: int, reason: str) -> None:
            if (status, reason) != (state.status, state.reason):
                _log.info("trunk", trunk=trunk.name, status=status, reason=reason)
            state.status, state.reason = status, reason

        account = self._trunks[trunk.name] = DirectorAccount(self._incoming, told)
        addresses = resolved(host)
        proxy = uri(trunk.proxy)
        for address in (*addresses, *(resolved(proxy.host) if proxy else ())):
            self._trunk_peers[address] = account
        account.create(self._trunk(trunk, host, addresses[0] if addresses else ""))

    def _trunk(self, trunk: TrunkConfig, host: str, address: str) -> pj.AccountConfig:
        config = self._config
        outside = bool(config.public_address) and not inside(address, config.local_networks)
        bound = [own for own in config.addresses if own not in _ANY]
        made = self._common(bound[0] if bound else local_address(address) if address else "", outside)
        made.idUri = f"sip:{trunk.user}@{trunk.domain or host}"
        made.regConfig.registrarUri = trunk.registrar
        made.regConfig.timeoutSec = trunk.expires_s
        made.regConfig.retryIntervalSec = 30
        made.regConfig.firstRetryIntervalSec = 2
        made.regConfig.randomRetryIntervalSec = 2
        made.regConfig.delayBeforeRefreshSec = max(5, min(60, trunk.expires_s // 5))
        made.regConfig.unregWaitMsec = 500
        made.sipConfig.authCreds.append(pj.AuthCredInfo("digest", trunk.realm, trunk.user, 0, trunk.password))
        if trunk.proxy:
            made.sipConfig.proxies.append(trunk.proxy)
        made.natConfig.contactRewriteUse = 1  # the registrar sees which address we have outside (Via received, rport)
        made.natConfig.viaRewriteUse = 1
        made.natConfig.udpKaIntervalSec = trunk.keep_alive_s
        return made

    @property
    def trunk_addresses(self) -> frozenset[str]:
        """Where trunks' calls come from."""
        return frozenset(self._trunk_peers)

    def trunk_for(self, host: str) -> DirectorAccount | None:
        """The trunk whose domain or registrar `host` is."""
        for trunk in self._config.trunks:
            registrar = uri(trunk.registrar)
            if host.lower() in (trunk.domain.lower(), registrar.host if registrar else ""):
                return self._trunks.get(trunk.name)
        return None

    def close(self) -> None:
        """Unregister and give all accounts back."""
        for account in [*self._trunks.values(), *self._ways.values()]:
            try:
                account.shutdown()
            except pj.Error as error:
                _log.debug("account not closed", reason=error.reason)
        self._trunks.clear()
        self._ways.clear()
