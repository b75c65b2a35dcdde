"""Digest authentication of callers (RFC 8760, 7616, 2617): challenge and check; pjsua2 has no server side of it."""

import hashlib
import hmac
import re
import secrets
import time
from base64 import urlsafe_b64encode
from collections import OrderedDict
from collections.abc import Callable, Sequence

from ivr.sip.config import Credential
from ivr.sip.message import Message

_PAIR = re.compile(r'(\w+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,]+))')
_HASHES: dict[str, Callable[[bytes], "hashlib._Hash"]] = {"SHA-256": hashlib.sha256, "MD5": hashlib.md5}
_NONCE_S = 60
_USED_NONCES = 4096


class Digest:
    """Checks who calls. A nonce carries its time and a mark that only this process can make; it holds for a minute
    and for one count (nc) each, so that a message that was listened to cannot be sent again."""

    def __init__(
        self, credentials: Sequence[Credential], realm: str, clock: Callable[[], float] = time.time, secret: bytes = b""
    ) -> None:
        self._passwords = {credential.user: credential.password for credential in credentials}
        self._realm = realm
        self._clock = clock
        self._secret = secret or secrets.token_bytes(32)
        self._counts: OrderedDict[str, int] = OrderedDict()

    def challenge(self, request: Message, peer: str) -> list[str] | None:
        """None when the request proves a known user; else WWW-Authenticate values, the stronger first."""
        stale = False
        for value in request.headers.get("authorization", []):
            verdict = self._check(value, request.method, peer)
            if verdict == "good":
                return None
            stale = stale or verdict == "stale"
        nonce = self._nonce(peer)
        end = ", stale=true" if stale else ""
        return [f'Digest realm="{self._realm}", nonce="{nonce}", qop="auth", algorithm={name}{end}' for name in _HASHES]

    def _nonce(self, peer: str) -> str:
        stamp = f"{int(self._clock()):x}.{secrets.token_hex(4)}"
        return f"{stamp}.{self._mark(stamp, peer)}"

    def _mark(self, stamp: str, peer: str) -> str:
        mark = hmac.new(self._secret, f"{stamp} {peer}".encode(), hashlib.sha256).digest()
        return urlsafe_b64encode(mark[:18]).decode()

    def _check(self, value: str, method: str, peer: str) -> str:
        """`good`, `stale` (right, but the nonce is old) or `bad`."""
        scheme, _, rest = value.partition(" ")
        if scheme.lower() != "digest":
            return "bad"
        told = {name.lower(): quoted or plain for name, quoted, plain in _PAIR.findall(rest)}
        password = self._passwords.get(told.get("username", ""))
        hashed = _HASHES.get(told.get("algorithm", "MD5").upper())
        stamp, _, mark = told.get("nonce", "").rpartition(".")
        if password is None or hashed is None or told.get("realm") != self._realm:
            return "bad"
        if not hmac.compare_digest(mark.encode(), self._mark(stamp, peer).encode()):
            return "stale"  # of an earlier run, or of another address
        if not hmac.compare_digest(told.get("response", "").encode(), self._response(told, method, password, hashed)):
            return "bad"
        return "good" if self._fresh(stamp, told) else "stale"

    @staticmethod
    def _response(
        told: dict[str, str], method: str, password: str, hashed: Callable[[bytes], "hashlib._Hash"]
    ) -> bytes:
        def h(text: str) -> str:
            return hashed(text.encode("utf-8", "surrogateescape")).hexdigest()

        a1 = h(f"{told.get('username')}:{told.get('realm')}:{password}")
        a2 = h(f"{method}:{told.get('uri', '')}")
        if told.get("qop") == "auth":
            return h(f"{a1}:{told['nonce']}:{told.get('nc')}:{told.get('cnonce')}:auth:{a2}").encode()
        return h(f"{a1}:{told['nonce']}:{a2}").encode()

    def _fresh(self, stamp: str, told: dict[str, str]) -> bool:
        age = self._clock() - int(stamp.split(".", 1)[0], 16)
        count = int(told.get("nc") or "1", 16) if re.fullmatch(r"[0-9a-fA-F]{1,8}", told.get("nc") or "1") else 0
        nonce = told["nonce"]
        if not 0 <= age + 1 <= _NONCE_S + 1 or count <= self._counts.get(nonce, 0):
            return False
        self._counts[nonce] = count
        while len(self._counts) > _USED_NONCES:
            self._counts.popitem(last=False)
        return True
