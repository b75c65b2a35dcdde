"""Calls to a line that is measured (`bench_line`), one after the other, each with its journal."""

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ivr.insight import journal_text
from ivr.insight.journal_tail import JournalTail
from ivr.insight.private_line import PrivateLine
from ivr.insight.turn_bench import TurnCaller, tell_parts
from ivr.insight.wire_caller import Callers, WireCaller

LINE = Path(__file__).parent / "bench_line"


@dataclass
class Calls:
    """What became of them."""

    talks: list[TurnCaller] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    late: int = 0
    """Ticks of the caller itself that came late: the figures are as good as it kept up."""


def calls(
    scripts: Sequence[Callable[[WireCaller], TurnCaller]],
    rasa: bool = False,
    flows: Path = LINE,
    chosen: dict[str, str] | None = None,
) -> Calls:
    """`chosen`: settings, as IVR_* names. Journals of calls that failed are printed to standard error. Raises
    PrivateLineError."""
    from ivr import settings

    kept = settings.load().cache / "bench-prompts"
    made = Calls()
    settled = {"IVR_NLU_RASA": "auto" if rasa else "off", **(chosen or {})}
    with PrivateLine(flows, kept, "sip:nobody@127.0.0.1:9", settled, mocked=False) as line:
        host, _, port = line.address.rpartition(":")
        callers = Callers()
        for script in scripts:
            caller = WireCaller((host, int(port)), "bench")
            talk = script(caller)
            callers.add(caller)
            callers.run(talk.tick)
            tail = JournalTail(line.journals, caller.sip_call_id)
            tail.read()
            tell_parts(talk.turns, tail.entries)
            talk.entries = tail.entries
            made.talks.append(talk)
            callers.remove(caller)
            if talk.failed:
                made.failed.append(talk.failed)
                print("\n".join(journal_text.lines(tail.entries)), file=sys.stderr)
        made.late = callers.late
    return made
