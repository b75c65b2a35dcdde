"""A caller who interrupts, after something else was heard over the same prompt: what stops it, and how fast."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ivr import actions as act
from ivr.insight.channel import Samples
from ivr.insight.turn_bench import SLACK, Round, Script, TurnCaller
from ivr.insight.wire_caller import WireCaller, encoded

QUIETER_DB = -30.0
"""Mean level of the sounds that are nobody's voice."""
LONGEST_S = 1.5
RATE = 8000


@dataclass(frozen=True)
class Sound:
    """No voice."""

    name: str
    payloads: list[bytes]


def made_sounds(seed: int) -> Iterator[tuple[str, Samples]]:
    """Where no folder of noises is given: a knock, a bang of a door, rain, mains hum, a whistle that falls."""
    chance = np.random.default_rng(seed)
    t = np.arange(int(LONGEST_S * RATE)) / RATE
    white = chance.standard_normal(t.size)
    knocks = white * sum(np.exp(-60 * np.clip(t - at, 0, None)) * (t >= at) for at in (0.1, 0.35, 0.6))
    yield "knocks", knocks.astype(np.float32)
    yield "bang", (white * np.exp(-6 * t)).astype(np.float32)
    yield "rain", white.astype(np.float32)
    yield "hum", np.sin(2 * np.pi * 100 * t).astype(np.float32)
    yield "whistle", np.sin(2 * np.pi * (1800 * t - 300 * t**2)).astype(np.float32)


def sound(name: str, samples: Samples) -> Sound:
    """At QUIETER_DB, at most LONGEST_S of it."""
    cut = samples[: int(LONGEST_S * RATE)]
    level = 10 * np.log10(float(np.mean(np.square(cut, dtype=np.float64))) + 1e-12)
    louder = np.clip(cut * 10 ** ((QUIETER_DB - level) / 20), -1, 1).astype(np.float32)
    return Sound(name, encoded(louder))


class BargeInCaller(TurnCaller):
    """One call: a sound over the prompt, then a voice over it."""

    def __init__(self, caller: WireCaller, said: Round, over: Sound) -> None:
        self.over = over
        self.from_frame = 0
        super().__init__(caller, said)

    def talk(self) -> Script:
        yield from self.dial()
        if self.failed:
            return
        yield from self.pause(0.5 + self._said.waits_s)
        self.from_frame = self.caller.play(self.over.payloads)
        yield from self.pause(len(self.over.payloads) * 0.02 + 1.5)
        yield from self.say("grammar", self._said.listed, over_prompt=True)
        self.caller.hang_up()

    @property
    def false_pauses(self) -> int:
        """Pauses of the prompt before the voice."""
        if not self.turns:
            return 0
        until = self.turns[0].begin - SLACK
        return sum(isinstance(it, act.Pause) and self.from_frame - SLACK <= it.t < until for it in self.entries)
