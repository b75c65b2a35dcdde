"""This node's control API: live calls, hang up, transfer, drain; metrics and health without a token."""

import asyncio
import json
import os
import secrets
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import uuid_utils
import uvicorn
from fastapi import Depends, FastAPI, Header, HTTPException, Response, WebSocket
from fastapi.responses import PlainTextResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from pydantic import BaseModel, Field

from ivr.services import browser_leg
from ivr.services.control_streams import changes, send
from ivr.services.flow_watch import replace
from ivr.services.metrics import REGISTRY
from ivr.services.parts import LiveJournals
from ivr.services.server import MediaAway
from ivr.wire.messages import ControlDone

Command = Callable[..., Awaitable[ControlDone]]


class CallOrder(BaseModel):
    """Body of POST /calls."""

    to: Annotated[str, Field(min_length=3, max_length=300)]
    """A number like +14155550123, or an address like sip:anna@pbx.example; setting `sip.originate` allows it."""
    line: Annotated[str, Field(min_length=1, max_length=100)]
    """Line of lines.yaml that talks with who answers."""
    connect: Annotated[str, Field(max_length=100)] = ""
    """Destination of lines.yaml that they are handed to instead: no flow talks with them, nothing is recorded."""


class TransferOrder(BaseModel):
    """Body of POST /calls/{id}/transfer."""

    to: str
    """Name of a destination in lines.yaml."""


def token_of(state: Path, wanted: str = "") -> str:
    """The bearer token: as set, else the one kept in <state>/secrets, made at the first start."""
    path = state / "secrets" / "control.token"
    if not wanted and path.exists():
        kept = path.read_text().strip()
        if kept:
            return kept
    token = wanted or secrets.token_urlsafe(32)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(token + "\n")
    return token


def make_app(
    token: str, control: Command, live: LiveJournals | None, status: Callable[[], dict[str, Any]],
    browsers: Path | None = None,
) -> FastAPI:  # fmt: skip
    """`control(command, call, arguments)` asks media; `status()` is cheap. `browsers`: media's socket for calls from
    the browser's microphone."""
    app = FastAPI(title="IVR node", docs_url=None, redoc_url=None, openapi_url=None)

    def known(authorization: Annotated[str, Header()] = "") -> None:
        if not _is_token(authorization, token):
            raise HTTPException(401, "a bearer token is needed", {"WWW-Authenticate": "Bearer"})

    guarded = [Depends(known)]

    async def ask(command: str, call: str = "", arguments: dict[str, Any] | None = None) -> Any:
        try:
            done = await control(command, call, arguments or {})
        except MediaAway as error:
            raise HTTPException(503, str(error)) from None
        if not done.ok:
            raise HTTPException(404 if call else 409, done.error or "media refused")
        return done.value

    @app.get("/healthz")
    async def healthz() -> Response:
        now = status()
        body = {"ok": bool(now.get("media_connected")), "parts": now.get("troubles", {})}
        return Response(json.dumps(body), 200 if body["ok"] else 503, media_type="application/json")

    @app.get("/live")
    async def get_live() -> dict[str, bool]:
        return {"live": True}  # that it is answered is the answer: media has a supervisor of its own

    @app.get("/ready")
    async def ready() -> Response:
        body = await _readiness(control)
        return Response(json.dumps(body), 200 if body["ready"] else 503, media_type="application/json")

    @app.get("/metrics")
    async def metrics() -> Response:
        text = await asyncio.to_thread(generate_latest, REGISTRY)  # it looks at every process
        return PlainTextResponse(text, media_type=CONTENT_TYPE_LATEST)

    @app.get("/status", dependencies=guarded)
    async def get_status() -> dict[str, Any]:
        now = status()
        try:
            now["media"] = (await control("status", "", {})).value
        except MediaAway as error:
            now["media"] = {"error": str(error)}
        return now

    @app.get("/calls", dependencies=guarded)
    async def get_calls() -> list[dict[str, Any]]:
        return await asyncio.to_thread(live.calls) if live is not None else []

    @app.post("/calls", dependencies=guarded, status_code=202)
    async def originate(order: CallOrder) -> Any:
        try:
            done = await control("originate", str(uuid_utils.uuid7()), order.model_dump())
        except MediaAway as error:
            raise HTTPException(503, str(error)) from None
        if not done.ok:
            raise HTTPException(409, done.error)
        return done.value

    @app.post("/calls/{call}/hang_up", dependencies=guarded)
    async def hang_up(call: str) -> Any:
        return await ask("hang_up", call)

    @app.post("/calls/{call}/transfer", dependencies=guarded)
    async def transfer(call: str, order: TransferOrder) -> Any:
        return await ask("transfer", call, {"to": order.to})

    @app.post("/drain", dependencies=guarded)
    async def drain() -> Any:
        return await ask("drain")

    @app.post("/undrain", dependencies=guarded)
    async def undrain() -> Any:
        return await ask("undrain")

    _add_streams(app, token, control, live, status)

    @app.websocket("/calls/browser")
    async def from_browser(stream: WebSocket) -> None:
        if browsers is None or not _is_token(stream.headers.get("authorization", ""), token):
            await stream.close(4401, "a bearer token is needed")
            return
        await stream.accept()
        await browser_leg.carry(stream, browsers)

    return app


def _add_streams(
    app: FastAPI, token: str, control: Command, live: LiveJournals | None, status: Callable[[], dict[str, Any]]
) -> None:
    """Calls as they change, a journal, the sound of a call."""

    async def stream(to: WebSocket, make: Callable[[LiveJournals], AsyncIterator[str] | AsyncIterator[bytes]]) -> None:
        if not _is_token(to.headers.get("authorization", ""), token):
            await to.close(4401, "a bearer token is needed")
        elif live is None:
            await to.close(4404, "no journals are read here")
        else:
            await send(to, make(live))

    @app.websocket("/calls")
    async def follow(to: WebSocket) -> None:
        await stream(to, lambda live: changes(live, control, str(status().get("node", ""))))

    @app.websocket("/calls/{call}/journal")
    async def journal(to: WebSocket, call: str) -> None:
        await stream(to, lambda live: live.lines(call))

    @app.websocket("/calls/{call}/sound")
    async def sound(to: WebSocket, call: str) -> None:
        await stream(to, lambda live: live.sound(call))


async def _readiness(control: Command) -> dict[str, Any]:
    """Whether new calls are taken now and how many more; a full node is ready with 0 free calls."""
    try:
        told = (await control("status", "", {})).value or {}
    except MediaAway:
        return {"ready": False, "draining": False, "live_calls": 0, "free_calls": 0, "max_calls": 0}
    return {
        "ready": bool(told.get("taking_calls")),
        "draining": bool(told.get("draining")),
        "live_calls": len(told.get("calls", ())),
        "free_calls": int(told.get("free_calls", 0)),
        "max_calls": int(told.get("max_calls", 0)),
    }


def _is_token(authorization: str, token: str) -> bool:
    given = authorization.removeprefix("Bearer ").encode()
    return authorization.startswith("Bearer ") and secrets.compare_digest(given, token.encode())


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals are the process's own matter."""
        yield


async def serve(app: FastAPI, host: str, port: int, told: Path) -> None:
    """Listen until cancelled; address and pid are written to `told`. Raises OSError when the port is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        listening.listen(128)  # who reads the address may connect at once
        shown = f"[{host}]" if ":" in host else host
        url = f"http://{shown}:{listening.getsockname()[1]}"
        server = _Server(
            uvicorn.Config(app, log_level="warning", access_log=False, lifespan="off", ws="websockets-sansio")
        )
        replace(told, json.dumps({"url": url, "pid": os.getpid()}).encode())
        try:
            await server.serve(sockets=[listening])
        finally:
            await asyncio.to_thread(told.unlink, missing_ok=True)
