"""Processes killed, disks full, flows broken, while real callers talk with a server of its own, beside the other one.

The tests run in this order on one server; Rasa is trained meanwhile and its tests come last.
"""

import contextlib
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import psutil
import pytest

from ivr import actions, events, journal
from ivr.audio.frames import FRAME_BYTES
from ivr.insight.ear import Recognized
from ivr.nlu.rasa_env import find_rasa, why_no_rasa
from ivr.sip.caller import Phone

from .line import Callers, Line, mouth, read_stereo, sounds_in, with_journals

pytestmark = [pytest.mark.sip, pytest.mark.slow, pytest.mark.postgres]
HOURS = "We are open from nine to five on weekdays, and from ten to two on Saturdays."
SMALL_DISK = "size=24m"
CI = os.environ.get("CI") == "true"


def _small_disk(folder: Path) -> bool:
    """A small tmpfs on `folder`; False where that is not allowed."""
    folder.mkdir(parents=True)
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", SMALL_DISK, "tmpfs", str(folder)], capture_output=True)
    return done.returncode == 0


@pytest.fixture(scope="module")
def fragile(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Line]:
    state = tmp_path_factory.mktemp("fragile") / "state"
    rasa = any(item.get_closest_marker("rasa") and item.path == request.path for item in request.session.items)
    settings = {"asr_recognizers": "2", "nlu_rasa": "auto" if rasa and find_rasa() else "off"}
    made = Line(state, settings=settings)
    mounted = _small_disk(state / "recordings")
    try:
        yield made.start().ready()
    finally:
        made.stop()
        if mounted:
            subprocess.run(["umount", "-l", str(state / "recordings")], check=False)


@pytest.fixture
def fragile_callers(fragile: Line, phone: Phone, ears: Recognized) -> Callers:
    """Once the server has come back from the test before."""
    fragile.hears()
    fragile.wait(lambda: fragile.told("control") and fragile.control("/status")["media_connected"], 40, "services")
    return Callers(fragile, phone, mouth(), ears)


def _complete(callers: Callers, call: str, timeout_s: float = 40.0) -> dict[str, object]:
    """The call's record, when it is whole."""

    def rows() -> list[dict[str, object]]:
        try:
            return callers.line.rows("select * from ivr.calls where id = %(id)s and complete", id=call)
        except Exception:  # the server is not back yet
            return []

    found: list[dict[str, object]] = callers.line.wait(rows, timeout_s, "the record is complete")
    return found[0]


def _id(callers: Callers, n: int = 0) -> str:
    return callers.made[n].of(journal.Opened)[0].call


def test_a_second_server_answers_beside_the_first(fragile_callers: Callers, callers: Callers) -> None:
    def talk(both: Callers) -> None:
        one, other = callers.dial(), both.dial()
        one.hears("may be recorded")
        other.hears("may be recorded")
        assert one.of(journal.Opened)[0].instance != other.of(journal.Opened)[0].instance

    with_journals(fragile_callers, talk)


def test_a_killed_recognizer_costs_a_delay_and_not_the_turn(fragile_callers: Callers) -> None:
    def talk(callers: Callers) -> None:
        caller = callers.dial()
        caller.hears("you can ask")
        caller.call.play(callers.mouth("I would like to know where my order is please", "en"))
        callers.line.wait(lambda: caller.of(events.Partial), 10, "a partial")
        _kill_listening(callers.line)
        caller.hears("your order number", 30)
        moved = [trouble for trouble in caller.of(journal.Trouble) if trouble.part == "recognition"]
        assert moved
        assert caller.of(actions.Answered)[0].result == "match"

    with_journals(fragile_callers, talk)


def _kill_listening(line: Line) -> None:
    """The recognizer that has worked most of late: the one with the stream."""
    pids = [line.pid(f"recognizer-{n}") for n in range(2)]
    seen = [psutil.Process(pid) for pid in pids]
    before = [sum(p.cpu_times()[:2]) for p in seen]
    time.sleep(0.3)
    spent = [sum(p.cpu_times()[:2]) - b for p, b in zip(seen, before, strict=True)]
    seen[spent.index(max(spent))].kill()


def test_with_no_recognizer_the_line_goes_by_keys_from_the_first_prompt(fragile_callers: Callers) -> None:
    def talk(callers: Callers) -> None:
        for n in range(2):
            callers.line.kill(f"recognizer-{n}")
        caller = callers.dial()
        caller.hears("for the status of an order press one")
        assert not caller.of(events.CallStarted)[0].can_hear
        caller.presses("3")
        caller.hears("nine to five")

    with_journals(fragile_callers, talk)


def test_killed_services_leave_what_is_cached_and_the_keys(fragile_callers: Callers) -> None:
    def talk(callers: Callers) -> None:
        caller = callers.dial()
        caller.hears("you can ask")
        killed = callers.line.kill("services")
        caller.presses("3", over=True)
        caller.hears("nine to five")
        caller.hears("anything else")
        caller.says("goodbye")
        caller.hears("thank you for calling")
        caller.over()
        callers.line.wait(lambda: callers.line.pid("services") not in (0, killed), 20, "services are there again")
        assert _complete(callers, _id(callers))["outcome"] == "resolved"

    with_journals(fragile_callers, talk)


def test_a_database_that_hangs_and_dies_in_mid_call_loses_nothing(fragile_callers: Callers) -> None:
    """The query fails in time, the flow goes its way for that, and the record follows when the database is back."""

    def talk(callers: Callers) -> None:
        line = callers.line
        caller = callers.dial()
        caller.hears("you can ask")
        caller.presses("1", over=True)
        caller.hears("order number")
        caller.presses("4567#")
        caller.hears("is that right")
        server = psutil.Process(line.pid("postgres"))
        stopped = [server, *server.children()]
        for process in stopped:
            process.suspend()
        try:
            caller.presses("1")
            caller.hears("I cannot look that up now")
            caller.hears("connecting you")
            caller.hangs_up()
            caller.over()
        finally:
            server.kill()
            for process in stopped:
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.resume()
        query = caller.of(events.Queried)[0]
        assert query.status in ("timeout", "error")
        assert [entry.node for entry in caller.of(actions.NodeEntered)][-2:] == ["sorry", "agent"]
        record = _complete(callers, _id(callers), 60)
        lines = line.rows("select count(*) as n from ivr.journal where call = %(id)s", id=_id(callers))
        assert lines[0]["n"] == len(caller.journal)
        assert record["close_reason"] == "bye"

    with_journals(fragile_callers, talk)


def test_a_flow_with_a_mistake_is_refused_and_a_call_ends_on_the_version_it_began_with(
    fragile_callers: Callers,
) -> None:
    def talk(callers: Callers) -> None:
        line = callers.line
        flow = line.flows / "orders" / "flow.yaml"
        good = flow.read_text()
        flow.write_text(good.replace("next: which_order", "next: nowhere", 1))
        line.wait(lambda: "nowhere" in (line.state / "up.out").read_text(), 30, "the mistake is told")
        first = callers.dial()
        first.hears("you can ask")
        version = first.of(journal.Opened)[0].version
        flow.write_text(good.replace("from nine to five", "from eight to six"))
        shown = line.state / "flows" / "current.json"
        line.wait(lambda: "eight to six" in shown.read_text(), 30, "the new version is published")
        time.sleep(0.5)
        second = callers.dial()
        second.hears("may be recorded")
        second.presses("3", over=True)
        second.hears("eight to six")
        first.presses("3", over=True)
        first.hears("nine to five")
        assert second.of(journal.Opened)[0].version != version
        flow.write_text(good)
        line.wait(lambda: "nine to five" in shown.read_text(), 30, "the old text is published again")

    with_journals(fragile_callers, talk)


def test_a_full_disk_costs_the_sound_and_nothing_else(fragile_callers: Callers) -> None:
    folder = fragile_callers.line.state / "recordings"
    if shutil.disk_usage(folder).total > 100_000_000:
        reason = "a small disk cannot be mounted here (root needed)"
        pytest.fail(reason) if CI else pytest.skip(reason)

    def talk(callers: Callers) -> None:
        before = next(folder.glob("*/*.wav"))
        ballast = folder / "ballast"
        with ballast.open("wb") as file:
            file.truncate(0)
            file.write(bytes(max(0, shutil.disk_usage(folder).free - 60_000)))
        try:
            caller = callers.dial()
            caller.hears("how can I help")
            caller.presses("3")
            caller.hears("nine to five")
            caller.hangs_up()
            caller.over()
        finally:
            ballast.unlink()
        assert [t.what for t in caller.of(journal.Trouble) if t.part == "recording"]
        read_stereo(before)
        record = _complete(callers, _id(callers))
        assert record["close_reason"] == "bye"
        again = callers.dial()
        again.hears("you can ask")
        again.hangs_up()
        again.over()
        path = again.of(journal.RecordingStarted)[0].path
        assert read_stereo(folder / path)[1].any()

    with_journals(fragile_callers, talk)


def test_killed_media_leaves_a_closed_record_and_a_recording_to_its_last_second(fragile_callers: Callers) -> None:
    def talk(callers: Callers) -> None:
        line = callers.line
        caller = callers.dial()
        caller.hears("you can ask")
        caller.says("what are your opening hours", over=True)
        caller.hears("nine to five")
        at = len(caller.call.sound.heard) // FRAME_BYTES
        path = line.state / "recordings" / caller.of(journal.RecordingStarted)[0].path
        killed = line.kill("media")
        line.wait(lambda: line.told("media").get("pid") not in (None, killed), 20, "media is there again")
        left, right = read_stereo(path)
        assert len(left) / 160 > at - 60  # one second, and what was on its way
        assert sounds_in(np.frombuffer(callers.mouth("what are your opening hours", "en"), np.int16), left) > 0.95
        assert sounds_in(line.prompt(HOURS)[:8000], right) > 0.95
        record = _complete(callers, _id(callers))
        assert (record["close_reason"], record["outcome"]) == ("cut_off", "cut_off")
        caller.call.hang_up()
        again = callers.dial()
        again.hears("may be recorded")

    with_journals(fragile_callers, talk)


@pytest.fixture
def with_rasa(fragile: Line) -> None:
    """Until Rasa is trained and answers."""
    if not find_rasa():
        pytest.fail(why_no_rasa()) if CI else pytest.skip(why_no_rasa())
    fragile.wait(lambda: fragile.told("rasa").get("model"), 400, "Rasa is trained and serves")


def _asks_freely(callers: Callers) -> events.Understood:
    """Words that no grammar of the line holds."""
    caller = callers.dial()
    caller.hears("How can I help")
    caller.says("when is the order that I made last week going to arrive")
    callers.line.wait(lambda: caller.of(events.Understood), 10, "understanding")
    caller.hangs_up()
    caller.over()
    return caller.of(events.Understood)[-1]


@pytest.mark.rasa
@pytest.mark.timeout(600)
def test_rasa_trained_and_served_understands_free_words(fragile_callers: Callers, with_rasa: None) -> None:
    def talk(callers: Callers) -> None:
        found = _asks_freely(callers)
        assert (found.source, found.intents[0].name) == ("rasa", "query_order")

    with_journals(fragile_callers, talk)


@pytest.mark.rasa
@pytest.mark.timeout(600)
def test_with_rasa_killed_the_built_in_classifier_answers_and_the_record_says_so(
    fragile_callers: Callers, with_rasa: None
) -> None:
    def talk(callers: Callers) -> None:
        callers.line.kill("rasa")
        found = _asks_freely(callers)
        assert (found.source, found.intents[0].name) == ("builtin", "query_order")
        assert "rasa" in found.why
        _complete(callers, _id(callers))
        turn = callers.line.rows(
            "select understood_by, understood_why from ivr.turns where call = %(id)s and understood_by <> ''",
            id=_id(callers),
        )[0]
        assert turn["understood_by"] == "builtin"

    with_journals(fragile_callers, talk)
