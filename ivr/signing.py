"""Signatures of what this server sends to webhooks (docs/business.md): HMAC-SHA256 over time and body (RFC 2104)."""

import hashlib
import hmac


def signed(secret: str, body: bytes, at_s: int) -> dict[str, str]:
    """Headers that prove who sent the body, and when (seconds since 1970): an old one that is sent again is known."""
    mark = hmac.new(secret.encode(), f"{at_s}.".encode() + body, hashlib.sha256).hexdigest()
    return {"X-IVR-Timestamp": str(at_s), "X-IVR-Signature": f"v1={mark}"}
