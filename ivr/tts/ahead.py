"""Prompts rendered before a caller needs them, behind everything that callers wait for."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ivr.tts import SynthesisError
from ivr.tts.engine_thread import AHEAD, EngineThread
from ivr.tts.prompt import Prompt
from ivr.tts.speaker import Speaker

DEADLINE_S = 60.0


@dataclass(frozen=True)
class Rendered:
    """What became of one prompt."""

    prompt: Prompt
    source: str
    """Empty: no engine could speak it."""
    fresh: bool
    """False: it was in the cache, made by the best engine that works."""
    why: str = ""
    """Why it is not the best, or not there."""


async def render_ahead(
    speaker: Speaker, prompts: Sequence[Prompt], progress: Callable[[int, int, Rendered], None] = lambda *_: None
) -> list[Rendered]:
    """Render what flows say into the cache. What a worse engine made is made anew when a better one works now, what
    recordings or voices made that have changed likewise. `progress(done, of, last)`."""
    await speaker.warm()
    unique = list({p.key: p for p in prompts}.values())
    results: list[Rendered] = []
    for prompt in unique:
        results.append(await _one(speaker, prompt))
        progress(len(results), len(unique), results[-1])
    return results


async def _one(speaker: Speaker, prompt: Prompt) -> Rendered:
    found = speaker.cached(prompt)
    before = found.entry.sources[0] if found else ""
    if found is not None and found.entry.text and not _could_be_better(speaker, prompt, before):
        return Rendered(prompt, before, fresh=False)
    try:
        sound = await speaker.make(prompt, DEADLINE_S, AHEAD)
        await speaker.store(prompt, sound, fixed=True)
    except SynthesisError as error:
        return Rendered(prompt, before, fresh=False, why=str(error))
    except OSError as error:
        return Rendered(prompt, before, fresh=False, why=f"the prompt cannot be stored: {error.strerror}")
    return Rendered(prompt, sound.source, fresh=True, why=sound.why)


def _could_be_better(speaker: Speaker, prompt: Prompt, source: str) -> bool:
    rank = speaker.rank(prompt, source)
    if prompt.recording:
        return rank >= 0
    return any(_would_speak(thread, prompt) for thread in speaker.engines.get(prompt.language, [])[:rank])


def _would_speak(thread: EngineThread, prompt: Prompt) -> bool:
    """Without trying: recordings know what they cover; of others their last failure tells."""
    covers = getattr(thread.engine, "covers", None)
    if covers is not None:
        return bool(covers(prompt.text, prompt.language, prompt.voice, prompt.rate))
    return not thread.why
