"""What an answer of a business system must look like: `returns:` of query nodes.

A shape is a word, or a mapping of names to shapes, or a list that holds the one shape of its items; a word is `text`
(a figure is text, too), `number`, `flag`, `list`, `object` or `anything`, and ends with `?` when the value may be
missing. More than what is named may come.
"""

from collections.abc import Mapping
from typing import Any

WORDS = ("text", "number", "flag", "list", "object", "anything")


def shape(value: Any) -> Any:
    """The shape as it was written. Raises ValueError with the mend."""
    match value:
        case str():
            if value.removesuffix("?") not in WORDS:
                raise ValueError(f"{value!r} is no shape; write {', '.join(WORDS)}, with ? when it may be missing")
        case Mapping():
            for inner in value.values():
                shape(inner)
        case list() if len(value) == 1:
            shape(value[0])
        case _:
            raise ValueError("a list holds the one shape of its items; write [{name: text}]")
    return value


def misfit(wanted: Any, found: Any, place: str = "") -> str:
    """Where an answer is not of its shape, by names of the flow alone, as "order.items"; empty when it is."""
    here = place or "answer"
    match wanted:
        case str():
            if found is None and wanted.endswith("?"):
                return ""
            return "" if _fits(wanted.removesuffix("?"), found) else here
        case Mapping() if isinstance(found, Mapping):
            inner = (misfit(w, found.get(name), f"{place}.{name}".lstrip(".")) for name, w in wanted.items())
            return next((trouble for trouble in inner if trouble), "")
        case list() if isinstance(found, list):
            return next((trouble for item in found if (trouble := misfit(wanted[0], item, place))), "")
    return here


def _fits(word: str, found: Any) -> bool:
    match word:
        case "text":
            return isinstance(found, str | int | float) and not isinstance(found, bool)
        case "number":
            return isinstance(found, int | float) and not isinstance(found, bool)
        case "flag":
            return isinstance(found, bool)
        case "list":
            return isinstance(found, list)
        case "object":
            return isinstance(found, Mapping)
    return found is not None
