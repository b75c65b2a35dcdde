"""May this INVITE become a call? Decided before anything is made for it, from plain values. Pure."""

from dataclasses import dataclass

from ivr.sip.config import SipConfig
from ivr.sip.digest import Digest
from ivr.sip.message import Message
from ivr.sip.network import inside


@dataclass(frozen=True)
class Refusal:
    """Final answer to an INVITE that does not become a call."""

    status: int
    reason: str = ""
    retry_after_s: int = 0
    headers: tuple[tuple[str, str], ...] = ()


class Admission:
    """Allow-list, capacity, digest, in this order: a stranger costs no nonce, a full house no check of a password.

    Peers on the allow-list and trunks are known by their address; everybody else proves by digest who calls when there
    are credentials, and is refused when there is a list and no credentials.
    """

    def __init__(self, config: SipConfig, digest: Digest | None) -> None:
        self._config = config
        self._digest = digest
        self.trunks: frozenset[str] = frozenset()
        """Addresses of the trunks' registrars and proxies."""

    def trusted(self, peer: str) -> bool:
        """Peers on the allow-list and trunks may say who calls (P-Asserted-Identity, RFC 3325)."""
        return peer in self.trunks or inside(peer, self._config.peers)

    def refusal(self, invite: Message, peer: str, calls: int) -> Refusal | None:
        """None: take it. `peer` is an address, `calls` the number of calls now."""
        config, known = self._config, self.trusted(peer)
        if config.peers and self._digest is None and not known:
            return Refusal(403, "Forbidden")
        if calls >= config.max_calls:
            return Refusal(503, "All lines are busy", retry_after_s=config.retry_after_s)
        if self._digest is not None and not known:
            challenge = self._digest.challenge(invite, peer)
            if challenge is not None:
                return Refusal(401, "Unauthorized", headers=tuple(("WWW-Authenticate", c) for c in challenge))
        return None
