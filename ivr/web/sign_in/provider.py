"""Sign-in by OpenID Connect: authorization code with PKCE, the ID token checked, the role from its claims."""

import json
import secrets
import threading
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import httpx
import structlog
from authlib.integrations.base_client.errors import OAuthError
from authlib.integrations.httpx_client import OAuth2Client
from fastapi import APIRouter, Request
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from sqlalchemy import Connection
from starlette.responses import RedirectResponse, Response

from ivr.records import audit, people
from ivr.web.identity import address_of, parts_of, secure
from ivr.web.rendering import page
from ivr.web.rights import ROLES
from ivr.web.sign_in.session import proven, safe_next

router = APIRouter(prefix="/sign-in/provider")
log = structlog.get_logger("web")
COOKIE = "ivr_provider"
TRY_S = 600
"""So long a person may take at the provider."""
KNOWN_S = 3600
"""What the provider tells of itself is asked again after that."""
TIMEOUT_S = 5.0
ALGORITHMS = ["RS256", "ES256", "PS256", "EdDSA", "Ed25519"]
"""None with a shared secret: the algorithm is not the token's choice."""


class NotProven(Exception):
    """Why, for the log."""


@dataclass
class Provider:
    """What a provider tells of itself (OpenID Connect Discovery 1.0 §4), kept for a while."""

    issuer: str
    _told: dict[str, Any] = field(default_factory=dict)
    _keys: Any = None
    _at: float = -KNOWN_S
    _one: threading.Lock = field(default_factory=threading.Lock)

    def told(self, again: bool = False) -> tuple[dict[str, Any], KeySet]:
        """(metadata, keys). Raises httpx.HTTPError, NotProven."""
        with self._one:
            if again or time.monotonic() - self._at > KNOWN_S:
                base = self.issuer.rstrip("/")
                found = _get(f"{base}/.well-known/openid-configuration")
                if str(found.get("issuer", "")).rstrip("/") != base:
                    raise NotProven("the provider calls itself by another name")
                self._told, self._keys = found, KeySet.import_key_set(_get(found["jwks_uri"]))
                self._at = time.monotonic()
            return self._told, self._keys


def _get(address: str) -> Any:
    return httpx.get(address, timeout=TIMEOUT_S, follow_redirects=False).raise_for_status().json()


def _provider(request: Request) -> Provider:
    app = request.app
    if not hasattr(app.state, "provider"):
        app.state.provider = Provider(parts_of(request).values.web.oidc_issuer)
    found: Provider = app.state.provider
    return found


def _client(request: Request) -> OAuth2Client:
    web = parts_of(request).values.web
    back = f"{web.url or str(request.base_url).rstrip('/')}/sign-in/provider/back"
    return OAuth2Client(
        web.oidc_client_id, web.oidc_client_secret.get_secret_value(), scope="openid profile email", redirect_uri=back,
        code_challenge_method="S256", timeout=TIMEOUT_S,
    )  # fmt: skip


@router.get("")
def begin(request: Request, next: str = "/") -> Response:
    """To the provider; what must come back is kept in a sealed cookie of this browser."""
    parts = parts_of(request)
    if not parts.values.web.oidc_issuer:
        return RedirectResponse("/sign-in", 303)
    try:
        told, _ = _provider(request).told()
        kept = {"nonce": secrets.token_urlsafe(24), "verifier": secrets.token_urlsafe(48), "next": safe_next(next)}
        with _client(request) as client:
            address, state = client.create_authorization_url(
                told["authorization_endpoint"], code_verifier=kept["verifier"], nonce=kept["nonce"]
            )
    except (httpx.HTTPError, NotProven, KeyError, ValueError) as error:
        log.warning("the OpenID Connect provider does not answer", error=type(error).__name__)
        return _failed(request, "The provider does not answer.", 502)
    answer = RedirectResponse(address, 303)
    sealed = parts.box.close(json.dumps(kept | {"state": state, "at": time.time()})).decode()
    answer.set_cookie(
        COOKIE, sealed, max_age=TRY_S, path="/sign-in/provider", secure=secure(parts), httponly=True, samesite="lax"
    )
    return answer


@router.get("/back")
def back(request: Request, state: str = "", code: str = "") -> Response:
    """From the provider: who it is, as it says."""
    parts = parts_of(request)
    if not parts.values.web.oidc_issuer:
        return RedirectResponse("/sign-in", 303)
    try:
        kept = _kept(request, state)
        claims = _claims(request, code, kept)
        person = _person(request, claims)
    except (httpx.HTTPError, OAuthError, JoseError, NotProven, KeyError, ValueError) as error:
        log.warning("a sign-in by OpenID Connect failed", error=type(error).__name__, why=str(error)[:200])
        with parts.engine.begin() as db:
            audit.write(db, "sign_in_failed", name="", about="OpenID Connect", address=address_of(request))
        return _failed(request, "The provider's answer does not let you in. Ask an administrator for a role.", 403)
    answer = proven(request, person, kept["next"])
    answer.delete_cookie(COOKIE, path="/sign-in/provider")
    return answer


def _kept(request: Request, state: str) -> dict[str, Any]:
    opened = parts_of(request).box.open(request.cookies.get(COOKIE, "").encode("utf-8", "replace"))
    kept: dict[str, Any] = json.loads(opened) if opened else {}
    if not kept or not secrets.compare_digest(str(kept["state"]).encode(), state.encode("utf-8", "replace")):
        raise NotProven("this browser did not ask for it")
    if time.time() - kept["at"] > TRY_S:
        raise NotProven("too late")
    return kept


def _claims(request: Request, code: str, kept: dict[str, Any]) -> dict[str, Any]:
    """Of the ID token, checked (OpenID Connect Core 1.0 §3.1.3.7). Raises NotProven and others."""
    web = parts_of(request).values.web
    provider = _provider(request)
    told, keys = provider.told()
    with _client(request) as client:
        answer = client.fetch_token(told["token_endpoint"], code=code, code_verifier=kept["verifier"])
    raw = str(answer["id_token"])
    try:
        token = jwt.decode(raw, keys, algorithms=ALGORITHMS)
    except (JoseError, ValueError):
        _, keys = provider.told(again=True)  # the provider may have changed its keys
        token = jwt.decode(raw, keys, algorithms=ALGORITHMS)
    jwt.JWTClaimsRegistry(
        leeway=60,
        iss={"essential": True, "value": told["issuer"]},
        aud={"essential": True, "value": web.oidc_client_id},
        exp={"essential": True},
        sub={"essential": True},
        nonce={"essential": True, "value": kept["nonce"]},
    ).validate(token.claims)
    if token.claims.get("azp", web.oidc_client_id) != web.oidc_client_id:
        raise NotProven("the token is for somebody else")
    return dict(token.claims)


def _person(request: Request, claims: dict[str, Any]) -> people.Person:
    """The person of this subject, made at the first time; the role follows the claims at each sign-in."""
    parts = parts_of(request)
    web = parts.values.web
    told = claims.get(web.oidc_claim, [])
    values = [told] if isinstance(told, str) else [str(it) for it in told] if isinstance(told, list) else []
    roles = [web.oidc_roles[value] for value in values if value in web.oidc_roles]
    if not roles:
        raise NotProven("no role")
    role = max(roles, key=lambda it: len(ROLES[it]))
    subject = f"{claims['iss']} {claims['sub']}"
    with parts.engine.begin() as db:
        person = people.by_subject(db, subject)
        if person is None:
            person = people.add(db, _free_name(db, claims), role, subject=subject)
            audit.write(db, "person.added", name=person.name, role=role, about="OpenID Connect")
        elif person.disabled:
            raise NotProven("disabled")
        elif person.role != role:
            people.change(db, person.id, role=role)
            audit.write(db, "person.changed", name=person.name, role=role, about="OpenID Connect")
        return people.by_id(db, person.id) or person


def _free_name(db: Connection, claims: dict[str, Any]) -> str:
    """What the provider calls them; a name that somebody has is never taken over."""
    wanted = next((str(claims[it]) for it in ("preferred_username", "email", "name") if claims.get(it)), "")
    wanted = "".join(it for it in wanted if it.isprintable()).strip()[:60] or "somebody"
    if people.find(db, wanted) is None:
        return wanted
    return f"{wanted} ({urlsplit(claims['iss']).netloc} {secrets.token_hex(3)})"


def _failed(request: Request, problem: str, status: int) -> Response:
    web = parts_of(request).values.web
    values = {"next": "/", "name": "", "provider": web.oidc_name, "passwords": web.passwords}
    return page(request, None, "sign_in/sign_in.html", status, problem=problem, **values)
