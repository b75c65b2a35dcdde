"""A prompt's sound by the best means that works now. Lives in the services process, on its event loop.

Engines of a language are tried best first, each with a deadline; one that fails or is late loses this prompt to the
next. Everything but the sensitive is cached, and what the better engine still makes replaces what the worse one made.
"""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from pathlib import Path

import structlog

from ivr.ports import Synthesizer
from ivr.tts import NotForMe, SynthesisError
from ivr.tts.cache import Cached, Entry, PromptCache
from ivr.tts.engine_thread import AHEAD, LIVE, EngineThread
from ivr.tts.piecewise import Rendering, Tell, by_pieces, worth_it
from ivr.tts.prompt import Prompt, Sound
from ivr.tts.recorded import own_recording
from ivr.wire.messages import PromptCached, Synthesize, Synthesized

log = structlog.get_logger()

RESERVE_S = 0.4
"""Left of a prompt's deadline for the engines after the one that is tried."""
PRUNE_EVERY = 100
"""New prompts between two looks at the cache's size."""
REDO_LIMIT = 100
"""Prompts at most that wait to be made again by a better engine."""


class Speaker:
    """One a services process."""

    def __init__(
        self,
        engines: Mapping[str, Sequence[Synthesizer]],
        cache: PromptCache,
        flows: Path | None = None,
        engine_deadline_s: float = 2.5,
        on_cached: Callable[[PromptCached], None] = lambda _: None,
        voices: Mapping[str, str] | None = None,
        cache_bytes: int = 500_000_000,
        versions: Path | None = None,
    ) -> None:
        """`engines`: language -> engines, best first; one object may serve several languages. `flows`: folder of the
        flows, for their own recordings. `on_cached` is told of every file that appears or is replaced. `voices`:
        language -> voice for prompts that name none. `cache_bytes`: beyond it the oldest prompts that no flow contains
        go; media asks again for what it misses. `versions`: folder of published versions' files."""
        threads: dict[int, EngineThread] = {}
        self.engines: dict[str, list[EngineThread]] = {
            language: [threads.setdefault(id(e), EngineThread(e)) for e in some] for language, some in engines.items()
        }
        self.cache = cache
        self.flows = flows
        self.versions = versions
        self.engine_deadline_s = engine_deadline_s
        self.on_cached = on_cached
        self.voices = dict(voices or {})
        self.cache_bytes = cache_bytes
        self._stored = 0
        self.beginnings: dict[str, frozenset[str]] = {}
        """language -> what stands before the first value of a flow's text; rendered ahead (piecewise.py)."""
        self._in_flight: dict[str, Rendering] = {}
        self._redone: set[asyncio.Task[None]] = set()

    async def warm(self) -> dict[str, str]:
        """Load every engine; returns engine -> why it cannot be used (empty when it can)."""
        threads = list({id(t): t for some in self.engines.values() for t in some}.values())
        done = await asyncio.gather(*(asyncio.wrap_future(t.loaded()) for t in threads), return_exceptions=True)
        return {t.name: str(r) if isinstance(r, BaseException) else "" for t, r in zip(threads, done, strict=True)}

    def status(self) -> dict[str, dict[str, str]]:
        """language -> engine -> why it failed last; empty: it works, as far as is known."""
        return {language: {t.name: t.why for t in some} for language, some in self.engines.items()}

    # --- a caller waits ---------------------------------------------------------------------------------------

    async def speak(self, message: Synthesize, tell: Tell | None = None) -> Synthesized:
        """Never raises: `reason` says why there is no sound, or why the best means did not make it. `tell` gets the
        pieces of a long one that is new."""
        started = time.monotonic()
        prompt = Prompt(message.text, message.language, message.voice, message.rate, message.recording, message.flow)
        path, pcm, sources, reason = "", b"", list[str](), ""
        try:
            found = None if message.sensitive else self.cached(prompt)
            if found is not None:
                path, sources = str(found.path), found.entry.sources
            elif message.cheap:
                sound = await self.make(prompt, message.deadline_s, keep=False, cheap=message.cheap)
                pcm, sources, reason = sound.pcm, [sound.source], sound.why
            else:
                tell = None if message.speculative else tell
                rendering = self._rendering(prompt, message.deadline_s, message.sensitive)
                with rendering.followed(tell, urgent=not message.speculative):
                    file, sound = await asyncio.shield(rendering.task) if rendering.task else (None, Sound(b"", ""))
                path, sources, reason = str(file or ""), [sound.source], sound.why
                pcm = b"" if file is not None or rendering.told else sound.pcm
        except SynthesisError as error:
            reason = str(error)
        except OSError as error:
            reason = f"the prompt cannot be stored: {error.strerror}"
        took = time.monotonic() - started
        return Synthesized(
            call=message.call, id=message.id, path=path, pcm=pcm, sources=sources, reason=reason, synthesis_s=took
        )

    def cached(self, prompt: Prompt) -> Cached | None:
        """What the cache has for it, unless its recordings, voice or model have changed since."""
        found = self.cache.get(prompt.key)
        if found is None or found.entry.version != self.version(prompt, found.entry.sources[0]):
            return None
        return found

    def _rendering(self, prompt: Prompt, deadline_s: float, sensitive: bool) -> Rendering:
        """Calls that need the same prompt at once share one rendering; what is sensitive is nobody else's."""
        if not sensitive and (running := self._in_flight.get(prompt.key)) is not None:
            return running
        rendering = Rendering()
        rendering.task = asyncio.create_task(self._make_and_store(prompt, deadline_s, rendering, not sensitive))
        rendering.task.add_done_callback(lambda task: task.cancelled() or task.exception())
        if not sensitive:
            self._in_flight[prompt.key] = rendering
            rendering.task.add_done_callback(lambda _: self._in_flight.pop(prompt.key, None))
        return rendering

    async def _make_and_store(
        self, prompt: Prompt, deadline_s: float, rendering: Rendering, keep: bool
    ) -> tuple[Path | None, Sound]:
        engines = self._by_pieces(prompt, keep)
        if not engines:
            sound = await self.make(prompt, deadline_s, keep=keep)
        else:
            sound = await by_pieces(self, engines, prompt, deadline_s, rendering)
            if sound.why:
                return None, sound  # several voices: for this caller only
        return (await self.store(prompt, sound) if keep else None), sound

    def _threads(self, language: str, here: bool) -> list[EngineThread]:
        """`here`: none on another machine."""
        threads = self.engines.get(language, [])
        return [it for it in threads if not getattr(it.engine, "remote", False)] if here else threads

    def _by_pieces(self, prompt: Prompt, keep: bool) -> list[EngineThread]:
        """The engines for a prompt that is made piece by piece, a slow one first; empty: it is made whole."""
        if prompt.recording:
            return []
        threads = self._threads(prompt.language, here=not keep)
        for number, thread in enumerate(threads):
            covers = getattr(thread.engine, "covers", None)
            if covers is not None and not covers(prompt.text, prompt.language, prompt.voice, prompt.rate):
                continue
            slow = getattr(thread.engine, "neural", False) and not thread.refuses() and worth_it(prompt)
            return threads[number:] if slow else []
        return []

    # --- making -----------------------------------------------------------------------------------------------

    async def make(
        self, prompt: Prompt, deadline_s: float, priority: int = LIVE, keep: bool = True, cheap: bool = False,
        only: list[EngineThread] | None = None,
    ) -> Sound:  # fmt: skip
        """By the first engine that can and is in time. `keep` False: nothing of it is stored, now or later, and no
        remote one is asked. `cheap`: no neural one, unless there is no other. Raises SynthesisError when none can."""
        why: list[str] = []
        if prompt.recording:
            try:
                return Sound(await asyncio.to_thread(own_recording, self._own_path(prompt)), "recorded")
            except SynthesisError as error:
                why.append(str(error))
        until = time.monotonic() + deadline_s
        threads = only or self._threads(prompt.language, here=not keep)
        if cheap:
            threads = [it for it in threads if not getattr(it.engine, "neural", False)] or threads
        for number, thread in enumerate(threads):
            last = number == len(threads) - 1
            if not last and (refused := thread.refuses()):
                why.append(refused)
                self._redo(thread, prompt, keep)
                continue
            left = until - time.monotonic() - (0 if last else RESERVE_S)
            limit = left if priority == AHEAD else min(left, self.engine_deadline_s)
            try:
                return Sound(await self._asked(thread, prompt, limit, priority, keep), thread.name, "; ".join(why))
            except NotForMe as error:
                if last and not why:
                    why.append(str(error))
            except SynthesisError as error:
                why.append(str(error))
        log.warning("prompt not spoken", language=prompt.language, why=why)
        raise SynthesisError("; ".join(why) or f"no engine speaks {prompt.language}")

    async def _asked(self, thread: EngineThread, prompt: Prompt, limit_s: float, priority: int, keep: bool) -> bytes:
        future = self._put(thread, prompt, priority)
        try:
            return await asyncio.wait_for(asyncio.shield(asyncio.wrap_future(future)), max(limit_s, 0.05))
        except TimeoutError:
            if future.cancel():  # it never began: it stood behind something slow
                self._redo(thread, prompt, keep)
            else:
                thread.late()
                self._redo(thread, prompt, keep, future)
            raise SynthesisError(f"{thread.name} late") from None

    def _put(self, thread: EngineThread, prompt: Prompt, priority: int) -> "Future[bytes]":
        return thread.synthesize(prompt.text, prompt.language, self._voice(prompt), prompt.rate, priority)

    def _redo(self, thread: EngineThread, prompt: Prompt, keep: bool, future: "Future[bytes] | None" = None) -> None:
        """The better engine makes it when it can, for the next time; `future` when it is at it already."""
        if not keep or len(self._redone) >= REDO_LIMIT:
            return
        task = asyncio.create_task(self._keep(thread, prompt, future or self._put(thread, prompt, AHEAD)))
        self._redone.add(task)
        task.add_done_callback(self._redone.discard)

    async def _keep(self, thread: EngineThread, prompt: Prompt, future: "Future[bytes]") -> None:
        try:
            await self.store(prompt, Sound(await asyncio.wrap_future(future), thread.name))
        except (SynthesisError, OSError):
            return

    # --- storing ----------------------------------------------------------------------------------------------

    async def store(self, prompt: Prompt, sound: Sound, fixed: bool = False) -> Path:
        """`fixed`: a text that a flow contains, no caller's data in it; it is written beside the sound. A better
        engine's sound is not replaced by a worse one's. Raises OSError."""
        found = self.cached(prompt)
        if found is not None and self.rank(prompt, found.entry.sources[0]) < self.rank(prompt, sound.source):
            return found.path
        entry = Entry(
            sources=[sound.source],
            language=prompt.language,
            voice=prompt.voice,
            rate=prompt.rate,
            version=self.version(prompt, sound.source),
            text=prompt.text if fixed else "",
            recording=prompt.recording,
            flow=prompt.flow,
        )
        path = await asyncio.to_thread(self.cache.put, prompt.key, sound.pcm, entry)
        self.on_cached(PromptCached(key=prompt.key, path=str(path), sources=entry.sources))
        self._stored += 1
        if self._stored % PRUNE_EVERY == 0:
            await asyncio.to_thread(self.cache.prune, self.cache_bytes)
        return path

    def rank(self, prompt: Prompt, source: str) -> int:
        """0 is the best."""
        if prompt.recording and source == "recorded":
            return -1
        names = [t.name for t in self.engines.get(prompt.language, [])]
        return names.index(source) if source in names else len(names)

    def version(self, prompt: Prompt, source: str) -> str:
        """Of voice, model or recordings that `source` speaks with: another one makes what is cached stale."""
        if prompt.recording and source == "recorded":
            try:
                stat = self._own_path(prompt).stat()
            except (OSError, SynthesisError):
                return "missing"
            return f"{stat.st_size}.{stat.st_mtime_ns}"
        for thread in self.engines.get(prompt.language, []):
            version = getattr(thread.engine, "version", None)
            if thread.name == source and version is not None:
                return f"{self._voice(prompt)}@{version(prompt.language)}"
        return self._voice(prompt)

    def _voice(self, prompt: Prompt) -> str:
        return prompt.voice or self.voices.get(prompt.language, "")

    def _own_path(self, prompt: Prompt) -> Path:
        if self.flows is None:
            raise SynthesisError("there is no folder of flows")
        version, _, inside = prompt.recording.removeprefix("@").partition("/")
        if (
            prompt.recording.startswith("@") and self.versions is not None
        ):  # of a published version (insight/serving.py)
            home = (self.versions / version / "files").resolve()
            path = (home / inside).resolve()
        else:
            home = (self.flows / prompt.flow).resolve()
            path = (home / prompt.recording).resolve()
        if not path.is_relative_to(home):
            raise SynthesisError("a recording must lie in its flow's folder")
        return path
