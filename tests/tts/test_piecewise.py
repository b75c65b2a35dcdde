"""A prompt that is heard while it is made: pieces in order, beginnings from the cache, guesses nobody waits for."""

import asyncio
import time
from pathlib import Path

import numpy as np
import pytest

from ivr.tts.cache import PromptCache
from ivr.tts.heads import heads
from ivr.tts.pieces import pieces
from ivr.tts.piecewise import head_of
from ivr.tts.prompt import Prompt, Sound
from ivr.tts.shape import finish
from ivr.tts.speaker import Speaker
from ivr.wire.messages import Synthesize, Synthesized

LONG = "Your order is on its way to you now, and it will be with you before noon. Can I do anything else for you today?"


class Slow:
    """A neural voice: a beep of 10 ms a letter; remembers what it was asked."""

    name = "slow"
    neural = True
    languages: tuple[str, ...] = ("en",)

    def __init__(self) -> None:
        self.asked: list[str] = []

    def synthesize(self, text: str, language: str, voice: str = "", rate: float = 1.0) -> bytes:
        self.asked.append(text)
        time.sleep(0.02)
        return finish(np.sin(np.arange(80 * len(text)) * 0.3).astype(np.float32), 8000)


def speaker(tmp_path: Path) -> tuple[Speaker, Slow]:
    engine = Slow()
    return Speaker({"en": [engine]}, PromptCache(tmp_path)), engine


def speak(speaking: Speaker, text: str, sensitive: bool = False) -> tuple[Synthesized, list[Sound]]:
    told: list[Sound] = []
    message = Synthesize(call="c", id=1, text=text, language="en", sensitive=sensitive)
    return asyncio.run(speaking.speak(message, told.append)), told


@pytest.mark.parametrize("text", [LONG, "Yes.", "One, two, three.", "a" * 300, "", "I heard four five. Is that right?"])
def test_no_word_is_lost_and_none_is_added(text: str) -> None:
    assert " ".join(piece.text for piece in pieces(text)).split() == text.split()


def test_the_first_piece_is_short() -> None:
    first, *others = pieces(LONG)
    assert others
    assert len(first.text) < 60


def test_pieces_are_told_as_they_are_made_and_the_whole_is_kept(tmp_path: Path) -> None:
    speaking, engine = speaker(tmp_path)
    answer, told = speak(speaking, LONG)
    assert engine.asked == [piece.text for piece in pieces(LONG)]
    assert b"".join(sound.pcm for sound in told) == Path(answer.path).read_bytes()
    assert all(len(sound.pcm) % 320 == 0 for sound in told)
    again, nothing = speak(speaking, LONG)
    assert (again.path, nothing, len(engine.asked)) == (answer.path, [], len(told))


def test_what_is_sensitive_is_told_and_kept_nowhere(tmp_path: Path) -> None:
    speaking, _ = speaker(tmp_path)
    answer, told = speak(speaking, LONG, sensitive=True)
    assert told
    assert not answer.path
    assert not list(tmp_path.iterdir())


def test_a_known_beginning_is_not_made_again(tmp_path: Path) -> None:
    speaking, engine = speaker(tmp_path)
    speaking.beginnings = {"en": frozenset({"Your order", "Your order is on"})}
    head = head_of(Prompt("", "en"), "Your order is on")
    assert head.text == "Your order is on,"
    asyncio.run(speaking.store(head, Sound(engine.synthesize(head.text, "en"), "slow"), fixed=True))
    engine.asked.clear()
    _, told = speak(speaking, LONG)
    assert " ".join(engine.asked) == LONG.removeprefix("Your order is on ")
    assert len(told) == len(engine.asked) + 1


def test_a_guess_tells_nothing_and_stops_when_it_is_taken_back(tmp_path: Path) -> None:
    speaking, engine = speaker(tmp_path)

    async def taken_back() -> None:
        guess = Synthesize(call="c", id=1, text=LONG, language="en", speculative=True)
        task = asyncio.create_task(speaking.speak(guess))
        while not engine.asked:  # noqa: ASYNC110 - it is asked on another thread
            await asyncio.sleep(0.001)
        task.cancel()
        await asyncio.sleep(0.2)

    asyncio.run(taken_back())
    assert len(engine.asked) < len(pieces(LONG))
    assert not list(tmp_path.iterdir())


def test_who_needs_what_was_guessed_gets_it_from_its_first_piece(tmp_path: Path) -> None:
    speaking, engine = speaker(tmp_path)
    told: list[Sound] = []

    async def both() -> None:
        guess = Synthesize(call="c", id=1, text=LONG, language="en", speculative=True)
        task = asyncio.create_task(speaking.speak(guess))
        while not engine.asked:  # noqa: ASYNC110 - it is asked on another thread
            await asyncio.sleep(0.001)
        await speaking.speak(Synthesize(call="c", id=2, text=LONG, language="en"), told.append)
        await task

    asyncio.run(both())
    assert engine.asked == [piece.text for piece in pieces(LONG)]
    assert len(told) == len(engine.asked)


def test_beginnings_of_flows_are_rendered_ahead() -> None:
    from tests.dialogue.small import compiled

    found, prompts = heads(compiled().values(), 1.0)
    assert "I heard" in found["en"]
    assert Prompt("I heard,", "en", rate=1.0) in prompts
