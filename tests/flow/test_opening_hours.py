"""Opening hours: spans, days that are different, nights, holidays."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from ivr.flow.opening_hours import Now, days, look, spans

ZONE = ZoneInfo("America/New_York")
WEEK = {day: spans("9:00-12:00, 13:00-17:00") for day in days("mon-fri")} | {5: spans("22:00-2:00")}


def at(text: str) -> Now:
    return look(
        datetime.fromisoformat(text).replace(tzinfo=ZONE), WEEK,
        {date(2027, 1, 6): (), date(2027, 1, 18): spans("10:00-11:00")},
        frozenset({date(2027, 1, 7), date(2027, 1, 18)}),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("moment", "open"),
    [
        ("2027-01-04T09:00", True),
        ("2027-01-04T12:00", False),
        ("2027-01-04T16:59", True),
        ("2027-01-04T17:00", False),
        ("2027-01-06T10:00", False),  # closed by `dates`
        ("2027-01-07T10:00", False),  # a holiday
        ("2027-01-18T10:30", True),  # a holiday with hours of its own
        ("2027-01-10T01:00", True),  # Saturday night goes on
        ("2027-01-10T02:00", False),
    ],
)
def test_open_or_closed(moment: str, open: bool) -> None:
    assert at(moment).open is open


def test_opens_next_after_closed_days() -> None:
    now = at("2027-01-05T18:00")
    assert now.opens == datetime(2027, 1, 8, 9, tzinfo=ZONE), "Wednesday is closed, Thursday a holiday"
    assert at("2027-01-07T10:00").holiday == date(2027, 1, 7)


def test_never_open_never_opens() -> None:
    assert look(datetime(2027, 1, 4, tzinfo=ZONE), {}, {}, frozenset()) == Now(False)


@pytest.mark.parametrize("wrong", ["9-17", "25:00-26:00", "", "9:00"])
def test_hours_that_are_none(wrong: str) -> None:
    with pytest.raises(ValueError, match=r"write 9:00-17:00|ends at 24:00"):
        spans(wrong)
