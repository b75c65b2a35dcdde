"""All that the web serves of flows, below one path."""

from fastapi import APIRouter

from ivr.web.flows import editor_pages, editor_routes, form_routes, pages, prompt_routes, try_routes, version_routes
from ivr.web.flows.place import Place


def programs(place: Place) -> APIRouter:
    """Without the pages: `app.include_router(programs(place), prefix="/api/v1/flows")`."""
    api = APIRouter(tags=["flows"])
    for part in (version_routes, editor_routes, form_routes, prompt_routes, try_routes):
        api.include_router(part.routes(place))
    return api


def router(place: Place) -> APIRouter:
    """Made for one process: `app.include_router(router(place), prefix="/flows")`."""
    api = programs(place)
    pages.listed(api, place)
    api.include_router(editor_pages.routes(place))
    api.include_router(pages.routes(place))
    api.include_router(pages.actions(place))
    return api
