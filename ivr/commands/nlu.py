"""`ivr nlu`: train and try understanding."""

import asyncio
import json
import time
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from ivr import settings
from ivr.commands.eval_nlu import nlu as eval_nlu

if TYPE_CHECKING:
    from ivr.nlu.training import TrainingSet

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Train and try understanding.")
app.command("eval")(eval_nlu)

Json = Annotated[bool, typer.Option("--json", help="print JSON")]


def _sets(values: settings.Settings) -> "list[TrainingSet]":
    from ivr.insight import flow_folder

    return flow_folder.training_sets(flow_folder.load_flows(values.flows, values.state.absolute()))


@app.command()
def parse(
    text: str,
    flow: Annotated[str, typer.Option(help="flow whose intents count; may be left out when there is one")] = "",
    language: Annotated[str, typer.Option(help="en, ko")] = "en",
    expected: Annotated[str, typer.Option(help="intents that the step lists, with commas")] = "",
    as_json: Json = False,
) -> None:
    """What the text means to each parser, side by side: Rasa (when it runs) and the built-in one."""
    values = settings.load()
    sets = [s for s in _sets(values) if s.language == language and flow in ("", s.flow)]
    if len(sets) != 1:
        named = ", ".join(sorted({s.flow for s in _sets(values)})) or "none"
        typer.echo(f"name one flow that has examples in {language} with --flow; there are: {named}", err=True)
        raise typer.Exit(2)
    answers = asyncio.run(_both(values, sets[0], text, [e for e in expected.split(",") if e]))
    if as_json:
        print(json.dumps(answers, ensure_ascii=False, indent=1))
        return
    table = Table("parser", "intent", "confidence", "next best", "entities", "ms")
    for name, answer in answers.items():
        if "why" in answer:
            table.add_row(name, f"[dim]{answer['why']}[/dim]", "", "", "", "")
            continue
        ranked = answer["intents"]
        best: dict[str, Any] = ranked[0] if ranked else {"name": "none", "confidence": 0.0}
        others = ", ".join(f"{i['name']} {i['confidence']:.2f}" for i in ranked[1:4])
        found = ", ".join(f"{e['name']}={e['value']}" for e in answer["entities"])
        table.add_row(name, best["name"], f"{best['confidence']:.2f}", others, found, f"{answer['ms']:.1f}")
    Console().print(table)


async def _both(values: settings.Settings, one: "TrainingSet", text: str, expected: list[str]) -> dict[str, Any]:
    from ivr import models
    from ivr.events import Hypothesis
    from ivr.nlu import ParserUnavailable
    from ivr.nlu.builtin import Builtin
    from ivr.nlu.rasa import Rasa

    builtin = Builtin(values.state.absolute() / "nlu", models.path("minilm-en", values.cache))
    builtin.publish([one])
    rasa = Rasa(values.nlu.rasa_url or values.state.absolute() / "run" / "rasa.json", deadline_s=5.0)
    rasa.publish([one])
    heard = [Hypothesis(text=text, confidence=1.0, source="text")]
    answers: dict[str, Any] = {}
    for parser in (rasa, builtin):
        started = time.perf_counter()
        try:
            found = await parser.parse(heard, one.flow, one.version, one.language, expected)
        except ParserUnavailable as error:
            answers[parser.name] = {"why": str(error)}
            continue
        answers[parser.name] = {
            "intents": [{"name": i.name, "confidence": i.confidence} for i in found.intents],
            "entities": [{"name": e.name, "value": e.value, "text": e.text} for e in found.entities],
            "ms": round((time.perf_counter() - started) * 1000, 1),
        }
    await rasa.close()
    return answers


@app.command()
def train(as_json: Json = False) -> None:
    """Train the built-in classifier of every flow now (a running server does it by itself)."""
    from ivr import models
    from ivr.nlu.builtin import Builtin

    values = settings.load()
    builtin = Builtin(values.state.absolute() / "nlu", models.path("minilm-en", values.cache))
    rows: list[dict[str, Any]] = []
    for one in _sets(values):
        started = time.perf_counter()
        builtin.publish([one])
        took = round(time.perf_counter() - started, 2)
        count = sum(len(examples) for examples in one.intents.values())
        rows.append(
            {"flow": one.flow, "language": one.language, "intents": len(one.intents), "examples": count, "s": took}
        )
    if as_json:
        print(json.dumps(rows, indent=1))
        return
    table = Table("flow", "language", "intents", "examples", "seconds")
    for row in rows:
        table.add_row(*(str(value) for value in row.values()))
    Console().print(table)
