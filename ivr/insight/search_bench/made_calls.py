"""Made-up calls in the numbers that searches are measured with: uneven as real ones are, the same for a seed."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from typing import Any
from uuid import UUID

SINCE = datetime(2026, 1, 1, tzinfo=UTC)
DAYS = 365
LINES = tuple(f"line{number}" for number in range(20))
FLOWS = ("orders", "bank", "helpdesk", "survey", "appointments")
RETIRED = "campaign"
"""A flow of the first month only: nothing of it is among the newest calls."""
NODES = tuple(f"node{number}" for number in range(40))
INTENTS = tuple(f"intent{number}" for number in range(30))
OUTCOMES = {"resolved": 60, "transferred": 20, "abandoned": 15, "failed": 4, "cut_off": 0.9, "voicemail": 0.1}
PHRASES = ("where is my order", "i want to cancel it", "what is my balance", "speak to a person", "yes please", "no")
KOREAN = ("주문을 취소할게요", "잔액이 얼마예요", "상담원 연결해 주세요", "배송이 언제 와요", "네", "아니요")
SYLLABLES = ("ba", "co", "di", "fu", "ga", "lo", "mi", "nu", "pa", "re", "sa", "to", "vi", "we", "zo", "ka")
VOCABULARY = 20_000


@dataclass(frozen=True)
class Made:
    """Rows for COPY, in the order of CALL, TURN and STEP."""

    calls: list[tuple[Any, ...]]
    turns: list[tuple[Any, ...]]
    path: list[tuple[Any, ...]]


CALL = ("id", "caller", "dialled", "line", "flow", "version", "language", "offered_at", "answered_at", "ended_at",
        "duration_s", "outcome", "ended_in", "failures", "turn_count", "complete")  # fmt: skip
TURN = ("call", "turn", "node", "heard_text", "text", "result", "how", "intent", "confidence", "answer_s")
STEP = ("call", "seq", "turn", "flow", "node", "visit")


def word(number: int) -> str:
    """The word at a place of the vocabulary; the first are said most."""
    text = ""
    for _ in range(4):
        number, syllable = divmod(number, len(SYLLABLES))
        text += SYLLABLES[syllable]
    return text


def batches(calls: int, seed: int = 7, size: int = 10_000) -> Iterator[Made]:
    """`calls` calls over a year, oldest first."""
    chance = random.Random(seed)
    frequent = list(accumulate(1 / (rank + 1) for rank in range(VOCABULARY)))
    for start in range(0, calls, size):
        made = Made([], [], [])
        for number in range(start, min(start + size, calls)):
            _call(chance, made, SINCE + timedelta(days=DAYS) * (number / calls), frequent)
        yield made


def _call(chance: random.Random, made: Made, at: datetime, frequent: list[float]) -> None:
    stamp = int(at.timestamp() * 1000)
    call = str(UUID(int=stamp << 80 | 7 << 76 | chance.getrandbits(12) << 64 | 2 << 62 | chance.getrandbits(62)))
    month = (at - SINCE).days // 30
    flow = RETIRED if month == 0 and chance.random() < 0.3 else _early(chance, FLOWS)
    korean = chance.random() < 0.2
    turns = min(int(chance.expovariate(1 / 3)) + 1, 40)
    nodes = [_early(chance, NODES) for _ in range(turns)]
    failures = 0
    for turn, node in enumerate(nodes, 1):
        missed = chance.random() < 0.12
        failures += missed
        said = _said(chance, korean, frequent)
        result, intent = ("no_match", "") if missed else ("match", _early(chance, INTENTS))
        sure = round(chance.betavariate(6, 1.2), 3)
        made.turns.append((call, turn, node, said, said, result, "speech", intent, sure, round(chance.random(), 3)))
        made.path.append((call, turn, turn, flow, node, 1))
    lasts = round(turns * chance.lognormvariate(2.3, 0.5), 2)
    outcome = chance.choices(list(OUTCOMES), list(OUTCOMES.values()))[0]
    caller = f"+1415{chance.randrange(400_000):07d}"
    made.calls.append((
        call, caller, "+18005550100", _early(chance, LINES), flow, f"{flow}-{month}", "ko" if korean else "en", at, at,
        at + timedelta(seconds=lasts), lasts, outcome, nodes[-1], failures, turns, True,
    ))  # fmt: skip


def _early(chance: random.Random, among: tuple[str, ...]) -> str:
    """The first ones more often."""
    return among[int(len(among) * chance.random() ** 2.5)]


def _said(chance: random.Random, korean: bool, frequent: list[float]) -> str:
    phrase = chance.choice(KOREAN if korean else PHRASES)
    others = chance.choices(range(VOCABULARY), cum_weights=frequent, k=chance.randrange(5))
    return " ".join([phrase, *map(word, others)])
