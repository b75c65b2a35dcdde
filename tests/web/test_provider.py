"""Sign-in by OpenID Connect against a small provider on this machine."""

import base64
import hashlib
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import msgspec
import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey

from ivr.records import people
from tests.embedded_postgres import Server
from tests.web.conftest import Site, serve

pytestmark = pytest.mark.postgres
CLIENT, SECRET = "ivr-pages", "of the client"


@dataclass
class Provider:
    """Answers as OpenID Connect Core 1.0 §3.1 has it; `claims` is whom it signs in."""

    claims: dict[str, Any] = field(default_factory=dict)
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "one"}))
    signing: RSAKey | None = None
    url: str = ""
    codes: dict[str, dict[str, str]] = field(default_factory=dict)

    def answer(self, path: str, form: dict[str, str]) -> tuple[int, Any]:
        if path == "/.well-known/openid-configuration":
            return 200, {
                "issuer": self.url, "jwks_uri": f"{self.url}/keys",
                "authorization_endpoint": f"{self.url}/authorize", "token_endpoint": f"{self.url}/token",
            }  # fmt: skip
        if path == "/keys":
            return 200, {"keys": [self.key.as_dict(private=False)]}
        asked = self.codes.pop(form.get("code", ""), None)
        proof = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        if asked is None or base64.urlsafe_b64encode(proof).rstrip(b"=").decode() != asked["code_challenge"]:
            return 400, {"error": "invalid_grant"}
        now = int(time.time())
        claims = {"iss": self.url, "aud": CLIENT, "iat": now, "exp": now + 60, "nonce": asked["nonce"], **self.claims}
        token = jwt.encode({"alg": "RS256", "kid": "one"}, claims, self.signing or self.key)
        return 200, {"access_token": "x", "token_type": "Bearer", "id_token": token}

    def sign_in(self, address: str) -> str:
        """What the person's browser is sent back to, after the provider signed them in."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        assert asked["client_id"] == CLIENT
        assert asked["code_challenge_method"] == "S256"
        self.codes["abc"] = asked
        return f"{asked['redirect_uri']}?code=abc&state={asked['state']}"


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    made = Provider()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            length = int(self.headers.get("content-length", 0))
            form = {name: values[0] for name, values in parse_qs(self.rfile.read(length).decode()).items()}
            status, told = made.answer(self.path, form)
            body = msgspec.json.encode(told)
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield made
    server.shutdown()


@pytest.fixture(scope="module")
def federated(postgres_server: Server, tmp_path_factory: pytest.TempPathFactory, provider: Provider) -> Iterator[Site]:
    web = {
        "oidc_issuer": provider.url, "oidc_client_id": CLIENT, "oidc_client_secret": SECRET,
        "oidc_roles": {"desk": "supervisor", "everyone": "viewer"}, "passwords": False,
    }  # fmt: skip
    yield from serve(postgres_server.fresh(), tmp_path_factory.mktemp("federated"), web=web)


def come(site: Site, provider: Provider, claims: dict[str, Any]) -> tuple[httpx.Client, httpx.Response]:
    provider.claims = claims
    client = site.client(page=True)
    there = client.get("/sign-in/provider?next=/account").headers["location"]
    return client, client.get(provider.sign_in(there))


def test_the_role_follows_the_claims(federated: Site, provider: Provider) -> None:
    claims = {"sub": "42", "preferred_username": "fritz", "groups": ["everyone", "desk", "other"]}
    client, answer = come(federated, provider, claims)
    assert (answer.status_code, answer.headers["location"]) == (303, "/account")
    assert "fritz" in client.get("/account").text
    come(federated, provider, {**claims, "groups": "everyone"})
    with federated.engine.connect() as db:
        fritz = people.find(db, "fritz")
    assert fritz is not None
    assert fritz.role == "viewer"
    assert client.get("/account").status_code == 303, "the session with the old role is over"


@pytest.mark.parametrize(
    "wrong",
    [{"groups": ["other"]}, {"aud": "somebody else"}, {"iss": "https://evil.example"}, {"exp": 1}, {"nonce": "x"}],
)
def test_tokens_that_prove_nothing(federated: Site, provider: Provider, wrong: dict[str, Any]) -> None:
    client, answer = come(federated, provider, {"sub": "43", "name": "eve", "groups": ["desk"], **wrong})
    assert answer.status_code == 403
    assert client.get("/account").status_code == 303


def test_a_token_signed_by_another_key(federated: Site, provider: Provider) -> None:
    provider.signing = RSAKey.generate_key(2048, {"kid": "one"})
    try:
        assert come(federated, provider, {"sub": "44", "groups": ["desk"]})[1].status_code == 403
    finally:
        provider.signing = None


def test_an_answer_that_this_browser_did_not_ask_for(federated: Site, provider: Provider) -> None:
    provider.claims = {"sub": "45", "groups": ["desk"]}
    there = federated.client(page=True).get("/sign-in/provider").headers["location"]
    assert federated.client(page=True).get(provider.sign_in(there)).status_code == 403


def test_nobody_takes_over_the_name_of_another(federated: Site, provider: Provider) -> None:
    with federated.engine.begin() as db:
        people.add(db, "root", "administrator")
    client, _ = come(federated, provider, {"sub": "46", "preferred_username": "root", "groups": ["everyone"]})
    assert "root (" in client.get("/account").text
    with federated.engine.connect() as db:
        root = people.find(db, "root")
    assert root is not None
    assert root.subject is None


def test_passwords_are_off_where_the_setting_says_so(federated: Site) -> None:
    client = federated.client(page=True)
    assert 'type="password"' not in client.get("/sign-in").text
    assert client.post("/sign-in", data={"name": "root", "password": "x"}).status_code == 403
