"""Encrypts what the pages keep in the database and must read again (secrets of second factors)."""

import base64
import hashlib
import os
import secrets
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken


class SecretBox:
    """One key an installation: setting `web.secret`, else a file of the state folder."""

    def __init__(self, secret: str) -> None:
        self._fernet = Fernet(base64.urlsafe_b64encode(hashlib.sha256(b"ivr web\0" + secret.encode()).digest()))

    def close(self, text: str) -> bytes:
        return self._fernet.encrypt(text.encode())

    def open(self, sealed: bytes) -> str | None:
        """None: closed with another key."""
        try:
            return self._fernet.decrypt(sealed).decode()
        except InvalidToken:
            return None


def kept(file: Path, bits: int = 256) -> str:
    """The secret in a file of mode 0600, made when it is not there. Safe among processes."""
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    fresh = file.with_name(f".{file.name}.{os.getpid()}")
    if not file.exists():
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as out:
            out.write(secrets.token_urlsafe(bits // 8))
        try:
            os.link(fresh, file)  # unlike a rename it never replaces what another process just made
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
    return file.read_text().strip()
