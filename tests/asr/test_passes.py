"""Which engine decides."""

from collections.abc import Callable, Sequence

import pytest

from ivr.asr.passes import NoEngine, Passes, SecondPass
from ivr.asr.remote import RemoteFailed
from ivr.events import Hypothesis
from ivr.flow.grammar import Grammar
from ivr.ports import Recognized
from tests.asr.conftest import phrases


class Scripted:
    """An engine that hears its own name with a given confidence."""

    languages: tuple[str, ...] = ("en",)

    def __init__(self, name: str, confidence: float = 0.9, *, remote: bool = False, fails: bool = False) -> None:
        self.name, self.confidence, self.remote, self.fails = name, confidence, remote, fails
        self.streams = name == "first"
        self.dear_when_open = name == "first"
        self.decoded = self.fed = 0

    def start(
        self,
        language: str,
        grammar: Grammar | None,
        hints: Sequence[str] = (),
        give_way: Callable[[], None] = lambda: None,
    ) -> "Scripted":
        return self

    def audio(self, pcm: bytes) -> str | None:
        self.fed += len(pcm)
        return self.name

    def partial(self) -> str | None:
        return self.name

    def decode_now(self) -> Recognized:
        self.decoded += 1
        if self.fails:
            raise RemoteFailed("late")
        return Recognized([Hypothesis(self.name, confidence=self.confidence)])

    def end(self) -> Recognized:
        return self.decode_now()

    def cancel(self) -> None:
        return None


GRAMMAR = phrases("yes")


def heard(
    engines: list[Scripted],
    second_pass: SecondPass = "auto",
    grammar: Grammar | None = GRAMMAR,
    local_only: bool = False,
) -> str:
    passes = Passes(engines, "en", grammar, [], lambda: None, second_pass=second_pass, local_only=local_only)
    passes.audio(b"12")
    return passes.end().hypotheses[0].text


def test_a_local_second_pass_always_decides_and_the_first_one_streams() -> None:
    first, second = Scripted("first"), Scripted("second")
    passes = Passes([first, second], "en", GRAMMAR, [], lambda: None)
    assert passes.streams
    assert passes.audio(b"1234") == "first"
    assert passes.end().hypotheses[0].text == "second"
    assert (first.fed, second.fed, first.decoded) == (4, 4, 0)


def test_a_remote_second_pass_is_asked_only_about_doubts() -> None:
    sure, doubtful, cloud = Scripted("local", 0.95), Scripted("local", 0.5), Scripted("cloud", remote=True)
    assert heard([sure, cloud]) == "local"
    assert cloud.decoded == 0
    assert heard([doubtful, cloud]) == "cloud"
    assert heard([sure, cloud], "always") == "cloud"
    assert heard([sure, Scripted("second")], "doubtful") == "local"


def test_a_remote_engine_that_fails_hands_the_turn_back() -> None:
    gone = Scripted("cloud", remote=True, fails=True)
    assert heard([Scripted("local", 0.5), gone]) == "local"
    assert heard([Scripted("local", 0.5), gone], "always") == "local"
    with pytest.raises(RemoteFailed):
        heard([gone])


def test_an_engine_that_is_dear_in_open_vocabulary_is_left_out_where_another_decides() -> None:
    first, second = Scripted("first"), Scripted("second")
    assert heard([first, second], grammar=None) == "second"
    assert first.fed == 0
    assert heard([first], grammar=None) == "first"


def test_what_is_sensitive_stays_on_this_machine() -> None:
    cloud = Scripted("cloud", remote=True)
    assert heard([Scripted("local", 0.2), cloud], local_only=True) == "local"
    assert cloud.fed == 0
    with pytest.raises(NoEngine):
        heard([cloud], local_only=True)
