"""Pages from templates: autoescaped, in the visitor's language, with the addresses of their scripts."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from babel.dates import format_datetime
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse

from ivr.web.identity import language_of, parts_of
from ivr.web.rights import Right, Visitor
from ivr.web.texts import Texts

TEMPLATES = Path(__file__).parent / "templates"


@dataclass(frozen=True)
class Area:
    """An entry of the navigation, shown to those who may and when its page exists."""

    path: str
    label: str
    right: Right


def _(text: str) -> str:
    """Marks a text for translation; it is translated where it is shown."""
    return text


AREAS = (
    Area("/live", _("Live"), Right.SEE_LIVE),
    Area("/inbox", _("Inbox"), Right.SEE_INBOX),
    Area("/calls", _("Calls"), Right.SEE_CALLS),
    Area("/insight", _("Insight"), Right.SEE_INSIGHT),
    Area("/flows", _("Flows"), Right.SEE_FLOWS),
    Area("/line", _("Line"), Right.SEE_LINE),
    Area("/people", _("People"), Right.MANAGE_PEOPLE),
    Area("/audit", _("Audit"), Right.SEE_AUDIT),
)


def environment() -> Environment:
    """One a process."""
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["json"] = lambda value: json.dumps(value, ensure_ascii=False, default=str)
    return made


def page(
    request: Request, visitor: Visitor | None, template: str, status: int = 200, **values: Any
) -> HTMLResponse:  # fmt: skip
    """`visitor` None: for pages before the sign-in. Raises jinja2.UndefinedError on a value that is missing."""
    language = visitor.language if visitor else language_of(request)
    texts: Texts = request.app.state.texts
    common: dict[str, Any] = {
        "request": request,
        "visitor": visitor,
        "language": language,
        "_": texts.translator(language),
        "ngettext": texts.counter(language),
        "asset": parts_of(request).bundles.address,
        "nonce": request.state.nonce,
        "areas": areas(request, visitor),
        "here": request.url.path,
        "Right": Right,
        "moment": _moments(language),
        "return_to": "",
    }
    made = request.app.state.templates.get_template(template).render(common | values)
    return HTMLResponse(made, status)


def areas(request: Request, visitor: Visitor | None) -> list[Area]:
    """The navigation of this visitor."""
    there = request.app.state.page_paths
    return [area for area in AREAS if visitor and area.right in visitor.rights and area.path in there]


def _moments(language: str) -> Callable[[datetime | None], str]:
    """Wall time in the server's zone, in the words of the language."""

    def moment(at: datetime | None) -> str:
        return "" if at is None else format_datetime(at.astimezone(), "medium", locale=language)

    return moment
