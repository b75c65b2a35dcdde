"""The table of engines: how each is loaded, and which model of ivr models it needs in which language."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import structlog

from ivr.asr.beam import SearchOptions
from ivr.ports import Recognizer

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class EngineOptions:
    """What settings say about engines."""

    beam: int = 8
    threads: int = 1


def _moonshine(folder: Path, language: str, options: EngineOptions) -> Recognizer:
    from ivr.asr.moonshine import Moonshine

    return Moonshine(folder, SearchOptions(beam=options.beam), options.threads)


def _vosk(folder: Path, language: str, options: EngineOptions) -> Recognizer:
    from ivr.asr.vosk import Vosk

    return Vosk(folder, language)


@dataclass(frozen=True, slots=True)
class Engine:
    """One row."""

    load: Callable[[Path, str, EngineOptions], Recognizer]
    models: dict[str, str]
    """language -> name of the model."""


ENGINES: dict[str, Engine] = {
    "moonshine": Engine(_moonshine, {"en": "moonshine-tiny-en"}),
    "vosk": Engine(_vosk, {"ko": "vosk-ko", "en": "vosk-small-en"}),
}

ModelPath = Callable[[str], Path | None]
"""Name of a model -> its folder, None when it is not installed (ivr/models.py `path`)."""


def load_engines(
    wanted: dict[str, list[str]], model_path: ModelPath, options: EngineOptions
) -> dict[str, list[Recognizer]]:
    """language -> engines, first pass first; those whose model is missing or broken are left out with a word in the
    log."""
    loaded: dict[str, list[Recognizer]] = {}
    for language, names in wanted.items():
        for name in names:
            engine = ENGINES.get(name)
            model = engine.models.get(language) if engine else None
            folder = model_path(model) if model else None
            if engine is None or folder is None:
                log.info("engine_left_out", engine=name, language=language, model=model or "none")
                continue
            try:
                loaded.setdefault(language, []).append(engine.load(folder, language, options))
            except Exception as error:
                log.error("engine_failed", engine=name, language=language, error=type(error).__name__, why=str(error))
    return loaded


def known_languages() -> Iterable[str]:
    """Languages that some engine has a model for."""
    return dict.fromkeys(language for engine in ENGINES.values() for language in engine.models)
