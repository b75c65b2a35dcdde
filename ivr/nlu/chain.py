"""Rasa first, with the built-in parser's second opinion; away, slow, wrong or without this version: the built-in parser
answers that turn alone, and why is recorded."""

import asyncio
import time

import structlog

from ivr.actions import Understand
from ivr.events import Understood
from ivr.nlu import ParserUnavailable
from ivr.nlu.builtin import Builtin
from ivr.nlu.parsed import Parsed, second_opinion
from ivr.ports import IntentParser

log = structlog.get_logger()

BUILTIN_S = 0.05
"""Kept of the deadline for the built-in parser."""


class Chain:
    """Answers `Understand`. One a services process."""

    def __init__(self, first: IntentParser | None, builtin: Builtin) -> None:
        """`first` None: only the built-in parser, by choice (nothing is recorded as missing)."""
        self.first = first
        self.builtin = builtin

    async def parse(self, action: Understand) -> Understood:
        """Never raises; source `none` when no parser could answer."""
        started = time.monotonic()
        why = ""
        if self.first is not None:
            limit = max(0.02, action.deadline_s - BUILTIN_S)
            try:
                parsed = await asyncio.wait_for(self._ask(self.first, action), limit)
                return _answer(action, await self._tempered(parsed, action), self.first.name, "", started)
            except TimeoutError:
                why = f"{self.first.name} late"
            except ParserUnavailable as error:
                why = str(error)
            except Exception as error:  # a parser's own fault must not cost the turn
                why = f"{self.first.name} failed: {type(error).__name__}"
        try:
            parsed = await self._ask(self.builtin, action)
            return _answer(action, parsed, self.builtin.name, why, started)
        except Exception as error:
            told = str(error) if isinstance(error, ParserUnavailable) else f"builtin failed: {type(error).__name__}"
            return _answer(action, Parsed(), "none", "; ".join(part for part in (why, told) if part), started)

    async def _tempered(self, parsed: Parsed, action: Understand) -> Parsed:
        """With the built-in parser's second opinion, when it has one; it takes about a millisecond."""
        known = self.builtin.intents(action.flow, action.version, action.language)
        if not known:
            return parsed
        try:
            return second_opinion(parsed, await self._ask(self.builtin, action), known)
        except Exception as error:
            log.warning("no second opinion", flow=action.flow, why=type(error).__name__)
            return parsed

    async def _ask(self, parser: IntentParser, action: Understand) -> Parsed:
        found = await parser.parse(action.hypotheses, action.flow, action.version, action.language, action.expected)
        text = getattr(found, "text", "") or next((h.text for h in action.hypotheses), "")
        return Parsed(found.intents, found.entities, text)


def _answer(action: Understand, parsed: Parsed, source: str, why: str, started: float) -> Understood:
    return Understood(
        call=action.call,
        leg=action.leg,
        turn=action.turn,
        t=action.t,
        id=action.id,
        intents=parsed.intents,
        entities=parsed.entities,
        source=source,
        why=why,
        text=parsed.text,
        understand_s=time.monotonic() - started,
    )
