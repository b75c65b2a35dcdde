"""`ivr prompts`: render the flows' prompts, list and hear what is in the cache."""

import asyncio
import json
import wave
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from ivr import settings

if TYPE_CHECKING:
    from ivr.tts.ahead import Rendered
    from ivr.tts.speaker import Speaker

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Render, list and hear prompts.")

Json = Annotated[bool, typer.Option("--json", help="print JSON")]


def speaker(values: settings.Settings, folder: Path | None = None) -> "Speaker":
    """As the services process has it, over the same cache unless another `folder` is given."""
    from ivr.bootstrap import voices
    from ivr.tts.cache import PromptCache
    from ivr.tts.speaker import Speaker

    return Speaker(
        voices(values),
        PromptCache(folder or values.state / "prompts"),
        flows=values.flows.absolute(),
        engine_deadline_s=values.tts.deadline_s,
        voices=values.tts.voices,
    )


@app.command()
def render(as_json: Json = False) -> None:
    """Render every prompt of the flows that holds no values; what the best engine made already is kept."""
    from ivr.insight import flow_folder
    from ivr.tts.ahead import render_ahead

    values = settings.load()
    console = Console(stderr=True)
    loaded = flow_folder.load_flows(values.flows)
    for problem in loaded.errors:
        console.print(str(problem), style="red", highlight=False)
    prompts = flow_folder.fixed_prompts(loaded, values.tts.rate)
    with console.status("rendering") as status:

        def progress(done: int, total: int, last: "Rendered") -> None:
            status.update(f"{done} of {total}: {last.prompt.text[:60]}")

        results = asyncio.run(render_ahead(speaker(values), prompts, progress))
    failed = [r for r in results if not r.source]
    if as_json:
        print(json.dumps([_row(r) for r in results], ensure_ascii=False, indent=1))
    else:
        _summary(results)
    raise typer.Exit(1 if failed or loaded.errors else 0)


def _row(result: "Rendered") -> dict[str, object]:
    prompt = result.prompt
    return {
        "language": prompt.language,
        "text": prompt.text,
        "source": result.source,
        "fresh": result.fresh,
        "why": result.why,
    }


def _summary(results: "list[Rendered]") -> None:
    table = Table("language", "made by", "prompts", "of them new")
    kinds = sorted({(r.prompt.language, r.source or "nobody") for r in results})
    for language, source in kinds:
        some = [r for r in results if (r.prompt.language, r.source or "nobody") == (language, source)]
        table.add_row(language, source, str(len(some)), str(sum(r.fresh for r in some)))
    console = Console()
    console.print(table)
    for reason in sorted({r.why for r in results if r.why}):
        console.print(f"not the best: {reason}", highlight=False)


@app.command("list")
def list_(as_json: Json = False) -> None:
    """What is in the cache: language, maker, length, and the text of prompts that flows contain."""
    from ivr.tts.cache import PromptCache

    cache = PromptCache(settings.load().state / "prompts")
    rows = []
    for key in sorted(cache.keys()):
        found = cache.get(key)
        if found is not None:
            seconds = found.path.stat().st_size / 16000
            rows.append((key[:12], found.entry.language, found.entry.sources[0], round(seconds, 2), found.entry.text))
    if as_json:
        names = ("key", "language", "source", "seconds", "text")
        print(json.dumps([dict(zip(names, row, strict=True)) for row in rows], ensure_ascii=False, indent=1))
        return
    table = Table("key", "language", "made by", "seconds", "text", title=f"{len(rows)} prompts")
    for row in sorted(rows, key=lambda r: (r[1], r[4])):
        table.add_row(row[0], row[1], row[2], f"{row[3]:.2f}", row[4] or "(made in a call)")
    Console().print(table)


@app.command()
def say(
    text: Annotated[str, typer.Argument(help="what is to be spoken")],
    language: Annotated[str, typer.Option(help="en, ko")] = "en",
    rate: Annotated[float, typer.Option(min=0.5, max=2.0)] = 1.0,
    out: Annotated[Path, typer.Option(help="WAV file to write, 8 kHz as a caller hears it")] = Path("prompt.wav"),
) -> None:
    """Speak one text as a call would, into a WAV file; says which engine made it."""
    from ivr.tts import SynthesisError
    from ivr.tts.prompt import Prompt, Sound
    from ivr.tts.speaker import Speaker

    values = settings.load()

    async def make(speaking: Speaker) -> Sound:
        await speaking.warm()
        return await speaking.make(Prompt(text, language, rate=rate), 60.0, keep=False)

    try:
        sound = asyncio.run(make(speaker(values)))
    except SynthesisError as error:
        typer.echo(f"nobody can speak it: {error}", err=True)
        raise typer.Exit(1) from None
    with wave.open(str(out), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(sound.pcm)
    typer.echo(f"{out}: {len(sound.pcm) / 16000:.2f} s, {sound.source}" + (f" ({sound.why})" if sound.why else ""))
