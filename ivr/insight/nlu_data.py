"""Labelled sentences from the formats that data sets come in: Rasa's nlu.yml, CSV, CLINC150's JSON."""

import csv
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
from ruamel.yaml import YAML

from ivr.flow.examples import example

TEXTS = ("text", "sentence", "utterance", "query")
LABELS = ("label", "category", "intent")
OUTSIDE = ("oos", "out_of_scope", "NO_NODES_DETECTED")
"""How data sets call what no intent means, unless told otherwise."""
INSIDE_A_FOLDER = {
    "train": ("data_full.json", "train.csv", "train.yml", "nlu.yml"),
    "test": ("data_full.json", "test.csv", "test.yml"),
}

PartName = Literal["train", "test"]


@dataclass
class Sentences:
    """One part of a data set."""

    inside: list[tuple[str, str]] = field(default_factory=list)
    """(text, intent)"""
    outside: list[str] = field(default_factory=list)
    """Texts that no intent means."""


def read(path: Path, part: PartName, out_of_scope: str = "") -> Sentences:
    """A file, or the fitting file of a folder. `out_of_scope`: label of what no intent means; empty: one of OUTSIDE.
    Raises OSError, and ValueError that says what is wrong with the file."""
    if path.is_dir():
        names = INSIDE_A_FOLDER[part]
        found = next((path / name for name in names if (path / name).is_file()), None)
        if found is None:
            raise ValueError(f"{path}: none of {', '.join(names)} is there")
        path = found
    readers = {".json": _json, ".csv": _csv, ".tsv": _csv, ".yml": _rasa, ".yaml": _rasa}
    if path.suffix not in readers:
        raise ValueError(f"{path}: the name ends with none of {', '.join(readers)}")
    try:
        rows = readers[path.suffix](path, part)
    except (KeyError, TypeError, ValueError, csv.Error) as error:
        raise ValueError(f"{path}: {error}") from None
    sentences = Sentences()
    strange = {out_of_scope} if out_of_scope else set(OUTSIDE)
    for text, label in rows:
        if label in strange:
            sentences.outside.append(text)
        elif text.strip():
            sentences.inside.append((text, label))
    if not sentences.inside:
        raise ValueError(f"{path}: no sentence has an intent")
    return sentences


def _json(path: Path, part: PartName) -> Iterable[tuple[str, str]]:
    data: Any = json.loads(path.read_text(encoding="utf-8"))
    if isinstance(data, dict):
        if part not in data:
            raise ValueError(f"there is no {part!r} in it")
        data = [*data[part], *data.get(f"oos_{part}", [])]
    if not isinstance(data, list):
        raise ValueError("a list of [text, label] is expected, or CLINC's train, test, oos_train and oos_test")
    return [_pair(row) for row in data]


def _pair(row: Any) -> tuple[str, str]:
    if isinstance(row, dict):
        names = [next((name for name in wanted if name in row), "") for wanted in (TEXTS, LABELS)]
        if not all(names):
            raise ValueError(f"columns {', '.join(row)}: one of {TEXTS} and one of {LABELS} are needed")
        return str(row[names[0]]), str(row[names[1]])
    text, label = row
    return str(text), str(label)


def _csv(path: Path, _: PartName) -> Iterable[tuple[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = csv.DictReader(file, delimiter="\t" if path.suffix == ".tsv" else ",")
        rows.fieldnames = [name.strip().lower() for name in rows.fieldnames or []]
        return [_pair(row) for row in rows]


def _rasa(path: Path, _: PartName) -> Iterable[tuple[str, str]]:
    data = YAML(typ="safe", pure=True).load(path)
    rows = data.get("nlu") if isinstance(data, dict) else None
    if not isinstance(rows, list):
        raise ValueError("there is no list `nlu:` in it")
    found = []
    for row in rows:
        if "intent" in row:
            lines = row.get("examples") or []
            if isinstance(lines, str):
                lines = [line.strip().removeprefix("-").strip() for line in lines.split("\n")]
            texts = [str(line.get("text", "")) if isinstance(line, dict) else str(line) for line in lines]
            found += [(example(text.strip()).text, str(row["intent"])) for text in texts if text.strip()]
    return found


def fewer(
    train: Sentences, test: Sentences, intents: int, examples: int, seed: int, limit: int = 0
) -> tuple[Sentences, Sentences]:
    """`intents` of them, drawn by chance, with the first `examples` of each (0: all). What the others mean is outside
    then. `limit`: so many test sentences, drawn by chance, with the share outside as it is (0: all)."""
    names = sorted({label for _, label in train.inside})
    chosen = set(np.random.default_rng(seed).permutation(names)[:intents].tolist()) if intents else set(names)
    count: dict[str, int] = {}
    kept = []
    for text, label in train.inside:
        count[label] = count.get(label, 0) + 1
        if label in chosen and (not examples or count[label] <= examples):
            kept.append((text, label))
    left = [text for text, label in test.inside if label not in chosen]
    asked = [pair for pair in test.inside if pair[1] in chosen]
    return Sentences(kept, train.outside), _drawn(Sentences(asked, [*test.outside, *left]), limit, seed)


def _drawn(test: Sentences, limit: int, seed: int) -> Sentences:
    whole = len(test.inside) + len(test.outside)
    if not limit or limit >= whole:
        return test
    chosen = sorted(np.random.default_rng(seed).permutation(whole)[:limit].tolist())
    inside = [test.inside[n] for n in chosen if n < len(test.inside)]
    return Sentences(inside, [test.outside[n - len(test.inside)] for n in chosen if n >= len(test.inside)])
