"""The engines by name, and the lists that a language uses. A new engine is one file and one line here."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from ivr.ports import Synthesizer
from ivr.tts.espeak import Espeak
from ivr.tts.piper import Piper
from ivr.tts.recorded import Recorded

Find = Callable[[], Path | None]

ENGINES: dict[str, Callable[[Path, Find], Synthesizer]] = {
    # name -> made from (folder of recordings, what finds the folder of Piper's voice)
    "recorded": lambda sounds, _: Recorded(sounds),
    "piper": lambda _, find: Piper(find),
    "espeak": lambda *_: Espeak(),
}


def by_language(names: Mapping[str, Sequence[str]], sounds: Path, piper: Find) -> dict[str, list[Synthesizer]]:
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
                made[name] = ENGINES[name](sounds, piper)
        result[language] = [made[n] for n in wanted if language in made[n].languages]
    return result
