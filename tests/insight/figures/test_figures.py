"""Figures over a week of made-up calls (conftest.py), counted by hand."""

from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import Connection

from ivr.insight.figures import accuracy, nodes, outcomes, traffic, unanswered, waits
from ivr.insight.figures.outcomes import Outcomes
from ivr.insight.figures.span import Span, week_of
from tests.insight.figures.conftest import SEOUL

pytestmark = pytest.mark.postgres
WEEK = Span(date(2027, 1, 4), date(2027, 1, 11), "Asia/Seoul")


def test_outcomes_add_up_and_who_heard_busy_was_not_answered(calls: Connection) -> None:
    found = outcomes.total(calls, WEEK)
    assert found == Outcomes(offered=6, answered=4, resolved=1, transferred=1, abandoned=1, other=1, turned_away=2)
    assert found.answered == found.resolved + found.transferred + found.abandoned + found.other


def test_the_week_before_and_the_zone(calls: Connection) -> None:
    assert outcomes.total(calls, WEEK.before).offered == 1
    utc = Span(WEEK.first, WEEK.until)
    assert outcomes.total(calls, utc).offered == 3, "Monday's first hours in Seoul are Sunday's in UTC"


def test_lines_and_flows_are_chosen(calls: Connection) -> None:
    assert outcomes.total(calls, Span(WEEK.first, WEEK.until, WEEK.zone, frozenset({"other"}))).offered == 1
    assert outcomes.total(calls, Span(WEEK.first, WEEK.until, WEEK.zone, frozenset())).offered == 0
    assert outcomes.total(calls, Span(WEEK.first, WEEK.until, WEEK.zone, None, "bank")).offered == 0


def test_days_without_calls_are_points_too(calls: Connection) -> None:
    points = outcomes.over_time(calls, WEEK)
    assert [point.outcomes.offered for point in points] == [3, 0, 2, 0, 0, 0, 1]
    assert points[0].at == datetime(2027, 1, 4, tzinfo=SEOUL)
    assert len(outcomes.over_time(calls, WEEK, "hour")) == 7 * 24


def test_a_day_on_which_the_clock_changes_is_one_point() -> None:
    since, until = Span(date(2027, 3, 14), date(2027, 3, 15), "America/New_York").bounds
    assert until.astimezone(SEOUL) - since.astimezone(SEOUL) == timedelta(hours=23)


def test_busiest_hours_and_languages(calls: Connection) -> None:
    assert outcomes.busiest_hours(calls, WEEK) == {(1, 0): 3, (3, 9): 2, (7, 23): 1}
    assert outcomes.languages(calls, WEEK) == {"ko": 3, "en": 1}


def test_where_callers_go_and_leave(calls: Connection) -> None:
    funnel = {row.node: (row.calls, row.left) for row in nodes.reached(calls, WEEK)}
    assert funnel == {"menu": (3, 0), "order": (2, 1), "bye": (1, 0), "agent": (1, 0)}
    ways = {(way.start, way.end): way.times for way in nodes.ways(calls, WEEK)}
    assert ways == {("menu", "order"): 2, ("order", "bye"): 1, ("menu", "agent"): 1}


def test_what_was_not_understood_and_keys(calls: Connection) -> None:
    menu, order = nodes.asked(calls, WEEK)
    assert (menu.node, menu.turns, menu.no_match, menu.no_input) == ("menu", 3, 1, 0)
    assert menu.keypad_share == pytest.approx(1 / 3)
    assert (order.node, order.no_input, order.keypad_share) == ("order", 1, None)


def test_delays_are_percentiles_of_this_week_only(calls: Connection) -> None:
    (whole,) = waits.delays(calls, WEEK)
    assert (whole.part, whole.turns) == ("answer_s", 3)
    assert whole.p50_s == pytest.approx(0.4)
    assert whole.p99_s < 0.61


def test_transfers_and_waits_in_the_queue(calls: Connection) -> None:
    (desk,) = waits.transfers(calls, WEEK)
    assert (desk.destination, desk.kind, desk.tried, desk.done) == ("desk", "queue", 2, 1)
    assert desk.p50_wait_s == pytest.approx(10.0)
    assert desk.longest_wait_s == pytest.approx(10.0)


def test_peak_counts_calls_beside_each_other(calls: Connection) -> None:
    found = traffic.peak(calls, WEEK)
    assert found is not None
    assert (found.calls, found.at) == (2, datetime(2027, 1, 4, 0, 2, tzinfo=SEOUL))
    wednesday = Span(date(2027, 1, 6), date(2027, 1, 7), "Asia/Seoul")
    after = traffic.peak(calls, wednesday)
    assert after is not None
    assert after.calls == 1, "one call ends as the other begins"
    assert traffic.peak(calls, Span(date(2026, 1, 1), date(2026, 1, 2))) is None


def test_who_called_again_within_seven_days(calls: Connection) -> None:
    found = traffic.repeats(calls, WEEK)
    assert (found.calls, found.again) == (4, 2), "+8225550001 on Wednesday, +8225550002 on Sunday"


def test_weeks_begin_on_monday() -> None:
    assert week_of(date(2027, 1, 10)) == (date(2027, 1, 4), date(2027, 1, 11))
    assert week_of(date(2027, 1, 11))[0] == date(2027, 1, 11)


def test_ranges_of_a_clock_and_the_outcomes_in_them(calls: Connection) -> None:
    hour = Span(datetime(2027, 1, 4), datetime(2027, 1, 4, 0, 2), "Asia/Seoul")
    assert outcomes.total(calls, hour).offered == 1
    assert outcomes.total(calls, hour.before).offered == 1, "the two minutes before midnight"
    assert outcomes.names(calls, WEEK) == ["abandoned", "busy", "failed", "rejected", "resolved"]


def test_moves_step_by_step_tell_where_calls_end(calls: Connection) -> None:
    found = {(it.step, it.start, it.end): (it.calls, it.left) for it in nodes.moves(calls, WEEK)}
    assert found == {
        (1, "menu", "order"): (2, 0), (1, "menu", "agent"): (1, 0), (2, "order", ""): (1, 1),
        (2, "order", "bye"): (1, 0), (2, "agent", ""): (1, 0), (3, "bye", ""): (1, 0),
    }  # fmt: skip
    assert {it.step for it in nodes.moves(calls, WEEK, most=1)} == {1}


def test_delays_over_time_have_empty_days(calls: Connection) -> None:
    points = waits.delays_over_time(calls, WEEK)
    assert len(points) == 7
    assert points[0].p50_s == pytest.approx(0.4)
    assert points[1].p50_s is None


def test_word_errors_are_those_of_the_newest_correction(calls: Connection) -> None:
    found = accuracy.accuracy(calls, WEEK)
    (menu,) = found.scenarios
    assert (menu.flow, menu.node, menu.turns, menu.right, menu.words) == ("shop", "menu", 2, 1, 6)
    assert menu.errors == pytest.approx(100 / 6), "one word of six"
    assert [(it.low, it.turns, it.right) for it in found.sureness] == [(0.3, 1, 1), (0.9, 1, 0)]


def test_questions_without_an_answer_stand_together(calls: Connection) -> None:
    (group,) = unanswered.questions(calls, WEEK)
    assert (group.node, [it.words for it in group.phrases]) == ("faq", ["do you sell lamps"])


def test_who_calls_most(calls: Connection) -> None:
    assert [(it.number, it.calls) for it in traffic.repeaters(calls, WEEK)] == [("+8225550001", 2)]
