"""The engines by name, and the lists that a language uses. A new engine is one file and one line here."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ivr.ports import Synthesizer
from ivr.tts.espeak import Espeak
from ivr.tts.piper import Piper
from ivr.tts.recorded import Recorded
from ivr.tts.rest import Rest, RestVoice

Find = Callable[[], Path | None]


@dataclass(frozen=True)
class EngineParts:
    """What engines are made from."""

    sounds: Path
    """Folder of recordings."""
    piper: Find
    """Finds the folder of Piper's voice."""
    rest: RestVoice
    languages: Sequence[str]
    """In which the settings name the engine."""


ENGINES: dict[str, Callable[[EngineParts], Synthesizer]] = {
    "recorded": lambda parts: Recorded(parts.sounds),
    "piper": lambda parts: Piper(parts.piper),
    "espeak": lambda _: Espeak(),
    "rest": lambda parts: Rest(parts.rest, parts.languages),
}


def by_language(
    names: Mapping[str, Sequence[str]], sounds: Path, piper: Find, rest: RestVoice | None = None
) -> dict[str, list[Synthesizer]]:
    """Language -> engines, best first, for a table of names as in the setting `tts.engines`. One object an engine.
    `piper`: `lambda: models.path("piper-joe-en")`.

    Raises ValueError for a name that is no engine's. What is not installed stays in the list: it says so when asked,
    and works as soon as it is there.
    """
    made: dict[str, Synthesizer] = {}
    result: dict[str, list[Synthesizer]] = {}
    for language, wanted in names.items():
        for name in wanted:
            if name not in ENGINES:
                raise ValueError(f"tts.engines.{language}: there is no engine {name!r}; there are {', '.join(ENGINES)}")
            if name not in made:
                spoken = [one for one, engines in names.items() if name in engines]
                made[name] = ENGINES[name](EngineParts(sounds, piper, rest or RestVoice(), spoken))
        result[language] = [made[n] for n in wanted if language in made[n].languages]
    return result
