"""What every call of the media process shares, and the shape of a session as a worker sees it."""

import datetime
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from ivr.actions import Action
from ivr.call.config import CallConfig
from ivr.call.live import LiveStand
from ivr.call.overload import Ladder
from ivr.call.prompts import PromptCache
from ivr.call.recognition import Recognition
from ivr.call.services import Services
from ivr.call.writer import Writer
from ivr.events import CallStarted, Event
from ivr.flow.models import Published

if TYPE_CHECKING:
    from ivr.journal import Entry


class CallSession(Protocol):
    """dialogue.session.Session as the worker uses it; pure."""

    def handle(self, event: Event, now: int) -> list[Action]:
        """What to do about it; `now` in frames since the answer."""

    def deadline(self) -> int | None:
        """Frame at which DeadlineReached is wanted."""

    def masked(self, entry: "Entry") -> "Entry":
        """The entry as the journal may have it."""


@dataclass(frozen=True)
class Parts:
    """Shared objects of the audio loop."""

    config: CallConfig
    writer: Writer
    prompts: PromptCache
    recognition: Recognition
    services: Services
    new_session: Callable[[Published, CallStarted], CallSession]
    later: Callable[[str, Event], None]
    """From any thread: tell the worker of a call something, on the loop's thread."""
    clock: Callable[[], float]
    """Seconds, never jumps."""
    wall: Callable[[], datetime.datetime]
    ladder: Ladder
    live: LiveStand
