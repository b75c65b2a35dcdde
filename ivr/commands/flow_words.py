"""`ivr flow words`: words that callers may say and the recognizer does not know."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ivr import settings

if TYPE_CHECKING:
    from ivr.flow.loader import Loaded

Row = tuple[str, str, str, tuple[str, ...]]
"""Flow, language, word, the known pieces that it is heard in (none: it cannot be heard)."""


def words(
    name: Annotated[str, typer.Argument(help="name of the flow; all when not given")] = "",
    folder: Annotated[Path, typer.Option("--flows", help="folder of flows")] = Path("flows"),
) -> None:
    """Print words that the recognizer does not know. Exit code 1: there are some that it can never hear."""
    from ivr.services.flow_files import load_folder

    if not folder.is_dir():
        typer.echo(f"there is no folder {folder}", err=True)
        raise typer.Exit(2)
    loaded = load_folder(folder)
    lost = 0
    for flow, language, word, pieces in lacking(loaded):
        if name in ("", flow):
            lost += not pieces
            typer.echo(
                f"{flow} {language}  {word}: {'heard as ' + ' + '.join(pieces) if pieces else 'cannot be heard'}"
            )
    for language, why in vocabularies(loaded)[1].items():
        typer.echo(f"{language}: {why}")
    raise typer.Exit(1 if lost else 0)


def lacking(loaded: "Loaded") -> Iterator[Row]:
    """Every word of a grammar that the first engine with a vocabulary does not know."""
    from ivr.asr.vosk_words import split

    engines, _ = vocabularies(loaded)
    for name, flow in sorted(loaded.published.flows.items() if loaded.published else []):
        for language in map(str, flow.languages):
            engine = engines.get(language)
            if engine is None:
                continue
            grammars = {digest for key, digest in flow.grammars.items() if key.endswith(f"/{language}")}
            said = {
                arc.word
                for it in grammars
                if it in loaded.grammars
                for arcs in loaded.grammars[it].arcs
                for arc in arcs
            }
            for word in sorted(said - {""}):
                if not engine.knows(word):
                    yield name, language, word, split(word, engine.knows)


def vocabularies(loaded: "Loaded") -> tuple[dict[str, Any], dict[str, str]]:
    """language -> its engine that has a vocabulary; and why the other languages have none."""
    from ivr import bootstrap

    values = settings.load()
    spoken = {
        str(code) for flow in (loaded.published.flows.values() if loaded.published else []) for code in flow.languages
    }
    known: dict[str, Any] = {}
    why: dict[str, str] = {}
    engines = bootstrap.recognition(values, {code: ["vosk"] for code in spoken})
    for code in sorted(spoken):
        found = next((engine for engine in engines.get(code, []) if hasattr(engine, "knows")), None)
        if found is not None:
            known[code] = found
        else:
            why[code] = "no recognizer with a fixed vocabulary is installed: every word can be heard"
    return known, why
