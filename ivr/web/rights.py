"""Who may do what. Every route says what it needs: `visitor: Visitor = need(Right.SEE_CALLS)`; nothing else decides."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from fastapi import Depends
from starlette.requests import HTTPConnection

from ivr.insight import call_masking


class Right(StrEnum):
    """What a route may need. The values are also the scopes of API tokens."""

    OWN_ACCOUNT = "account"
    """Everybody who is signed in: password, second factor, language, own tokens."""
    SEE_LIVE = "live.see"
    CONTROL_CALLS = "live.control"
    """Hang up, transfer now."""
    LISTEN_IN = "live.listen"
    SWITCH = "live.switch"
    """Switches, tables and bulletins."""
    SEE_INBOX = "inbox.see"
    WORK_INBOX = "inbox.work"
    SEE_CALLS = "calls.see"
    SEE_NUMBERS = "calls.numbers"
    """Callers' numbers in full."""
    SEE_WORDS = "calls.words"
    """What callers said."""
    HEAR_CALLS = "calls.hear"
    REVIEW_CALLS = "calls.review"
    """Notes, ratings, tags, corrections."""
    TRACE_CALLS = "calls.trace"
    """SIP messages as they were."""
    EXPORT_CALLS = "calls.export"
    ORIGINATE = "calls.originate"
    """Have the server call somebody; call it from the browser."""
    SEE_INSIGHT = "insight.see"
    SEE_FLOWS = "flows.see"
    EDIT_FLOWS = "flows.edit"
    """Drafts, their tests, trying them."""
    PUBLISH_FLOWS = "flows.publish"
    SEE_LINE = "line.see"
    MANAGE_PEOPLE = "people.manage"
    SEE_AUDIT = "audit.see"


R = Right
_VIEWER = {R.OWN_ACCOUNT, R.SEE_LIVE, R.SEE_CALLS, R.SEE_INSIGHT, R.SEE_FLOWS}
_SUPERVISOR = _VIEWER | {
    R.CONTROL_CALLS, R.LISTEN_IN, R.SWITCH, R.SEE_INBOX, R.WORK_INBOX, R.SEE_NUMBERS, R.SEE_WORDS, R.HEAR_CALLS,
    R.REVIEW_CALLS, R.TRACE_CALLS, R.EXPORT_CALLS, R.ORIGINATE, R.SEE_LINE,
}  # fmt: skip
ROLES: dict[str, frozenset[Right]] = {
    "viewer": frozenset(_VIEWER),
    "supervisor": frozenset(_SUPERVISOR),
    "administrator": frozenset(Right),
    "operator": frozenset(
        {R.OWN_ACCOUNT, R.SEE_LIVE, R.CONTROL_CALLS, R.SWITCH, R.SEE_CALLS, R.TRACE_CALLS, R.SEE_INSIGHT, R.SEE_LINE,
         R.ORIGINATE}
    ),
    "auditor": frozenset(
        {R.OWN_ACCOUNT, R.SEE_CALLS, R.SEE_NUMBERS, R.SEE_WORDS, R.HEAR_CALLS, R.SEE_INSIGHT, R.SEE_FLOWS, R.SEE_LINE,
         R.SEE_AUDIT}
    ),
}  # fmt: skip
"""The one table. Somebody limited to lines has these rights for what belongs to those lines only."""


def _untold(what: str, about: str, call: str) -> None:
    """Where no audit trail is kept."""


@dataclass(frozen=True)
class Visitor:
    """Who asks: a person, or a program with one of their tokens."""

    name: str
    role: str
    rights: frozenset[Right]
    lines: frozenset[str] | None = None
    """Lines that they are limited to; None: all."""
    language: str = "en"
    csrf: str = ""
    """Of the session; empty for a token, which no browser sends by itself."""
    person: int = 0
    """Id in table `people`."""
    write_audit: Callable[[str, str, str], None] = field(default=_untold, repr=False, compare=False)

    @property
    def sees_numbers(self) -> bool:
        return Right.SEE_NUMBERS in self.rights

    @property
    def sees_words(self) -> bool:
        return Right.SEE_WORDS in self.rights

    def may(self, right: Right) -> bool:
        return right in self.rights

    def number(self, text: str) -> str:
        """A number as this visitor may see it."""
        return text if self.sees_numbers else call_masking.number(text)

    def words(self, text: str) -> str:
        """What somebody said as this visitor may see it."""
        return text if self.sees_words or not text else "•••"


def audit(visitor: Visitor, what: str, about: str = "", *, call: str = "") -> None:
    """Into the audit trail, before it is shown or done. Raises SQLAlchemyError: then it must not be shown."""
    visitor.write_audit(what, about, call)


class Need:
    """The dependency of a route. Works for WebSockets too."""

    def __init__(self, right: Right) -> None:
        self.right = right

    async def __call__(self, connection: HTTPConnection) -> Visitor:
        from ivr.web.identity import identify

        return await identify(connection, self.right)


def need(right: Right) -> Any:
    """The visitor, or the request is refused: 401 (pages: to the sign-in), 403."""
    return Depends(Need(right))
