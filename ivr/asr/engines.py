"""The table of engines: how each is loaded, and which model of ivr models it needs in which language."""

from collections.abc import Callable
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
    websocket_url: str = ""
    rest_url: str = ""
    rest_model: str = "whisper-1"
    rest_key: str = ""
    remote_timeout_s: float = 2.0


def _moonshine(folder: Path | None, language: str, options: EngineOptions) -> Recognizer:
    from ivr.asr.moonshine import Moonshine

    assert folder is not None
    return Moonshine(folder, SearchOptions(beam=options.beam), options.threads)


def _vosk(folder: Path | None, language: str, options: EngineOptions) -> Recognizer:
    from ivr.asr.vosk import Vosk

    assert folder is not None
    return Vosk(folder, language)


def _websocket(folder: Path | None, language: str, options: EngineOptions) -> Recognizer:
    from ivr.asr.websocket import WebSocketEngine

    if not options.websocket_url:
        raise ValueError("asr.websocket_url is not set")
    return WebSocketEngine(options.websocket_url, [language], options.remote_timeout_s)


def _rest(folder: Path | None, language: str, options: EngineOptions) -> Recognizer:
    from ivr.asr.rest import RestEngine

    if not options.rest_url:
        raise ValueError("asr.rest_url is not set")
    return RestEngine(options.rest_url, [language], options.rest_model, options.rest_key, options.remote_timeout_s)


@dataclass(frozen=True, slots=True)
class Engine:
    """One row."""

    load: Callable[[Path | None, str, EngineOptions], Recognizer]
    models: dict[str, str] | None = None
    """language -> name of the model; None: it needs none and takes any language."""


ENGINES: dict[str, Engine] = {
    "moonshine": Engine(_moonshine, {"en": "moonshine-tiny-en"}),
    "vosk": Engine(_vosk, {"ko": "vosk-ko", "en": "vosk-small-en"}),
    "websocket": Engine(_websocket),
    "rest": Engine(_rest),
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
            model = engine.models.get(language) if engine and engine.models is not None else None
            folder = model_path(model) if model else None
            if engine is None or (engine.models is not None and folder is None):
                log.info("engine_left_out", engine=name, language=language, model=model or "none")
                continue
            try:
                loaded.setdefault(language, []).append(engine.load(folder, language, options))
            except Exception as error:
                log.error("engine_failed", engine=name, language=language, error=type(error).__name__, why=str(error))
    return {language: engines for language, engines in loaded.items() if engines}
