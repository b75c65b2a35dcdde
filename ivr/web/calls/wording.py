"""Filters, outcomes and durations between addresses, forms and pages."""

from collections.abc import Callable
from dataclasses import fields
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from babel import Locale, UnknownLocaleError
from starlette.datastructures import QueryParams

from ivr.insight.call_filter import MARKS, CallFilter
from ivr.web.calls.drawing import delay_parts, delay_total


def _(text: str) -> str:
    """Marks a text for translation; it is translated where it is shown."""
    return text


FILTERS = {
    "since": _("From"), "until": _("Until"), "past_h": _("Time"), "number": _("Caller's number"), "flow": _("Flow"),
    "version": _("Version"), "node": _("Node"), "intent": _("Intent"), "outcome": _("Outcome"),
    "language": _("Language"), "line": _("Line"), "tag": _("Tag"), "duration_min_s": _("Seconds, at least"),
    "duration_max_s": _("Seconds, at most"), "failures_min": _("Failures, at least"),
    "confidence_max": _("Confidence, at most"), "words": _("Words that the caller said"),
}  # fmt: skip
PAST = {"1": _("last hour"), "24": _("last 24 hours"), "168": _("last 7 days"), "720": _("last 30 days")}
LISTED = ("node", "intent", "version")
"""Filters of which the form takes several values in one field, with commas; none of these has one inside."""
OUTCOMES = (
    _("resolved"), _("abandoned"), _("transferred"), _("message"), _("failed"), _("cut_off"), _("rejected"), _("busy"),
)  # fmt: skip
"""Outcomes that the product itself writes, or that flows usually do; others are shown as they are."""

DELAYS = {
    "pause_s": _("pause"), "recognition_s": _("recognition"), "understand_s": _("understanding"),
    "query_s": _("query"), "synthesis_s": _("voice"),
}  # fmt: skip
RESULTS = (
    _("match"), _("no_match"), _("no_input"), _("unsure"), _("command"), _("digression"), _("speech"), _("keys"),
    _("text"), _("none"), _("voice"), _("key"), _("calm"), _("frustrated"), _("ok"), _("not_found"), _("timeout"),
)  # fmt: skip
"""Words of a turn's record that pages translate where they stand."""


def given(query: QueryParams) -> dict[str, list[str]]:
    """The filters of a page's address. Times without a zone are the server's: the page shows that one."""
    found = {name: query.getlist(name) for name in query}
    for name in LISTED:
        if name in found:
            found[name] = [value for text in found[name] for value in text.split(",")]
    for name in ("since", "until"):
        if name in found:
            found[name] = [_zoned(text) for text in found[name]]
    return found


def _zoned(text: str) -> str:
    try:
        return datetime.fromisoformat(text.strip()).astimezone().isoformat()
    except (ValueError, OverflowError):
        return text  # the filter tells what is wrong with it


def address(filters: CallFilter, after: str = "") -> str:
    """The query of a page's address."""
    return urlencode([*filters.address().items(), *([("after", after)] if after else [])], doseq=True)


def shown(filters: CallFilter) -> dict[str, Any]:
    """Filter -> what its field of the form shows; lists for those with choices."""
    result: dict[str, Any] = {}
    for field in fields(filters):
        value = getattr(filters, field.name)
        match value:
            case None:
                value = ""
            case datetime():
                value = value.astimezone().strftime("%Y-%m-%dT%H:%M")
            case float():
                value = f"{value:g}"
            case tuple() if field.name in LISTED:
                value = ", ".join(value)
        result[field.name] = list(value) if field.name in MARKS and field.name not in LISTED else value
    return result


def clock(seconds: float | None) -> str:
    """75.2 -> 1:15."""
    if seconds is None:
        return ""
    whole = round(seconds)
    hours, rest = divmod(whole, 3600)
    return f"{hours}:{rest // 60:02}:{rest % 60:02}" if hours else f"{rest // 60}:{rest % 60:02}"


def percent(share: float | None) -> str:
    return "" if share is None else f"{share:.0%}"


def language_names(language: str) -> Callable[[str], str]:
    """`ko` -> Korean, in that language; a code that is none as it is."""

    def name(code: str) -> str:
        try:
            return Locale.parse(code.replace("-", "_")).get_display_name(language) or code
        except (ValueError, UnknownLocaleError):
            return code

    return name


def words_of(language: str) -> dict[str, Any]:
    """What templates say things with."""
    return {
        "clock": clock, "percent": percent, "language_name": language_names(language), "delay_parts": delay_parts,
        "delay_total": delay_total,
    }  # fmt: skip
