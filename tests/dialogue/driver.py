"""Drives a session by hand: events in, actions out, frames counted by the test."""

from typing import Any, TypeVar

import msgspec

from ivr import actions, events
from ivr.actions import Action
from ivr.dialogue.session import Session
from ivr.dialogue.timing import Timing, frames
from ivr.flow.models import Flow
from tests.dialogue.small import compiled

A = TypeVar("A", bound=Action)


class Driver:
    """A call in a test. `t` is the clock; prompts play as long as the test wants."""

    def __init__(self, flows: dict[str, Flow] | None = None, timing: Timing | None = None, **started: Any) -> None:
        flows = flows or compiled()
        self.session = Session(flows, {"agents": "sip:agents@pbx.example"}, timing)
        self.t = 0
        self.seq = 0
        self.queued: list[int] = []
        """Ids of prompts that were handed out and are not over."""
        self.all: list[Action] = []
        self.first = self.send(
            events.CallStarted(call="c1", caller="+14155550123", flow="orders", at="2027-01-04T10:00:00Z", **started)
        )

    def send(self, event: events.Event, after: float = 0.0) -> list[Action]:
        """Hand over one event, `after` seconds later (deadlines before it are reached first)."""
        done = self.wait(after) if after else []
        return done + self._handle(event)

    def wait(self, seconds: float) -> list[Action]:
        """Time passes."""
        end = self.t + frames(seconds)
        done: list[Action] = []
        while (due := self.session.deadline()) is not None and due <= end:
            self.t = max(self.t, due)
            done += self._handle(events.DeadlineReached())
        self.t = end
        return done

    def _handle(self, event: events.Event) -> list[Action]:
        self.seq += 1
        done = self.session.handle(msgspec.structs.replace(event, seq=self.seq, t=self.t), self.t)
        for action in done:
            if isinstance(action, actions.Say):
                self.queued.append(action.id)
            elif isinstance(action, actions.Flush):
                self.queued.clear()
        self.all += done
        return done

    # --- what often happens ---------------------------------------------------------------------------------------

    def play(self, seconds: float = 0.5) -> list[Action]:
        """Everything that is queued is spoken, each prompt this long."""
        done: list[Action] = []
        while self.queued:
            id = self.queued.pop(0)
            done += self.send(events.PromptStarted(id=id))
            done += self.send(events.PromptDone(id=id, frames=frames(seconds)), after=seconds)
        return done

    def begin(self, played: float = 1.0) -> None:
        """The first queued prompt plays since `played` seconds."""
        self.send(events.PromptStarted(id=self.queued[0]))
        self.wait(played)

    def voice(self) -> list[Action]:
        """The caller begins to speak, 0.1 s ago."""
        return self.send(events.VoiceStarted(voice_t=self.t - 5))

    def pause(self) -> list[Action]:
        """The caller stopped speaking, 0.2 s ago."""
        return self.send(events.VoiceStopped(voice_t=self.t - 10))

    def listen(self) -> actions.Listen:
        return last(self.all, actions.Listen)

    def heard(self, text: str, *, confidence: float = 0.95, speculative: bool = True, complete: bool = True,
              closed: bool = False, in_grammar: bool = True, **known: Any) -> list[Action]:  # fmt: skip
        """A result of the recognizer for the open Listen."""
        hypotheses = [events.Hypothesis(text, confidence=confidence, source="moonshine:held", **known)] if text else []
        return self.send(
            events.Heard(
                id=self.listen().id,
                hypotheses=hypotheses,
                speculative=speculative,
                complete=complete,
                closed=closed,
                in_grammar=in_grammar,
                until_t=self.t,
            )
        )

    def says(self, text: str, **known: Any) -> list[Action]:
        """A whole utterance of one second, result and end of turn included."""
        done = self.voice()
        self.wait(1.0)
        done += self.pause()
        done += self.heard(text, **known)
        return done + self.wait(1.0)

    def keys(self, typed: str) -> list[Action]:
        """Keys, 0.2 s apart."""
        done: list[Action] = []
        for key in typed:
            done += self.send(events.KeyPressed(key=key), after=0.2)
        return done

    def understood(self, *intents: tuple[str, float], **rest: Any) -> list[Action]:
        """Answer to the last Understand."""
        scores = [events.IntentScore(*intent) for intent in intents]
        return self.send(events.Understood(id=last(self.all, actions.Understand).id, intents=scores, **rest))

    def queried(self, value: Any = None, status: str = "ok") -> list[Action]:
        return self.send(events.Queried(id=last(self.all, actions.Query).id, status=status, value=value))

    @property
    def node(self) -> str:
        return last(self.all, actions.NodeEntered).node


def last(done: list[Action], kind: type[A]) -> A:
    """The last action of a kind; fails when there is none."""
    found = [action for action in done if isinstance(action, kind)]
    assert found, f"no {kind.__name__} in {names(done)}"
    return found[-1]


def names(done: list[Action]) -> list[str]:
    return [type(action).__name__ for action in done]


def commands(done: list[Action]) -> list[str]:
    """Names of the actions that ask for something, without notes, and without sounds prepared on a guess."""
    wanted = [action for action in done if not isinstance(action, actions.Prepare)]
    return [type(action).__name__ for action in wanted if isinstance(action, actions.AnyCommand)]


def texts(done: list[Action]) -> list[str]:
    return [action.text for action in done if isinstance(action, actions.Say)]
