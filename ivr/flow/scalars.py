"""What a scalar of a flow may mean. Everything in a flow's file is text; these types read it.

Texts that refer to something say so in their annotation (`Means`), so that one walk over a model (flow/walk.py) finds
every reference.
"""

import re
from enum import Enum
from typing import Annotated, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BeforeValidator, Field, PlainSerializer

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


class Means(Enum):
    """What a text stands for."""

    NODE = "node"
    """Name of a node of this flow."""
    INTENT = "intent"
    """Name of an intent in nlu.yml."""
    DESTINATION = "destination"
    """Name of a destination in lines.yaml."""
    LANGUAGE = "language"
    """`en`, `ko`: one of the flow's languages."""
    FLOW = "flow"
    """Name of another flow."""
    VALUE = "value"
    """Name of a slot or saved value that this place fills."""
    EXPRESSION = "expression"
    """A condition or a computation in CEL."""
    TEMPLATE = "template"
    """A text with `{names}`, the same in every language."""
    URL = "url"
    """A template that is an address."""
    BODY = "body"
    """Templates in the body of a request; values are JSON there."""
    STATEMENT = "statement"
    """SQL with `:name` for values."""


_FILLED = Field(min_length=1)
NodeName = Annotated[str, _FILLED, Means.NODE]
IntentName = Annotated[str, _FILLED, Means.INTENT]
DestinationName = Annotated[str, _FILLED, Means.DESTINATION]
LanguageCode = Annotated[str, _FILLED, Means.LANGUAGE]
FlowName = Annotated[str, _FILLED, Means.FLOW]
ValueName = Annotated[str, _FILLED, Means.VALUE]
Expression = Annotated[str, _FILLED, Means.EXPRESSION]
Template = Annotated[str, _FILLED, Means.TEMPLATE]
Url = Annotated[str, _FILLED, Means.URL]
Body = Annotated[Any, Means.BODY]
Statement = Annotated[str, _FILLED, Means.STATEMENT]


def seconds(value: Any) -> Any:
    """'0.25s', '500ms', '2m' -> seconds; numbers (from a compiled flow) pass."""
    if isinstance(value, str):
        found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)\s*", value)
        if not found:
            raise ValueError(f"{value!r} is no length of time; write a number and its unit: 500ms, 2s, 1.5m, 1h")
        return float(found[1]) * _UNITS[found[2]]
    return value


def flag(value: Any) -> Any:
    """'true' and 'false' only: yes, no, on and off are ordinary words in a flow."""
    if isinstance(value, str):
        if value in ("true", "false"):
            return value == "true"
        raise ValueError(f"{value!r} must be true or false")
    return value


def one_or_many(value: Any) -> Any:
    """One value where a list of them may stand."""
    return [value] if isinstance(value, str) else value


def key(value: Any) -> Any:
    """One key of the telephone."""
    if not isinstance(value, str) or not re.fullmatch(r"[0-9*#A-D]", value):
        raise ValueError(f'{value!r} is no key; write one of 0 to 9, * or #, in quotes: key: "*"')
    return value


def time_zone(value: str) -> str:
    """America/New_York."""
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"there is no time zone {value!r}; write a name like America/New_York") from None
    return value


def length(value: Any) -> Any:
    """'6' or '4..8' -> (least, most)."""
    if isinstance(value, str):
        found = re.fullmatch(r"(\d{1,3})(?:\.\.(\d{1,3}))?", value.strip())
        if not found:
            raise ValueError(f"{value!r} is no length; write 6, or 4..8 for four to eight")
        least, most = int(found[1]), int(found[2] or found[1])
        if not 1 <= least <= most <= 64:
            raise ValueError(
                f"{value!r} is no length; the first number is 1 or more and not above the second (64 at most)"
            )
        return (least, most)
    return value


Seconds = Annotated[float, BeforeValidator(seconds), Field(ge=0, le=86400)]
"""A length of time, in seconds once read."""
Flag = Annotated[bool, BeforeValidator(flag)]
Key = Annotated[str, BeforeValidator(key)]
TimeZone = Annotated[str, AfterValidator(time_zone)]
"""A name of the time zone database; reading it once here keeps the file out of the call."""
Length = Annotated[tuple[int, int], BeforeValidator(length), PlainSerializer(list)]
Share = Annotated[float, Field(ge=0, le=1)]
"""0 to 1."""
