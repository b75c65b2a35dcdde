"""Rasa first, with the built-in parser's second opinion; away, slow, wrong or without this version: the built-in parser
answers that turn alone, and why is recorded."""

import asyncio
import time

from ivr.actions import Understand
from ivr.events import Understood
from ivr.nlu import ParserUnavailable
from ivr.nlu.builtin import Builtin
from ivr.nlu.parsed import Parsed, second_opinion
from ivr.ports import IntentParser

BUILTIN_S = 0.05
"""Kept of the deadline for the built-in parser."""


class Chain:
    """Answers `Understand`. One a services process."""

    def __init__(self, first: IntentParser | None, builtin: Builtin) -> None:
        """`first` None: only the built-in parser, by choice (nothing is recorded as missing)."""
        self.first = first
        self.builtin = builtin

    async def parse(self, action: Understand) -> Understood:
        """Never raises; source `none` when no parser could answer. Both work at once, so that a first one that is late
        costs no more than its deadline."""
        started = time.monotonic()
        second = asyncio.create_task(self._ask(self.builtin, action))
        try:
            first, why = await self._first(action)
            try:
                own = await second
            except Exception as error:  # a parser's own fault must not cost the turn
                told = str(error) if isinstance(error, ParserUnavailable) else f"builtin failed: {type(error).__name__}"
                own, why = None, "; ".join(part for part in (why, told) if part)
        finally:
            second.cancel()
        if first is not None and self.first is not None:
            known = self.builtin.intents(action.flow, action.version, action.language)
            best = second_opinion(first, own, known) if own is not None and known else first
            return _answer(action, best, self.first.name, why, started)
        if own is not None:
            return _answer(action, own, self.builtin.name, why, started)
        return _answer(action, Parsed(), "none", why, started)

    async def _first(self, action: Understand) -> tuple[Parsed | None, str]:
        """The first parser's answer, or why there is none (empty when there is no first parser)."""
        if self.first is None or action.builtin_only:
            return None, "overload" if action.builtin_only else ""
        try:
            limit = max(0.02, action.deadline_s - BUILTIN_S)
            return await asyncio.wait_for(self._ask(self.first, action), limit), ""
        except TimeoutError:
            # Its own deadline may be the longer one: it must learn that it was late, or it is asked again and again.
            if (late := getattr(self.first, "late", None)) is not None:
                late()
            return None, f"{self.first.name} late"
        except ParserUnavailable as error:
            return None, str(error)
        except Exception as error:
            return None, f"{self.first.name} failed: {type(error).__name__}"

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
