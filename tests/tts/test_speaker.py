"""The best engine that works speaks; one that raises, is late or hangs loses to the next within the same prompt."""

import asyncio
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from ivr.audio.prompt_key import prompt_key
from ivr.ports import Synthesizer
from ivr.tts import NotForMe, SynthesisError
from ivr.tts.ahead import render_ahead
from ivr.tts.cache import PromptCache
from ivr.tts.prompt import Prompt
from ivr.tts.speaker import Speaker
from ivr.wire.messages import PromptCached, Synthesize

PCM = b"\x01\x00" * 1600


class Engine:
    """A Synthesizer whose behaviour a test sets."""

    languages: tuple[str, ...] = ("en",)

    def __init__(self, name: str, act: Callable[[str], bytes] = lambda _: PCM) -> None:
        self.name = name
        self.act = act
        self.spoken: list[str] = []

    def synthesize(self, text: str, language: str, voice: str = "", rate: float = 1.0) -> bytes:
        self.spoken.append(text)
        return self.act(text)


def fails(_: str) -> bytes:
    raise SynthesisError("the model is broken")


def breaks(_: str) -> bytes:
    raise ZeroDivisionError


def cannot(_: str) -> bytes:
    raise NotForMe("not covered")


def takes(seconds: float) -> Callable[[str], bytes]:
    def act(_: str) -> bytes:
        time.sleep(seconds)
        return PCM

    return act


def ask(text: str = "Hello.", sensitive: bool = False, deadline_s: float = 2.0, **more: str) -> Synthesize:
    return Synthesize(call="c", id=7, text=text, language="en", sensitive=sensitive, deadline_s=deadline_s, **more)  # type: ignore[arg-type]


def speaker(tmp_path: Path, *engines: Engine, deadline_s: float = 0.15, **more: object) -> Speaker:
    table: dict[str, Sequence[Synthesizer]] = {"en": engines}
    return Speaker(table, PromptCache(tmp_path / "prompts"), engine_deadline_s=deadline_s, **more)  # type: ignore[arg-type]


def test_the_best_engine_speaks_and_the_sound_is_cached(tmp_path: Path) -> None:
    told: list[PromptCached] = []
    best, worse = Engine("best"), Engine("worse")
    one = speaker(tmp_path, best, worse, on_cached=told.append)
    answers = [asyncio.run(one.speak(ask())) for _ in range(2)]
    assert [a.sources for a in answers] == [["best"], ["best"]]
    assert (answers[0].call, answers[0].id, answers[0].reason) == ("c", 7, "")
    assert Path(answers[0].path).read_bytes() == PCM
    assert best.spoken == ["Hello."]
    assert worse.spoken == []
    assert [m.key for m in told] == [prompt_key("Hello.", "en")]


@pytest.mark.parametrize(("act", "why"), [(fails, "the model is broken"), (breaks, "best failed: ZeroDivisionError")])
def test_an_engine_that_fails_loses_the_prompt_to_the_next(
    tmp_path: Path, act: Callable[[str], bytes], why: str
) -> None:
    one = speaker(tmp_path, Engine("best", act), Engine("worse"))
    answer = asyncio.run(one.speak(ask()))
    assert (answer.sources, answer.reason) == (["worse"], why)
    assert one.status() == {"en": {"best": why, "worse": ""}}


def test_what_recordings_do_not_cover_is_no_failure(tmp_path: Path) -> None:
    one = speaker(tmp_path, Engine("recorded", cannot), Engine("best"))
    answer = asyncio.run(one.speak(ask()))
    assert (answer.sources, answer.reason) == (["best"], "")
    assert one.status()["en"]["recorded"] == ""


def test_a_late_engine_loses_in_time_and_its_sound_replaces_the_worse_one_later(tmp_path: Path) -> None:
    go = threading.Event()
    better = b"\x02\x00" * 1600

    def slow(_: str) -> bytes:
        go.wait(10)
        return better

    async def scene() -> None:
        one = speaker(tmp_path, Engine("best", slow), Engine("worse"))
        started = time.monotonic()
        first = await one.speak(ask())
        second = await one.speak(ask("Another."))
        assert time.monotonic() - started < 1.0
        assert (first.sources, first.reason) == (["worse"], "best late")
        assert second.sources == ["worse"], "nobody waits behind an engine that is late"
        go.set()
        for text in ("Hello.", "Another."):
            for _ in range(200):
                found = one.cache.get(prompt_key(text, "en"))
                if found and found.entry.sources == ["best"]:
                    break
                await asyncio.sleep(0.01)
            assert found is not None
            assert found.path.read_bytes() == better
        assert (await one.speak(ask("Third."))).sources == ["best"], "it is asked again once it is free"

    asyncio.run(scene())


def test_the_last_engine_gets_what_is_left_of_the_deadline(tmp_path: Path) -> None:
    one = speaker(tmp_path, Engine("only", takes(3)))
    started = time.monotonic()
    answer = asyncio.run(one.speak(ask(deadline_s=0.2)))
    assert time.monotonic() - started < 1
    assert (answer.path, answer.reason) == ("", "only late")


def test_nobody_can_speak_it(tmp_path: Path) -> None:
    assert asyncio.run(speaker(tmp_path, Engine("a", fails), Engine("b", breaks)).speak(ask())).path == ""
    assert asyncio.run(speaker(tmp_path).speak(ask())).reason == "no engine speaks en"


def test_the_sensitive_is_spoken_but_stored_nowhere(tmp_path: Path) -> None:
    one = speaker(tmp_path, Engine("late", takes(0.4)), Engine("worse"))

    async def scene() -> None:
        answer = await one.speak(ask(sensitive=True))
        assert (answer.pcm, answer.path, answer.sources) == (PCM, "", ["worse"])
        await asyncio.sleep(0.6)

    asyncio.run(scene())
    assert list((tmp_path / "prompts").iterdir()) == []


def test_the_same_prompt_asked_by_two_calls_is_made_once(tmp_path: Path) -> None:
    best = Engine("best", takes(0.05))
    one = speaker(tmp_path, best, deadline_s=2)

    async def scene() -> None:
        answers = await asyncio.gather(*(one.speak(ask()) for _ in range(5)))
        assert {a.path for a in answers} == {answers[0].path}

    asyncio.run(scene())
    assert len(best.spoken) == 1


def test_a_full_disk_is_said_and_does_not_raise(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one = speaker(tmp_path, Engine("best"))

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(one.cache, "put", full)
    answer = asyncio.run(one.speak(ask()))
    assert answer.path == ""
    assert "No space left" in answer.reason


def test_a_caller_goes_before_what_is_rendered_ahead(tmp_path: Path) -> None:
    best = Engine("best", takes(0.03))
    one = speaker(tmp_path, best, deadline_s=2)

    async def scene() -> None:
        ahead = asyncio.create_task(render_ahead(one, [Prompt(f"Prompt {n}.", "en") for n in range(20)]))
        await asyncio.sleep(0.08)
        answer = await one.speak(ask())
        assert answer.sources == ["best"]
        assert len(best.spoken) < 10
        results = await ahead
        assert all(r.fresh and r.source == "best" for r in results)

    asyncio.run(scene())


def test_what_a_worse_engine_rendered_is_made_anew_when_the_better_works(tmp_path: Path) -> None:
    prompts = [Prompt("Hello.", "en"), Prompt("Hello.", "en"), Prompt("Goodbye.", "en")]
    broken = asyncio.run(render_ahead(speaker(tmp_path, Engine("best", fails), Engine("worse")), prompts))
    assert [(r.source, r.fresh, r.why) for r in broken] == [("worse", True, "the model is broken")] * 2
    mended = speaker(tmp_path, Engine("best"), Engine("worse"))
    assert [(r.source, r.fresh) for r in asyncio.run(render_ahead(mended, prompts))] == [("best", True)] * 2
    assert [(r.source, r.fresh) for r in asyncio.run(render_ahead(mended, prompts))] == [("best", False)] * 2


def test_changed_recordings_are_joined_again(tmp_path: Path) -> None:
    class Recordings(Engine):
        stamp = "1"

        def version(self, language: str) -> str:
            return self.stamp

    engine = Recordings("recorded")
    one = speaker(tmp_path, engine)
    asyncio.run(one.speak(ask()))
    engine.stamp = "2"
    asyncio.run(one.speak(ask()))
    assert engine.spoken == ["Hello."] * 2


def test_a_recording_of_the_flow_is_used_and_never_one_outside(tmp_path: Path) -> None:
    from tests.tts.test_recorded import write_wav

    flow = tmp_path / "flows" / "orders"
    (flow / "prompts").mkdir(parents=True)
    write_wav(flow / "prompts" / "welcome.wav", 0.5)
    write_wav(tmp_path / "flows" / "outside.wav", 0.5)
    one = speaker(tmp_path, Engine("best"), flows=tmp_path / "flows")
    own = asyncio.run(one.speak(ask(recording="prompts/welcome.wav", flow="orders")))
    assert own.sources == ["recorded"]
    assert len(Path(own.path).read_bytes()) == 8000
    for bad in ("../outside.wav", "prompts/none.wav"):
        answer = asyncio.run(one.speak(ask(recording=bad, flow="orders")))
        assert answer.sources == ["best"]
        assert answer.reason


def test_prompts_of_calls_do_not_fill_the_disk(tmp_path: Path) -> None:
    one = speaker(tmp_path, Engine("best"), deadline_s=2, cache_bytes=20 * len(PCM))

    async def scene() -> None:
        await render_ahead(one, [Prompt("Fixed.", "en")])
        for number in range(99):
            await one.speak(ask(f"Your order {number}."))

    asyncio.run(scene())
    assert len(one.cache.keys()) == 20
    assert one.cache.get(prompt_key("Fixed.", "en")) is not None


def test_under_load_the_neural_voice_is_not_asked_and_nothing_of_it_is_kept(tmp_path: Path) -> None:
    neural, plain = Engine("neural"), Engine("plain")
    neural.neural = True  # type: ignore[attr-defined]
    one = speaker(tmp_path, neural, plain)
    request = Synthesize(call="c", id=7, text="Hello.", language="en", cheap=True)
    answer = asyncio.run(one.speak(request))
    assert (answer.sources, answer.pcm, answer.path) == (["plain"], PCM, "")
    assert neural.spoken == []
    assert asyncio.run(one.speak(ask())).sources == ["neural"], "the next one is made and kept as ever"
    assert asyncio.run(one.speak(request)).sources == ["neural"], "what is cached sounds as ever"
    assert asyncio.run(
        speaker(tmp_path, neural).speak(Synthesize(call="c", id=1, text="B.", language="en", cheap=True))
    ).pcm
