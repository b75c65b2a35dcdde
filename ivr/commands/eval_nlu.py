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


def nlu(
    train: Annotated[Path, typer.Option(help="nlu.yml, CSV (text, label), CLINC's JSON, or a folder with one")],
    test: Annotated[Path, typer.Option(help="the same; of JSON with train and test: each its part")],
    engine: Annotated[Literal["builtin", "rasa", "both"], typer.Option()] = "builtin",
    out_of_scope: Annotated[str, typer.Option(metavar="LABEL", help="label of what no intent means")] = "",
    embeddings: Annotated[bool, typer.Option(help="use minilm-en where it is installed")] = True,
    intents: Annotated[int, typer.Option(min=0, help="so many intents, drawn by chance; 0: all")] = 0,
    examples: Annotated[int, typer.Option(min=0, help="examples an intent to learn from; 0: all")] = 0,
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
        learned, asked = fewer(learned, asked, intents, examples, seed)
        report = asyncio.run(_measure(learned, asked, engine, embeddings, language))
    except (OSError, ValueError, EngineMissing, TrainingFailed) as error:
        print(f"eval nlu: {error}", file=sys.stderr)
        raise typer.Exit(2) from None
    report |= {"machine": f"{platform.machine()}, {os.cpu_count()} cores", "seed": seed}
    print(json.dumps(report, indent=1)) if as_json else _print(report)


async def _measure(
    learned: "Sentences", asked: "Sentences", engine: "EngineName", embeddings: bool, language: str
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

    def progress(line: str) -> None:
        print(f"rasa: {line}", file=sys.stderr)

    async with trained(engine, training, model, python, progress) as (best, train_s):
        await nlu_eval.ask(best, ["hello"])  # what is loaded at the first question is no sentence's time
        inside = await nlu_eval.ask(best, [text for text, _ in asked.inside])
        outside = await nlu_eval.ask(best, asked.outside)
    return {
        "engine": engine,
        "embeddings": model is not None,
        "intents": len(training.intents),
        "examples": len(learned.inside),
        "out_of_scope_examples": len(learned.outside),
        "train_s": round(train_s, 1),
        **nlu_eval.score(asked, inside, outside),
    }


def _print(report: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table("measure", "value", "95 % interval")
    for name, value in report.items():
        if name.endswith("_interval"):
            continue
        between = cast("list[float] | None", report.get(f"{name}_interval"))
        shown = f"{value:.1%}" if between else ", ".join(f"{k} {v}" for k, v in value.items()) if isinstance(
            value, dict) else str(value)  # fmt: skip
        table.add_row(name.replace("_", " "), shown, f"{between[0]:.1%} - {between[1]:.1%}" if between else "")
    Console(width=None if sys.stdout.isatty() else 120).print(table)
