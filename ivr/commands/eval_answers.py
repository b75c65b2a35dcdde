"""`ivr eval answers`: a knowledge base measured on questions."""

import json
import os
import platform
import sys
from pathlib import Path
from typing import Annotated, Any

import typer


def answers(
    knowledge: Annotated[Path, typer.Argument(help="answers.md")],
    questions: Annotated[Path, typer.Argument(help="CSV: text, label (the heading; `oos`: there is no answer)")],
    embeddings: Annotated[bool, typer.Option(help="use minilm-en where it is installed")] = True,
    as_json: Annotated[bool, typer.Option("--json")] = False,
) -> None:
    """Ask a knowledge base questions: how often the right answer, a wrong one, none."""
    from ivr import models, settings
    from ivr.business.knowledge import Index
    from ivr.flow.answers import read_answers
    from ivr.insight.nlu_data import read
    from ivr.insight.scoring import Share
    from ivr.nlu.minilm import MiniLM

    try:
        entries, _ = read_answers(knowledge.read_text(encoding="utf-8"))
        asked = read(questions, "test")
    except (OSError, ValueError) as error:
        print(f"eval answers: {error}", file=sys.stderr)
        raise typer.Exit(2) from None
    unknown = sorted({label for _, label in asked.inside} - {title for entry in entries for title in entry.questions})
    if unknown:
        print(f"eval answers: {knowledge} has no heading {unknown[0]!r}", file=sys.stderr)
        raise typer.Exit(2)
    folder = models.path("minilm-en", settings.load().cache) if embeddings else None
    index = Index(entries, MiniLM(folder).embed if folder else None)
    right = wrong = first = 0
    for text, label in asked.inside:
        score, entry = index.find(text)[0]
        fits, sure = label in entry.questions, score >= index.threshold
        first, right, wrong = first + fits, right + (fits and sure), wrong + (sure and not fits)
    refused = sum(index.find(text)[0][0] < index.threshold for text in asked.outside)
    many = len(asked.inside)
    report: dict[str, Any] = {
        "embeddings": folder is not None,
        "answers": len(entries),
        "threshold": index.threshold,
        "right_first": Share(first, many).plain(),
        "answered_right": Share(right, many).plain(),
        "answered_wrong": Share(wrong, many).plain(),
        "unknown_refused": Share(refused, len(asked.outside)).plain() if asked.outside else None,
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
    }
    if as_json:
        print(json.dumps(report, indent=1))
        return
    for name, value in report.items():
        shown = f"{value['share']:.1%} of {value['all']}" if isinstance(value, dict) else value
        print(f"{name.replace('_', ' ')}: {shown}")
