"""All that the web serves of calls, below one path."""

from fastapi import APIRouter

from ivr.web.calls import call_page, call_routes, list_page, list_routes, review_routes
from ivr.web.calls.place import Place


def router(place: Place) -> APIRouter:
    """Made for one process: `app.include_router(router(place), prefix="/api/v1")`."""
    api = APIRouter(tags=["calls"])
    # the list first: its paths are not ids of calls
    for part in (list_routes, call_routes, review_routes):
        api.include_router(part.routes(place))
    return api


def pages(place: Place) -> APIRouter:
    """What people see: `app.include_router(pages(place))`."""
    made = APIRouter()
    for part in (list_page, call_page):
        made.include_router(part.routes(place))
    return made
