"""Parsers trained for a measurement: the built-in one, Rasa, both as calls have them (nlu/chain.py), or all three."""

import asyncio
import tempfile
import threading
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Literal

from ivr.actions import Understand
from ivr.events import Hypothesis
from ivr.insight.nlu_eval import FLOW, VERSION, Best, Heard
from ivr.nlu.builtin import Builtin
from ivr.nlu.chain import Chain
from ivr.nlu.rasa import Rasa
from ivr.nlu.rasa_server import RasaConfig, Server
from ivr.nlu.rasa_train import train
from ivr.nlu.training import TrainingSet

EngineName = Literal["builtin", "rasa", "both", "all"]
"""all: each of the three, trained once."""
DEADLINE_S = 10.0
READY_S = 1200.0
"""Whatever the machine does else, the server starts and each sentence is answered: accuracy is measured, not load."""


class EngineMissing(Exception):
    """The engine is not installed, or did not start; the message says which."""


@asynccontextmanager
async def trained(
    engine: EngineName,
    training: TrainingSet,
    embeddings: Path | None,
    python: Path | None,
    progress: Callable[[str], None],
) -> AsyncIterator[tuple[dict[str, Best], float]]:
    """Name of an engine -> asks it; with the seconds that training took. `python`: of Rasa's environment. Raises
    EngineMissing and rasa_train.TrainingFailed."""
    started = time.perf_counter()
    if engine == "builtin":
        builtin = _builtin(training, embeddings)
        yield {engine: _asking(builtin, training.language)}, time.perf_counter() - started
        return
    if python is None:
        raise EngineMissing("Rasa is not installed; `ivr doctor` says why")
    with tempfile.TemporaryDirectory(prefix="ivr-eval-") as folder:
        config = RasaConfig(python, Path(folder), Path(folder) / "rasa.json", lambda: [training], lambda: None)
        model = await asyncio.to_thread(train, python, config.folder, [training], training.language, progress)
        second = _builtin(training, embeddings) if engine != "rasa" else None
        train_s = time.perf_counter() - started
        server = Server(config)
        try:
            if not await asyncio.to_thread(server.start, model, threading.Event(), READY_S):
                raise EngineMissing("Rasa's server does not answer")
            server.tell()
            rasa = Rasa(config.told, DEADLINE_S)
            rasa.publish([training])
            asked: dict[str, Any] = {"rasa": rasa}
            if second is not None:
                asked |= {"builtin": second, "both": _Both(Chain(rasa, second))}
            chosen = asked if engine == "all" else {engine: asked[engine]}
            yield {name: _asking(parser, training.language) for name, parser in chosen.items()}, train_s
            await rasa.close()
        finally:
            server.end()


def _builtin(training: TrainingSet, embeddings: Path | None) -> Builtin:
    builtin = Builtin(None, embeddings)
    builtin.publish([training])
    return builtin


class _Both:
    """nlu.chain.Chain asked like a parser."""

    def __init__(self, chain: Chain) -> None:
        self.chain = chain

    async def parse(self, heard: list[Hypothesis], flow: str, version: str, language: str, _: Any) -> Any:
        action = Understand(
            call="", id=1, hypotheses=heard, flow=flow, version=version, language=language, deadline_s=DEADLINE_S
        )
        return await self.chain.parse(action)


def _asking(parser: Any, language: str) -> Best:
    async def best(heard: Heard) -> tuple[str, float]:
        found = await parser.parse(heard, FLOW, VERSION, language, ())
        return (found.intents[0].name, found.intents[0].confidence) if found.intents else ("", 0.0)

    return best
