"""The pages and the API, put together: one application a process."""

from typing import Any

from fastapi import FastAPI
from fastapi.routing import RouteContext, iter_route_contexts
from starlette.staticfiles import StaticFiles
from starlette.types import Receive, Scope, Send

from ivr.web import calls_place, flows_place, refusals, rendering
from ivr.web.api import routes as api
from ivr.web.call_here import originate_routes
from ivr.web.call_here import routes as call_here
from ivr.web.calls import routes as calls
from ivr.web.flows import routes as flows
from ivr.web.headers import Headers
from ivr.web.home import account
from ivr.web.home import routes as home
from ivr.web.identity import secure
from ivr.web.inbox import routes as inbox
from ivr.web.insight import routes as insight
from ivr.web.line import routes as line
from ivr.web.live import follower, listening, values
from ivr.web.live import routes as live
from ivr.web.parts import WebParts
from ivr.web.people import routes as people
from ivr.web.people import tokens
from ivr.web.sign_in import provider, second_factor
from ivr.web.sign_in import routes as sign_in
from ivr.web.texts import Texts
from ivr.web.trail import routes as trail

YEAR_S = 31_536_000


def create_app(parts: WebParts) -> FastAPI:
    """One line an area: routers of their own, or made from parts."""
    app = FastAPI(title="ivr", docs_url=None, redoc_url=None, openapi_url=None)
    app.state.parts = parts
    app.state.texts = Texts()
    app.state.templates = rendering.environment()
    app.state.follower = follower.Follower(parts.engine, parts.control_token)
    parts.languages = app.state.texts.languages

    app.include_router(sign_in.router)
    app.include_router(second_factor.router)
    app.include_router(provider.router)
    app.include_router(home.router)
    app.include_router(account.router)
    app.include_router(tokens.router)
    app.include_router(people.router)
    app.include_router(trail.router)
    app.include_router(insight.router)
    app.include_router(call_here.router)
    app.include_router(originate_routes.router)
    app.include_router(line.router)
    of_flows = flows_place.place(parts)
    app.include_router(flows.router(of_flows), prefix="/flows")
    app.include_router(api.router(parts), prefix=api.PREFIX)
    app.include_router(flows.programs(of_flows), prefix=f"{api.PREFIX}/flows")
    app.include_router(line.programs(), prefix=api.PREFIX)
    app.include_router(api.readers)
    app.include_router(live.router)
    app.include_router(listening.router)
    app.include_router(values.router)
    app.include_router(inbox.router)
    of_calls = calls_place.place(parts)
    app.include_router(calls.router(of_calls), prefix=api.PREFIX)
    app.include_router(calls.pages(of_calls))

    app.mount("/assets", Assets(parts))
    refusals.install(app)
    app.add_middleware(Headers, https=secure(parts))
    app.state.page_paths = {it.path for it in routes_of(app) if "GET" in (it.methods or ())}
    return app


def routes_of(app: FastAPI) -> list[RouteContext]:
    """Every route with its whole path: `app.routes` holds routers as they were included, not what is in them."""
    return list(iter_route_contexts(app.routes))


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
