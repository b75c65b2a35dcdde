"""Query nodes that ask a service over HTTP.

Hosts from a list (network.py), limits of size and time, retries of what may be repeated, a breaker a host. Answers are
data: JSON, cleaned (received.py). Nothing that a caller said or a service sent stands in the log.
"""

import asyncio
import json
import os
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.cookiejar import CookieJar, DefaultCookiePolicy
from urllib.parse import urlencode

import httpx
import structlog
from tenacity import AsyncRetrying, retry_if_exception_type, stop_after_attempt, wait_random_exponential

from ivr.actions import Query
from ivr.breaker import Breaker
from ivr.business import received
from ivr.business.cache import Answer
from ivr.business.network import Guarded, Hosts, Refused
from ivr.flow.http_request import Request, build

log = structlog.get_logger("query")

TRIES = 3
AGAIN = frozenset({429, 502, 503, 504})
"""Statuses after which the same request may succeed (RFC 9110 §15.6, RFC 6585 §4)."""
REDIRECTS = 3
BIG = 50_000
"""Bytes from which an answer is read beside the loop on which other callers wait."""
FORM = "application/x-www-form-urlencoded"


class Again(Exception):
    """It failed in a way that may pass; `status` is what the caller's flow learns when it does not."""

    def __init__(self, status: str) -> None:
        super().__init__(status)
        self.status = status


@dataclass(frozen=True)
class HttpConfig:
    """From settings, section `queries`."""

    hosts: tuple[str, ...] = ("*",)
    max_bytes: int = 1_000_000
    headers: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Host -> headers with its secrets; a value `env:NAME` is read from the environment."""
    ca_file: str = ""
    """Certificates of authorities to trust besides the usual ones."""
    failures: int = 5
    """In a row, until a host is left alone."""
    rest_s: float = 2.0


class HttpQueries:
    """One a process, on one event loop; `ask` never raises."""

    def __init__(self, config: HttpConfig) -> None:
        """Raises OSError when `ca_file` cannot be read."""
        self._config = config
        context = ssl.create_default_context()
        if config.ca_file:
            context.load_verify_locations(config.ca_file)
        transport = httpx.AsyncHTTPTransport(verify=context, limits=httpx.Limits(max_connections=50), trust_env=False)
        # httpx has no public way to say where connections go; a test holds this one
        transport._pool._network_backend = Guarded(Hosts(config.hosts))
        no_cookies = CookieJar(DefaultCookiePolicy(allowed_domains=[]))  # nothing passes from caller to caller
        self._client = httpx.AsyncClient(transport=transport, trust_env=False, cookies=no_cookies)
        self._breakers: dict[str, Breaker] = {}

    async def ask(self, query: Query) -> Answer:
        """`ok` with the JSON, `not_found` (404, 410), `timeout`, another status as "409", or `error`."""
        try:
            request = build(query.request, query.parameters)
            target = httpx.URL(request.url)
            if target.scheme not in ("http", "https") or not target.host:
                raise ValueError
        except (ValueError, KeyError, TypeError, httpx.InvalidURL):
            log.warning("a query's address cannot be used", node=query.node)
            return Answer("error")
        place = f"{target.host}:{target.port or target.scheme}"
        breaker = self._breakers.setdefault(place, Breaker(self._config.failures, self._config.rest_s))
        if breaker.open:
            log.warning("a query is not asked: its host failed lately", node=query.node, host=target.host)
            return Answer("error")
        try:
            async with asyncio.timeout(query.deadline_s):
                answer = await self._tried(request, target, repeat=request.method == "GET" or "key" in query.request)
        except TimeoutError:
            breaker.failed("timeout")
            answer = Answer("timeout")
        except Again as error:
            breaker.failed(error.status)
            answer = Answer(error.status)
        except (received.Unreadable, Refused, httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            breaker.worked()
            why = str(error) if isinstance(error, received.Unreadable | Refused) else type(error).__name__
            log.warning("a query failed", node=query.node, host=target.host, why=why)
            return Answer("error")
        else:
            breaker.worked()
        if answer.status not in ("ok", "not_found"):
            log.warning("a query failed", node=query.node, host=target.host, why=answer.status)
        return answer

    async def _tried(self, request: Request, target: httpx.URL, repeat: bool) -> Answer:
        """Raises Again, and what `_once` raises."""
        attempts = AsyncRetrying(
            stop=stop_after_attempt(TRIES if repeat else 1),
            wait=wait_random_exponential(multiplier=0.1, max=1.0),
            retry=retry_if_exception_type(Again),
            reraise=True,
        )
        async for attempt in attempts:
            with attempt:
                return await self._once(request, target)
        raise Again("error")  # never reached

    async def _once(self, request: Request, target: httpx.URL) -> Answer:
        """One request with its redirects. Raises Again, Unreadable, Refused, httpx.HTTPError."""
        headers, content = _prepared(request)
        for _ in range(REDIRECTS + 1):
            secret = {name: _secret(text) for name, text in self._config.headers.get(target.host, {}).items()}
            asked = self._client.build_request(
                request.method, target, headers={**headers, **secret}, content=content, timeout=None
            )
            try:
                response = await self._client.send(asked, stream=True)
            except httpx.TransportError as error:
                if _by_certificate(error):
                    raise
                raise Again("error") from None
            try:
                if not response.has_redirect_location or request.method != "GET":
                    return await self._answer(response)
                target = _onward(target, response.headers["location"])
                headers = {
                    "Accept": headers["Accept"],
                    "Accept-Encoding": "identity",
                }  # the flow's are for its own host
            finally:
                await response.aclose()
        raise received.Unreadable("redirects")

    async def _answer(self, response: httpx.Response) -> Answer:
        status = response.status_code
        if status in (404, 410):
            return Answer("not_found")
        if status in AGAIN:
            raise Again(str(status))
        if not response.is_success:
            return Answer(str(status))
        data = bytearray()
        try:
            async for piece in response.aiter_raw():
                data += piece
                if len(data) > self._config.max_bytes:
                    raise received.Unreadable("size")
        except httpx.TransportError:
            raise Again("error") from None
        encoding = response.headers.get("content-encoding", "")
        plain = received.unpacked(bytes(data), encoding, self._config.max_bytes)
        charset = response.charset_encoding or ""
        if len(plain) < BIG:
            return Answer("ok", received.value(plain, charset))
        return Answer("ok", await asyncio.to_thread(received.value, plain, charset))

    async def close(self) -> None:
        await self._client.aclose()


def _prepared(request: Request) -> tuple[dict[str, str], bytes | None]:
    """Headers and body."""
    headers = {"Accept": "application/json", "Accept-Encoding": "identity", "User-Agent": "ivr"}
    given = {name.lower(): name for name in request.headers}
    headers |= {name: text.encode("ascii", "replace").decode() for name, text in request.headers.items()}
    if request.body is None:
        return headers, None
    kind = headers.get(given.get("content-type", ""), "")
    if kind.lower().startswith(FORM) and isinstance(request.body, dict):
        return headers, urlencode(request.body, doseq=True).encode()
    headers.setdefault(given.get("content-type", "Content-Type"), "application/json")
    return headers, json.dumps(request.body, ensure_ascii=False).encode("utf-8", "replace")


def _secret(text: str) -> str:
    return os.environ.get(text.removeprefix("env:"), "") if text.startswith("env:") else text


def _onward(here: httpx.URL, location: str) -> httpx.URL:
    """Where a redirect leads. Raises Unreadable when it may not be followed."""
    there = here.join(location)
    if there.scheme not in ("http", "https") or (here.scheme == "https" and there.scheme == "http"):
        raise received.Unreadable("redirect")
    return there


def _by_certificate(error: BaseException | None) -> bool:
    """The other side is not who it should be: asking again would not change that."""
    while error is not None:
        if isinstance(error, ssl.SSLError):
            return True
        error = error.__cause__ or error.__context__
    return False
