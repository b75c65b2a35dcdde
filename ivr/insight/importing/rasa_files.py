"""The files of a Rasa assistant, read as plain data."""

from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.events import AliasEvent

from ivr.insight.importing.draft import Draft, ImportFailed

LARGEST = 5_000_000
MOST_FILES = 500
SECTIONS = ("nlu", "rules", "stories", "intents", "entities", "slots", "responses", "forms", "actions")
ELSEWHERE = frozenset({"config.yml", "credentials.yml", "endpoints.yml"})


def read(folder: Path, draft: Draft) -> dict[str, list[tuple[str, Any]]]:
    """Section -> (file, its value), over all files. Raises ImportFailed; a file that cannot be read is left."""
    found: dict[str, list[tuple[str, Any]]] = {section: [] for section in SECTIONS}
    paths = sorted(p for p in folder.rglob("*") if p.suffix in (".yml", ".yaml") and p.is_file())
    if len(paths) > MOST_FILES:
        raise ImportFailed(f"{folder} holds more than {MOST_FILES} files: name the assistant's own folder")
    for path in paths:
        name = str(path.relative_to(folder))
        if path.name in ELSEWHERE:
            draft.leave(
                name, "pipeline, policies or channels", "not needed: this server has its own (docs/settings.md)"
            )
            continue
        data = _data(path, name, draft)
        for section in SECTIONS:
            if data.get(section):
                found[section].append((name, data[section]))
    if not found["nlu"] or not found["intents"]:
        raise ImportFailed(f"{folder} is no Rasa assistant: it has no nlu.yml, or no domain")
    return found


def _data(path: Path, name: str, draft: Draft) -> dict[str, Any]:
    try:
        if path.is_symlink() or path.stat().st_size > LARGEST:
            raise ValueError("a link, or larger than 5 MB")
        text = path.read_text(encoding="utf-8")
        yaml = YAML(typ="safe", pure=True)
        if any(isinstance(event, AliasEvent) for event in yaml.parse(text)):
            raise ValueError("it uses anchors, which could grow without end")
        data = YAML(typ="safe", pure=True).load(text)
    except (OSError, ValueError, YAMLError, RecursionError) as error:
        draft.leave(name, f"the file cannot be read: {str(error).splitlines()[0]}", "mend it and import again")
        return {}
    return data if isinstance(data, dict) else {}


def mapping(parts: list[tuple[str, Any]]) -> dict[str, Any]:
    """A section of the domain that is a mapping, from every file."""
    return {str(k): v for _, part in parts if isinstance(part, dict) for k, v in part.items()}


def names(parts: list[tuple[str, Any]]) -> list[str]:
    """A section that is a list of names, some with settings."""
    rows = [row for _, part in parts if isinstance(part, list) for row in part]
    return [str(next(iter(row))) if isinstance(row, dict) and row else str(row) for row in rows]


def steps(row: Any) -> list[dict[str, Any]]:
    """The steps of a rule or story; the conditions of a rule are not among them."""
    found = row.get("steps") if isinstance(row, dict) else None
    return [step for step in found or [] if isinstance(step, dict)]


def intents_of(step: dict[str, Any]) -> list[str]:
    """The intents that a step takes: one, or those of `or`."""
    alternatives = step.get("or")
    rows = alternatives if isinstance(alternatives, list) else [step]
    return [str(row["intent"]) for row in rows if isinstance(row, dict) and row.get("intent")]
