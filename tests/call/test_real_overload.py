"""Real overload: callers at 500 a minute on a server that can take few. The ladder climbs to its end and comes back;
callers hear that the line is busy, then 503; who was in before is served to the end."""

import json
import time
from collections.abc import Iterator

import pytest

pytest.importorskip("pjsua2", reason="pjsua2 is not built (make setup)")

from ivr import actions as act
from ivr import journal
from ivr.audio.prompt_key import prompt_key
from ivr.insight.rate_bench import RateCall, RateGenerator
from ivr.language.table import LANGUAGES
from ivr.sip.caller import Phone
from ivr.tts.espeak import Espeak
from tests.call.rig import CONSENT, Rig, of, sounding
from tests.instance import wait_for

pytestmark = [pytest.mark.sip, pytest.mark.slow]
A_MINUTE = 500
SECONDS = 10
BUSY = LANGUAGES["en"].phrases["busy"]
TINY = {
    "IVR_OVERLOAD_HIGHEST_STEP": "7",
    "IVR_OVERLOAD_CPU_PERCENT": "6",
    "IVR_OVERLOAD_CLIMB_MS": "400",
    "IVR_OVERLOAD_DESCEND_MS": "400",
    "IVR_OVERLOAD_BUSY_CALLS": "30",
}


@pytest.fixture
def rig() -> Iterator[Rig]:
    speaker = Espeak()
    rig = Rig(lambda text: speaker.synthesize(text, "en"))
    rig._environment |= TINY
    path = rig.state / "prompts" / f"{prompt_key(BUSY, 'en')}.raw"
    path.with_suffix(".json").write_text('{"sources": ["recorded"]}')
    path.write_bytes(speaker.synthesize(BUSY, "en"))
    try:
        rig.start("services")
        wait_for((rig.state / "flows" / "current.json").exists, 60, "flows are published")
        rig.start_media()
        yield rig
    finally:
        rig.stop()


def journals(rig: Rig) -> list[list[journal.Entry]]:
    return [journal.read(path.read_bytes()) for path in rig.state.glob("journals/*/*.jsonl")]


def heard_busy(calls: list[RateCall]) -> list[RateCall]:
    """Answered, told something, and hung up by the line."""
    return [call for call in calls if call.status == 200 and call.ended_by_line and call.loud > 50]


def test_five_hundred_calls_a_minute_end_in_busy_and_503_and_nobody_is_dropped(rig: Rig) -> None:
    generator = RateGenerator(("127.0.0.1", rig.port), "rig", 5.0)
    with Phone() as phone:
        before = phone.dial(rig.uri)
        before.wait_answered()
        try:
            phase = generator.run(A_MINUTE / 60, A_MINUTE * SECONDS // 60)
        finally:
            generator.close()
        told = of(rig.entries(before), journal.LadderMoved)
        assert [it.step for it in told][:7] == [1, 2, 3, 4, 5, 6, 7], "step by step, in the record of a call that lasts"
        assert {it.why for it in told if it.step == 7} == {"cpu"}
        refused = [call for call in phase.calls if call.status == 503]
        assert refused
        assert all(call.retry_after for call in refused)
        assert max(call.final_at - call.asked_at for call in refused) < 1.0, "turned away at once"
        told_busy = [
            entries for entries in journals(rig) if any(it.outcome == "busy" for it in of(entries, act.Finished))
        ]
        assert told_busy
        assert len(heard_busy(phase.calls)) == len(told_busy)
        served = [call for call in phase.calls if call.status == 200 and not call.ended_by_line]
        assert served
        assert all(call.loud > 50 for call in served)
        assert len(refused) + len(told_busy) + len(served) == len(phase.calls), "nobody went without an answer"
        # who was in before is served as ever
        assert before.leg.call is not None
        assert sum(sounding(before.sound.heard)) > len(rig.prompts[CONSENT]) // 320 * 0.5
        before.press("2")
        assert before.wait_over(20).by == "caller"
        wait_for(lambda: _step(rig) == 0, 20, "the ladder comes down again")
        after = phone.dial(rig.uri)
        after.wait_answered()
        time.sleep(1.0)
        after.hang_up()
        rig.closed(after)


def _step(rig: Rig) -> int:
    """Where media says that it stands, by its log."""
    lines = [line for line in (rig.state / "media.log").read_text().splitlines() if "the overload ladder moved" in line]
    found = [part for part in lines[-1].split() if "step=" in part] if lines else []
    digits = "".join(c for c in found[0].split("step=")[1] if c.isdigit()) if found else "0"
    return int(json.loads(digits[-1:] or "0"))
