"""`ivr eval nlu`: understanding measured on labelled sentences."""

import asyncio
import json
import os
import platform
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, cast

import typer

if TYPE_CHECKING:
    from ivr.insight.nlu_data import Sentences
    from ivr.insight.nlu_engines import EngineName
    from ivr.insight.nlu_eval import Heard


def nlu(
    train: Annotated[Path, typer.Option(help="nlu.yml, CSV (text, label), CLINC's JSON, or a folder with one")],
    test: Annotated[Path, typer.Option(help="the same; of JSON with train and test: each its part")],
    engine: Annotated[
        Literal["builtin", "rasa", "both", "all"], typer.Option(help="all: each of the three, trained once")
    ] = "builtin",
    out_of_scope: Annotated[str, typer.Option(metavar="LABEL", help="label of what no intent means")] = "",
    embeddings: Annotated[bool, typer.Option(help="use minilm-en where it is installed")] = True,
    intents: Annotated[int, typer.Option(min=0, help="so many intents, drawn by chance; 0: all")] = 0,
    examples: Annotated[int, typer.Option(min=0, help="examples an intent to learn from; 0: all")] = 0,
    limit: Annotated[int, typer.Option(min=0, help="so many test sentences, drawn by chance; 0: all")] = 0,
    spoken: Annotated[
        bool, typer.Option("--spoken", help="also said by a voice, through G.711, as the recognizer hears it")
    ] = False,
    language: str = "en",
    seed: int = 1,
    as_json: Annotated[bool, typer.Option("--json")] = False,
) -> None:
    """Train a parser on sentences with intents; measure on others what it gets right, refuses and believes."""
    from ivr.insight.nlu_data import fewer, read
    from ivr.insight.nlu_engines import EngineMissing
    from ivr.nlu.rasa_train import TrainingFailed

    try:
        learned, asked = read(train, "train", out_of_scope), read(test, "test", out_of_scope)
        learned, asked = fewer(learned, asked, intents, examples, seed, limit)
        report = asyncio.run(_measure(learned, asked, engine, embeddings, language, spoken))
    except (OSError, ValueError, EngineMissing, TrainingFailed) as error:
        print(f"eval nlu: {error}", file=sys.stderr)
        raise typer.Exit(2) from None
    report |= {"machine": f"{platform.machine()}, {os.cpu_count()} cores", "seed": seed}
    print(json.dumps(report, indent=1)) if as_json else _print(report)


async def _measure(
    learned: "Sentences", asked: "Sentences", engine: "EngineName", embeddings: bool, language: str, spoken: bool
) -> dict[str, Any]:
    from ivr import models, settings
    from ivr.insight import nlu_eval
    from ivr.insight.nlu_engines import trained
    from ivr.nlu.rasa_env import find_rasa

    cache = settings.load().cache
    model = models.path("minilm-en", cache) if embeddings and language == "en" and engine != "rasa" else None
    python = find_rasa(cache) if engine != "builtin" else None
    training = nlu_eval.training_set(learned, language)
    if not asked.inside:
        raise ValueError("no test sentence has one of the trained intents")
    sets = {"": (nlu_eval.written([text for text, _ in asked.inside]), nlu_eval.written(asked.outside))}
    errors: dict[str, Any] = {}
    if spoken:
        sets["spoken"], errors = _by_ear(asked, cache, language)

    def progress(line: str) -> None:
        print(f"rasa: {line}", file=sys.stderr)

    scores: dict[str, dict[str, Any]] = {}
    async with trained(engine, training, model, python, progress) as (parsers, train_s):
        for name, best in parsers.items():
            await nlu_eval.ask(best, nlu_eval.written(["hello"]))  # what the first question loads is no sentence's time
            for way, (inside, outside) in sets.items():
                found = nlu_eval.score(asked, await nlu_eval.ask(best, inside), await nlu_eval.ask(best, outside))
                if way:
                    scores[name][way] = found | errors
                else:
                    scores[name] = found
    return {
        "engine": engine,
        "embeddings": model is not None,
        "intents": len(training.intents),
        "examples": len(learned.inside),
        "out_of_scope_examples": len(learned.outside),
        "train_s": round(train_s, 1),
        **({"engines": scores} if engine == "all" else scores[engine]),
    }


def _by_ear(asked: "Sentences", cache: Path, language: str) -> "tuple[tuple[list[Heard], list[Heard]], dict[str, Any]]":
    """The sentences as they are heard, inside and outside, and how well. Raises ValueError when nothing can speak or
    hear this language."""
    from ivr import models
    from ivr.asr.engines import EngineOptions, load_engines
    from ivr.commands.test_sip import mouth
    from ivr.insight import nlu_spoken
    from ivr.tts import SynthesisError

    engine = next(iter(load_engines({language: ["moonshine", "vosk"]}, lambda name: models.path(name, cache),
                                    EngineOptions()).get(language, [])), None)  # fmt: skip
    if engine is None:
        raise ValueError(f"no recognizer of {language!r} is installed; `ivr models list` tells which there are")
    speak = mouth(cache)
    texts = [[text for text, _ in asked.inside], asked.outside]
    try:
        found = [nlu_spoken.heard(some, lambda text: speak(text, language), engine, language) for some in texts]
    except SynthesisError as error:
        raise ValueError(str(error)) from None
    rate = nlu_spoken.word_error_rate([*texts[0], *texts[1]], [*found[0], *found[1]])
    return (nlu_spoken.nothing(found[0]), nlu_spoken.nothing(found[1])), {"word_error_rate": rate}


def _print(report: dict[str, Any], title: str = "") -> None:
    from rich.console import Console
    from rich.table import Table

    parts = {name: report.pop(name) for name in ("engines", "spoken") if name in report}
    table = Table("measure", "value", "95 % interval", title=title)
    for name, value in report.items():
        if name.endswith("_interval"):
            continue
        between = cast("list[float] | None", report.get(f"{name}_interval"))
        shown = f"{value:.1%}" if between else ", ".join(f"{k} {v}" for k, v in value.items()) if isinstance(
            value, dict) else str(value)  # fmt: skip
        table.add_row(name.replace("_", " "), shown, f"{between[0]:.1%} - {between[1]:.1%}" if between else "")
    Console(width=None if sys.stdout.isatty() else 120).print(table)
    for name, found in parts.get("engines", {}).items():
        _print(found, name)
    if "spoken" in parts:
        _print(parts["spoken"], f"{title} spoken".strip())
