"""Passwords: argon2id (RFC 9106), and what a password must be."""

import threading

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

LEAST = 10
MOST = 500
_hasher = PasswordHasher()
_at_once = threading.BoundedSemaphore(2)  # each takes 64 MB and a core for a moment: sign-ins shall not crowd out calls
_NOBODY = _hasher.hash("nobody's password")


def weakness(password: str, name: str = "") -> str:
    """Why this is no password, as a msgid; empty when it is one. NIST SP 800-63B §3.1.1: length, no rules of signs."""
    if len(password) < LEAST:
        return "A password has at least 10 characters."
    if len(password) > MOST:
        return "A password has at most 500 characters."
    if len(set(password)) < 4 or (len(name) > 2 and password.lower().replace(name.lower(), "") in ("", "1", "123")):
        return "This password is too easy to guess."
    return ""


def hashed(password: str) -> str:
    with _at_once:
        return _hasher.hash(password)


def right(kept: str, password: str) -> bool:
    """Takes as long where nothing is kept: how long it takes tells nobody who exists."""
    with _at_once:
        try:
            return _hasher.verify(kept or _NOBODY, password[: MOST + 1]) and bool(kept)
        except (VerificationError, InvalidHashError):
            return False


def outdated(kept: str) -> bool:
    """Hashed with weaker parameters than today's."""
    return _hasher.check_needs_rehash(kept)
