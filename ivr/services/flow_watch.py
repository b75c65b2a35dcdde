"""Flows as files: loaded, checked and compiled at the start and when they change; the last good set goes on serving.

What media reads is written to <state>/flows/<version>.json and flows/current.json (flow.models.Published as JSON), and
each grammar to <state>/grammars/<hash>.json, before FlowsPublished is told.
"""

import asyncio
import contextlib
import hashlib
import os
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import structlog

from ivr.flow.grammar import Grammar, encode
from ivr.services.metrics import FLOW_PROBLEMS
from ivr.wire.messages import FlowsPublished

log = structlog.get_logger("flows")

POLL_S = 1.0
KEPT_VERSIONS = 20
KNOWN_S = 20.0
"""A first start waits this long for the database to say which versions serve; after it the files do."""


@dataclass
class Compiled:
    """What the flow room's loader made of the files."""

    json: str
    """flow.models.Published as JSON; empty when a mistake forbids publishing."""
    grammars: Mapping[str, Grammar] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    """Mistakes, one line each with file, line and the mend."""
    loaded: Any = None
    """The loader's own result, for those who want more of it."""


def signature(folder: Path) -> str:
    """Changes when any file below `folder` does."""
    seen = hashlib.sha256()
    for root, folders, files in os.walk(folder):
        folders[:] = sorted(f for f in folders if not f.startswith("."))
        for name in sorted(files):
            if name.startswith(".") or name.endswith("~"):
                continue
            path = Path(root) / name
            with contextlib.suppress(OSError):
                stat = path.stat()
                seen.update(f"{path}\0{stat.st_mtime_ns}\0{stat.st_size}\n".encode())
    return seen.hexdigest()


class FlowWatch:
    """Publishes the flows of a folder."""

    def __init__(
        self,
        folder: Path,
        state: Path,
        compile_folder: Callable[[Path], Compiled],
        publish: Callable[[FlowsPublished], None],
        after: list[Callable[[Any], Awaitable[None]]],
        ready: Callable[[], Awaitable[object]] | None = None,
        also: Callable[[], str | None] = lambda: "",
    ) -> None:
        """`compile_folder` runs in a thread; `after` is called with the loader's result once media was told and
        `ready` has returned. `also`: changes when something beside the files does (published versions); None: nobody
        knows yet, and for KNOWN_S nothing is published that might be the wrong one. Runs in a thread."""
        self._folder = folder
        self._state = state
        self._compile = compile_folder
        self._publish = publish
        self._after = after
        self._ready = ready
        self._also = also
        self._followers: asyncio.Task[None] | None = None
        self.version = ""
        self.problems: list[str] = []

    async def run(self) -> None:
        """Until cancelled."""
        seen: tuple[str, str | None] = ("", "")
        begun = time.monotonic()
        while True:
            files, beside = await asyncio.to_thread(signature, self._folder), await asyncio.to_thread(self._also)
            if beside is None and time.monotonic() - begun < KNOWN_S:
                await asyncio.sleep(POLL_S / 4)
                continue
            if (files, beside) != seen:
                if seen[0] and await asyncio.to_thread(signature, self._folder) != files:
                    await asyncio.sleep(POLL_S)  # an editor is still writing
                    continue
                await self.load()
                seen = (files, beside)
            await asyncio.sleep(POLL_S)

    async def load(self) -> bool:
        """Compile and publish; False when a mistake forbids it."""
        try:
            compiled = await asyncio.to_thread(self._compile, self._folder)
        except Exception as error:
            compiled = Compiled("", problems=[f"{self._folder}: {type(error).__name__}: {error}"])
        self.problems = compiled.problems
        FLOW_PROBLEMS.set(len(compiled.problems))
        if not compiled.json:
            log.error(
                "flows are refused, the last good ones serve", serving=self.version or "none", folder=str(self._folder)
            )
            for problem in compiled.problems:
                log.error("mistake in a flow", problem=problem)
            return False
        version = hashlib.sha256(compiled.json.encode()).hexdigest()[:16]
        path = await asyncio.to_thread(self._write, version, compiled)
        if version != self.version:
            log.info("flows are published", version=version)
        self.version = version
        self._publish(FlowsPublished(path=str(path), version=version))
        await self._follow(compiled.loaded)
        return True

    def _write(self, version: str, compiled: Compiled) -> Path:
        flows, folder = self._state / "flows", self._state / "grammars"
        for made in (flows, folder):
            made.mkdir(parents=True, exist_ok=True)
        for name, grammar in compiled.grammars.items():
            path = folder / f"{name}.json"
            if not path.exists():
                replace(path, encode(grammar))
        path = flows / f"{version}.json"
        replace(path, compiled.json.encode())
        replace(flows / "current.json", compiled.json.encode())
        old = sorted((p for p in flows.glob("????????????????.json")), key=lambda p: p.stat().st_mtime_ns)
        for unused in old[:-KEPT_VERSIONS]:
            unused.unlink(missing_ok=True)
        return path

    async def _follow(self, loaded: Any) -> None:
        """Training and rendering for this set; those for an older one are given up."""
        if self._followers is not None and not self._followers.done():
            self._followers.cancel()
            await asyncio.gather(self._followers, return_exceptions=True)
        self._followers = asyncio.create_task(self._run_followers(loaded))

    async def _run_followers(self, loaded: Any) -> None:
        if self._ready is not None:
            await self._ready()
        for follower in self._after:
            try:
                await follower(loaded)
            except Exception as error:
                log.error(
                    "after publishing",
                    step=getattr(follower, "__name__", "?"),
                    error=f"{type(error).__name__}: {error}",
                )
        log.info("flows are ready", version=self.version)  # trained, and their prompts rendered

    async def close(self) -> None:
        if self._followers is not None:
            self._followers.cancel()
            await asyncio.gather(self._followers, return_exceptions=True)


def replace(path: Path, data: bytes) -> None:
    """Write so that a reader sees the old file or the new one, whole."""
    fresh = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    fresh.write_bytes(data)
    fresh.replace(path)
