"""The first page: the first area that the visitor may see."""

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from ivr.web.rendering import areas, page
from ivr.web.rights import Right, Visitor, need

router = APIRouter()


@router.get("/")
def home(request: Request, visitor: Visitor = need(Right.OWN_ACCOUNT)) -> Response:
    """To where work is done."""
    found = areas(request, visitor)
    if found:
        return RedirectResponse(found[0].path, 303)
    return page(request, visitor, "home.html")
