"""Training text as other products keep it: phrases line by line or by intent, values of slots."""

from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError


def read_phrases(path: Path, intent: str = "") -> dict[str, list[str]]:
    """intent -> texts. A text file's lines belong to `intent`. Raises ValueError."""
    if path.suffix.lower() not in (".yaml", ".yml", ".json"):
        return {intent: [line.strip() for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]}
    data = _read(path)
    inner = data.get("phrases", data.get("expressions", data)) if isinstance(data, dict) else data
    if isinstance(inner, list):
        return {intent: [str(text) for text in inner]}
    if not isinstance(inner, dict) or not all(isinstance(texts, list) for texts in inner.values()):
        raise ValueError(f"{path}: expected intent: [texts]")
    return {str(name): [str(text) for text in texts] for name, texts in inner.items()}


def read_slots(path: Path) -> dict[str, list[str]]:
    """Slot -> values, under `slots:` or at the top. Raises ValueError."""
    data = _read(path)
    inner = data.get("slots", data) if isinstance(data, dict) else None
    if not isinstance(inner, dict) or not all(isinstance(values, list) for values in inner.values()):
        raise ValueError(f"{path}: expected name: [values]")
    return {str(name): [str(value) for value in values] for name, values in inner.items()}


def _read(path: Path) -> Any:
    try:
        return YAML(typ="safe").load(path.read_text(encoding="utf-8"))
    except YAMLError as error:
        raise ValueError(f"{path}: {error}") from error
