"""Fields on the keypad: what may be typed, and what it means."""

import re
from collections.abc import Mapping
from datetime import date as day
from typing import Any, NamedTuple

from ivr.language import choices, postal
from ivr.language import phone as phones
from ivr.language.checksums import holds
from ivr.language.digits import length
from ivr.language.durations import written
from ivr.language.numbers import within
from ivr.language.table import language as lookup

FIGURES = "0123456789"
Settings = Mapping[str, Any]


class KeyShape(NamedTuple):
    """What may be typed: least and most keys, and which."""

    least: int
    most: int
    allowed: str


def none(_settings: Settings, _language: str) -> KeyShape | None:
    """A field that cannot be typed."""
    return None


def nothing(_keys: str, _settings: Settings, _language: str) -> str | None:
    return None


def digits(settings: Settings, _language: str) -> KeyShape:
    return KeyShape(*length(settings), FIGURES)


def from_digits(keys: str, settings: Settings, _language: str) -> str | None:
    least, most = length(settings)
    fits = re.fullmatch(r"[0-9]+", keys) and least <= len(keys) <= most
    return keys if fits and holds(keys, settings.get("checksum")) else None


def number(_settings: Settings, _language: str) -> KeyShape:
    return KeyShape(1, 15, FIGURES)


def from_number(keys: str, settings: Settings, _language: str) -> str | None:
    value = str(int(keys)) if re.fullmatch(r"[0-9]{1,15}", keys) else None
    return value if value and within(value, settings) else None


def amount(_settings: Settings, _language: str) -> KeyShape:
    """The star is the point: 12*50."""
    return KeyShape(1, 12, FIGURES + "*")


def from_amount(keys: str, settings: Settings, language: str) -> str | None:
    found = re.fullmatch(r"([0-9]{1,9})(?:\*([0-9]{1,2}))?", keys)
    if not found:
        return None
    cents = (found[2] or "").ljust(2, "0")
    value = f"{int(found[1])}.{cents}" if int(cents) else str(int(found[1]))
    currency = settings.get("currency") or lookup(language).values.currency
    return f"{value} {currency}" if within(value, settings) else None


def date(settings: Settings, language: str) -> KeyShape:
    size = len(_order(settings, language))
    return KeyShape(size, size, FIGURES)


def _order(settings: Settings, language: str) -> str:
    """`mmddyyyy`: how a date is typed."""
    return str(settings.get("keys") or lookup(language).values.key_date)


def from_date(keys: str, settings: Settings, language: str) -> str | None:
    order = _order(settings, language)
    if not re.fullmatch(r"[0-9]+", keys) or len(keys) != len(order):
        return None
    parts = {sign: "".join(k for k, o in zip(keys, order, strict=True) if o == sign) for sign in "ymd"}
    try:
        return day(int(parts["y"]), int(parts["m"]), int(parts["d"])).isoformat()
    except ValueError:
        return None


def time(_settings: Settings, _language: str) -> KeyShape:
    """Four figures by the 24 hour clock: 0930."""
    return KeyShape(3, 4, FIGURES)


def from_time(keys: str, settings: Settings, _language: str) -> str | None:
    if not re.fullmatch(r"[0-9]{3,4}", keys):
        return None
    hour, minute = int(keys[:-2]), int(keys[-2:])
    if settings.get("half") == "pm" and hour < 12:
        hour += 12
    return f"{hour:02}:{minute:02}" if hour < 24 and minute < 60 else None


def duration(_settings: Settings, _language: str) -> KeyShape:
    """Minutes."""
    return KeyShape(1, 4, FIGURES)


def from_duration(keys: str, _settings: Settings, _language: str) -> str | None:
    return written(int(keys) * 60) if re.fullmatch(r"[0-9]{1,4}", keys) and int(keys) else None


def phone(_settings: Settings, _language: str) -> KeyShape:
    return KeyShape(7, 15, FIGURES)


def from_phone(keys: str, settings: Settings, language: str) -> str | None:
    if not re.fullmatch(r"[0-9]{7,15}", keys):
        return None
    found = phones.number(keys, str(settings.get("region") or lookup(language).values.region))
    return found[0] if found else None


def postal_shape(settings: Settings, language: str) -> list[int]:
    """Lengths of codes of figures alone; none where codes have letters."""
    templates = postal.form(settings, language)[1].split("|")
    return [] if "A" in templates[0] else sorted(len(template) for template in templates)


def postal_code(settings: Settings, language: str) -> KeyShape | None:
    sizes = postal_shape(settings, language)
    return KeyShape(sizes[0], sizes[-1], FIGURES) if sizes else None


def from_postal(keys: str, settings: Settings, language: str) -> str | None:
    if not re.fullmatch(r"[0-9]+", keys) or len(keys) not in postal_shape(settings, language):
        return None
    return postal.written(keys, postal.form(settings, language)[0])


def yes_no(_settings: Settings, _language: str) -> KeyShape:
    return KeyShape(1, 1, "12")


def from_yes_no(keys: str, _settings: Settings, _language: str) -> str | None:
    return {"1": "yes", "2": "no"}.get(keys)


def choice(settings: Settings, _language: str) -> KeyShape:
    return KeyShape(1, 1, "".join(choices.by_key(settings)))


def from_choice(keys: str, settings: Settings, _language: str) -> str | None:
    return choices.by_key(settings).get(keys)
