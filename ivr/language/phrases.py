"""The server's own sentences, in every language (data: english.py, korean.py)."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ivr.language.fields import key_shape
from ivr.language.table import language as lookup


def phrase(language: str, name: str, **values: str) -> str:
    """One sentence; `values` fill its `{names}`, formats (`{value:digits}`) included. Raises KeyError."""
    text = lookup(language).phrases[name]
    for key, value in values.items():
        text = text.replace("{" + key + "}", value).replace("{" + key + ":digits}", value)
    return text


def every(language: str) -> list[str]:
    """The sentences without values, to be rendered before they are needed."""
    data = lookup(language)
    keys = [
        text.replace("{key}", word)
        for name, text in data.phrases.items()
        if "{key}" in text and "{label}" not in text
        for word in data.keys.values()
    ]
    return [text for name, text in data.phrases.items() if "{" not in text and len(text) > 3] + keys


def key_name(language: str, key: str) -> str:
    """How prompts call a key: `1` -> "one", `#` -> "pound"."""
    return lookup(language).keys.get(key, key)


def keypad_options(language: str, options: Iterable[tuple[str, str]]) -> list[str]:
    """One sentence an option, of (label, key): "For the status of an order, press one."."""
    return [phrase(language, "keypad.option", label=label, key=key_name(language, key)) for label, key in options]


_BY_NAME = ("number", "amount", "duration")
"""Fields with a sentence of their own that names the finish key; others that can be typed are digits."""


def keypad_field(
    language: str,
    field: str,
    finish_key: str = "#",
    choices: Sequence[tuple[str, str]] = (),
    settings: Mapping[str, Any] | None = None,
) -> str:
    """How a field is given by keys; empty for one that cannot be. `choices`: (label, key) of a choice."""
    if field == "yes_no":
        return phrase(language, "keypad.yes_no")
    if field in ("choice", "intent"):
        return " ".join(keypad_options(language, choices))
    if key_shape(field, settings, language) is None:
        return ""
    if field in ("time", "date"):
        order = (settings or {}).get("keys") or lookup(language).values.key_date
        return phrase(language, f"keypad.{order if field == 'date' else field}")
    if finish_key in ("", "none"):
        return phrase(language, "keypad.digits_plain")
    return phrase(language, f"keypad.{field if field in _BY_NAME else 'digits'}", key=key_name(language, finish_key))


def did_you_mean(language: str, labels: Sequence[str]) -> str:
    """ "Did you mean one, the status of an order, or two, cancelling an order?" """
    data = lookup(language)
    items = [
        phrase(language, "choice.item", number=data.keys[str(n)], label=label) for n, label in enumerate(labels, 1)
    ]
    return phrase(language, "did_you_mean", choices=data.phrases["choice.join"].join(items))
