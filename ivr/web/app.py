"""The pages and the API, put together: one application a process."""

from typing import Any

from fastapi import FastAPI
from fastapi.routing import APIRoute
from starlette.staticfiles import StaticFiles
from starlette.types import Receive, Scope, Send

from ivr.web import flows_place, refusals, rendering
from ivr.web.flows import routes as flows
from ivr.web.headers import Headers
from ivr.web.home import account
from ivr.web.home import routes as home
from ivr.web.identity import secure
from ivr.web.parts import WebParts
from ivr.web.sign_in import provider, second_factor
from ivr.web.sign_in import routes as sign_in
from ivr.web.texts import Texts

YEAR_S = 31_536_000


def create_app(parts: WebParts) -> FastAPI:
    """One line an area: routers of their own, or made from parts."""
    app = FastAPI(title="ivr", docs_url=None, redoc_url=None, openapi_url=None)
    app.state.parts = parts
    app.state.texts = Texts()
    app.state.templates = rendering.environment()
    parts.languages = app.state.texts.languages

    app.include_router(sign_in.router)
    app.include_router(second_factor.router)
    app.include_router(provider.router)
    app.include_router(home.router)
    app.include_router(account.router)
    app.include_router(flows.router(flows_place.place(parts)), prefix="/flows")

    app.mount("/assets", Assets(parts))
    refusals.install(app)
    app.add_middleware(Headers, https=secure(parts))
    app.state.page_paths = {route.path for route in app.routes if isinstance(route, APIRoute)}
    return app


class Assets:
    """The bundles: their names change with their content, so browsers keep them."""

    def __init__(self, parts: WebParts) -> None:
        self._bundles = parts.bundles
        self._files: Any = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._files is None:
            self._files = StaticFiles(directory=self._bundles.where)

        async def kept(message: Any) -> None:
            if message["type"] == "http.response.start" and message["status"] == 200:
                message["headers"] = [
                    *message["headers"],
                    (b"cache-control", f"public, max-age={YEAR_S}, immutable".encode()),
                ]
            await send(message)

        await self._files(scope, receive, kept)
