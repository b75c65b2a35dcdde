"""The ladder as numbers in and steps out; what each step means to new calls; the announcement over a leg."""

import itertools
import selectors
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr import actions as act
from ivr import journal
from ivr.actions import Understand
from ivr.call.admission import Admission, Admitted, Busy, Refused
from ivr.call.busy import LAST_SOUND, BusySlot
from ivr.call.load import LoadMeter
from ivr.call.overload import Ladder, Limits, Load, Pace, Step
from ivr.call.recognition import Recognition
from ivr.call.services import lightened
from ivr.flow.busy import announcement
from ivr.flow.models import Lines
from ivr.language.table import LANGUAGES
from ivr.wire.messages import StreamDecode, StreamEnd, Synthesize
from tests.call.conftest import Media, tone
from tests.call.test_admission import invite, published
from tests.instance import wait_for

LIMITS = Limits(late_share=0.02, queue_s=0.8, cpu_share=0.8, climb_s=1.0, descend_s=10.0)
EVERY_S = 0.5
loads = st.builds(
    Load,
    late_share=st.floats(0, 0.2),
    queue_s=st.floats(0, 5),
    cpu_share=st.floats(0, 1.2),
)


def steps(ladder: Ladder, load: Load, seconds: float, start: float = 0.0) -> list[tuple[float, int]]:
    """Every move while a load lasts."""
    moves = []
    for n in range(int(seconds / EVERY_S) + 1):
        now = start + n * EVERY_S
        if (moved := ladder.measured(load, now)) is not None:
            moves.append((now - start, int(moved.step)))
    return moves


def test_load_above_a_limit_climbs_a_step_a_second_and_far_above_it_two() -> None:
    assert steps(Ladder(LIMITS), Load(queue_s=1.0), 3) == [(1.0, 1), (2.0, 2), (3.0, 3)]
    assert steps(Ladder(LIMITS), Load(late_share=0.1), 1.5) == [(0.5, 1), (1.0, 2), (1.5, 3)]


def test_it_comes_down_slowly_and_only_when_load_is_well_below_every_limit() -> None:
    ladder = Ladder(LIMITS)
    steps(ladder, Load(cpu_share=0.9), 2)
    assert ladder.step == 2
    assert steps(ladder, Load(cpu_share=0.7), 100, start=10) == [], "below the limit, above the relief: it stays"
    assert steps(ladder, Load(cpu_share=0.3), 25, start=200) == [(10.0, 1), (20.0, 0)]


def test_one_moment_of_load_moves_nothing() -> None:
    ladder = Ladder(LIMITS)
    for n in range(100):
        ladder.measured(Load(queue_s=5.0 if n % 2 else 0.0), n * EVERY_S)
    assert ladder.step == Step.ALL


def test_a_limit_of_nothing_is_not_looked_at_and_the_ladder_has_an_upper_end() -> None:
    assert steps(Ladder(Limits(queue_s=0)), Load(queue_s=99), 60) == []
    assert max(step for _, step in steps(Ladder(Limits(highest=Step.NO_SECOND_PASS)), Load(queue_s=99), 60)) == 2
    assert steps(Ladder(Limits(highest=Step.ALL)), Load(queue_s=99), 60) == []


@given(st.lists(st.tuples(loads, st.floats(0.01, 5)), max_size=200))
def test_it_moves_one_step_at_a_time_never_faster_than_its_times(course: list[tuple[Load, float]]) -> None:
    ladder, now, last, moved_at = Ladder(LIMITS), 0.0, Step.ALL, 0.0
    for load, after in course:
        now += after
        moved = ladder.measured(load, now)
        pressure, _ = load.worst(LIMITS)
        if moved is None:
            assert ladder.step == last
            continue
        assert abs(moved.step - last) == 1
        if moved.step > last:
            assert pressure > 1
            assert now - moved_at >= LIMITS.climb_s / 2 - 1e-9
        else:
            assert pressure < LIMITS.relief
            assert now - moved_at >= LIMITS.descend_s - 1e-9
        last, moved_at = moved.step, now
    assert Step.ALL <= ladder.step <= Step.REFUSE


@given(st.lists(loads, max_size=50), st.floats(0.3, 1.0))
def test_whatever_came_before_rest_brings_it_down_to_nothing_and_load_up_to_the_end(
    before: list[Load], every_s: float
) -> None:
    ladder = Ladder(LIMITS)
    times = itertools.count()
    for load in before:
        ladder.measured(load, next(times) * every_s)
    for _ in range(400):
        ladder.measured(Load(), next(times) * every_s)
    assert int(ladder.step) == Step.ALL
    for _ in range(60):
        ladder.measured(Load(cpu_share=1.0), next(times) * every_s)
    assert int(ladder.step) == Step.REFUSE


@given(st.lists(st.floats(0, 0.5), max_size=300), st.floats(1, 40))
def test_the_pace_lets_no_more_in_than_it_says(gaps: list[float], a_second: float) -> None:
    pace, now, taken = Pace(a_second), 0.0, []
    for gap in gaps:
        now += gap
        if pace.takes(now):
            taken.append(now)
    for n, first in enumerate(taken):
        for m in range(n, len(taken)):
            assert m - n + 1 <= a_second + (taken[m] - first) * a_second + 1e-6


def test_the_meter_counts_late_frames_over_two_seconds_and_a_call_that_ends_is_no_relief() -> None:
    meter = LoadMeter()
    assert meter.measure(0.0, 0, 0, 0, 10, 0.3) == Load(queue_s=0.3)
    assert meter.measure(0.5, 25, 0, 50, 10, 0.0).late_share == pytest.approx(0.2)
    assert meter.measure(1.0, 50, 0, 0, 10, 0.0).late_share == pytest.approx(0.1)
    assert meter.measure(1.5, 75, 15, 0, 10, 0.0).late_share == pytest.approx(0.2)
    for n in range(4, 8):
        last = meter.measure(n / 2, 25 * n, 15, 0, 10, 0.0)
    assert last.late_share == 0


# --- what a step means --------------------------------------------------------------------------------------------


def test_requests_to_services_are_lightened_step_by_step() -> None:
    parse = Understand(call="c", id=1, flow="f", version="v", language="en", hypotheses=[])
    speak = Synthesize(call="c", id=2, text="x", language="en")
    assert lightened(parse, Step.NO_NEURAL_VOICE) == parse
    assert lightened(speak, Step.NO_SECOND_PASS) == speak
    assert lightened(parse, Step.BUILTIN_UNDERSTANDING).builtin_only  # type: ignore[union-attr]
    assert lightened(speak, Step.NO_NEURAL_VOICE).cheap  # type: ignore[union-attr]


def test_new_calls_are_told_busy_then_refused_and_reserved_places_are_given_still() -> None:
    two = published(a={"numbers": "+1"}, b={"numbers": "+2", "reserved_calls": 1})
    admission = Admission(10, 7)
    admission.step = Step.KEYS_ONLY
    assert isinstance(admission.decide(invite("+1"), two, 0), Admitted)
    admission.step = Step.BUSY
    busy = admission.decide(invite("+1"), two, 0)
    assert isinstance(busy, Busy)
    assert busy.why == "overload"
    admission.step = Step.REFUSE
    assert admission.decide(invite("+1"), two, 0) == Refused(503, "overload", 7)
    served = admission.decide(invite("+2"), two, 0)
    assert isinstance(served, Admitted)
    assert not isinstance(served, Busy)
    assert admission.decide(invite("+2"), two, 0) == Refused(503, "overload", 7)
    assert admission.live == 2


def test_more_calls_a_second_than_allowed_are_refused() -> None:
    admission = Admission(1000, 7, calls_per_second=5)
    decided = [admission.decide(invite(), published(a={"numbers": "*"}), 100 + n / 100) for n in range(50)]
    assert sum(isinstance(it, Admitted) for it in decided) in (7, 8)
    assert decided[-1] == Refused(503, "too many calls at once", 7)


def test_the_announcement_is_the_lines_own_then_that_of_all_lines_then_the_built_in_one() -> None:
    one = published(a={"numbers": "*"})
    assert one.lines is not None
    flow, line, lines = one.flows["f"], one.lines.lines["a"], one.lines
    assert announcement(lines, line, flow) == (LANGUAGES["en"].phrases["busy"], "en")
    korean = flow.model_copy(update={"languages": ("ko",)})
    assert announcement(None, line, korean) == (LANGUAGES["ko"].phrases["busy"], "ko")
    named = Lines.model_validate(
        {
            "lines": {"a": {"numbers": "*", "flow": "f", "busy": "Own."}, "b": {"numbers": "+2", "flow": "f"}},
            "busy": "All.",
        }
    )
    assert announcement(named, named.lines["b"], flow) == ("All.", "en")
    assert announcement(named, named.lines["a"], flow) == ("Own.", "en")


def test_a_busy_slot_says_its_sound_once_from_where_it_may_begin() -> None:
    slot = BusySlot(tone(0.05))
    silence = bytes(320)
    assert [slot.take_system() for _ in range(3)] == [silence] * 3
    slot.begun_t = slot.system_frames
    said = b"".join(slot.take_system() for _ in range(3))
    assert said == tone(0.05).ljust(960, b"\0")
    assert not slot.over
    assert [slot.take_system() for _ in range(LAST_SOUND)] == [silence] * LAST_SOUND
    assert slot.over


def test_a_caller_too_many_hears_the_announcement_and_the_call_ends(media: Media) -> None:
    text = LANGUAGES["en"].phrases["busy"]
    sound = tone(0.3)
    media.prompt(text, sound)
    media.loop.start()
    talking = [media.call() for _ in range(4)]
    wait_for(lambda: len(media.sessions) == 4, 5, "four conversations")
    turned_away = media.call()
    assert turned_away.ended.wait(5)
    assert turned_away.rejected is None
    assert sound.ljust(-(-len(sound) // 320) * 320, b"\0") in b"".join(turned_away.heard)
    assert not any(leg.ended.is_set() for leg in talking)
    wait_for(lambda: any(of(e, journal.Closed) for e in media.journals()), 5, "its journal is closed")
    entries = next(e for e in media.journals() if of(e, journal.Closed))
    assert of(entries, act.Finished)[0].outcome == "busy"
    assert of(entries, act.Say)[0].text == text
    assert len(media.sessions) == 4


def test_a_moved_ladder_stands_in_every_calls_journal_and_nobody_is_dropped(media: Media) -> None:
    media.loop.start()
    leg = media.call()
    wait_for(lambda: media.sessions, 5, "a conversation")
    media.loop._watch.ladder.measured(Load(queue_s=9), time.monotonic() - 100)
    media.loop._watch.look = lambda *_: _climbs(media)  # type: ignore[method-assign]
    wait_for(lambda: any(of(e, journal.LadderMoved) for e in media.journals()), 5, "the journal tells")
    late = media.call()
    wait_for(lambda: sum(bool(of(e, journal.LadderMoved)) for e in media.journals()) == 2, 5, "so does a new call's")
    assert not leg.ended.is_set()
    assert not late.ended.is_set()
    told = next(of(e, journal.LadderMoved) for e in media.journals())
    assert (told[0].step, told[0].name, told[0].why) == (1, "no_speculation", "recognition queue")


def _climbs(media: Media) -> journal.LadderMoved | None:
    watch = media.loop._watch
    moved = watch.ladder.measured(Load(queue_s=9), time.monotonic()) if watch.ladder.step == 0 else None
    return watch.stands if moved else None


def of(entries: list[journal.Entry], kind: type) -> list:  # type: ignore[type-arg]
    return [entry for entry in entries if isinstance(entry, kind)]


def test_under_load_a_pause_is_decoded_once_it_lasts_and_not_when_the_caller_goes_on() -> None:
    sent: list[object] = []
    selector = selectors.DefaultSelector()
    ladder = Ladder(Limits())
    recognition = Recognition(selector, [], 9.0, lambda it: None, lambda *it: None, ladder)
    recognition._send = lambda stream, message: sent.append(message)  # type: ignore[method-assign]
    recognition.listen(act.Listen(call="c", id=1, language="en"), 0, lambda: 77, 0.0)
    recognition.decode_now("c", 1, 1.0)
    assert [type(it) for it in sent] == [StreamDecode], "at once while nothing is given up"
    ladder.step = Step.NO_SPECULATION
    recognition.decode_now("c", 1, 2.0)
    recognition.tick(2.2)
    recognition.resumed("c")
    recognition.tick(3.0)
    assert len(sent) == 1, "a pause that was none"
    recognition.decode_now("c", 1, 4.0)
    recognition.tick(4.3)
    assert len(sent) == 1
    recognition.tick(4.41)
    recognition.tick(5.0)
    assert sent[1:] == [StreamDecode(call="c", id=1, until_t=77)], "once"
    recognition.decode_now("c", 1, 6.0)
    recognition.end("c", 1, 80, 6.1)
    recognition.tick(6.5)
    assert [type(it) for it in sent[2:]] == [StreamEnd], "the final result stands for it"
    selector.close()
