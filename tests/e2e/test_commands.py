"""`ivr test --sip` and `ivr call`, as people run them."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.instance import ROOT

from .line import Line

pytestmark = [pytest.mark.sip, pytest.mark.slow]


def ivr(*words: str, state: Path, timeout_s: float) -> subprocess.CompletedProcess[str]:
    from os import environ

    return subprocess.run(
        [sys.executable, "-m", "ivr", *words],
        cwd=ROOT,
        env={**environ, "IVR_STATE": str(state)},
        capture_output=True,
        text=True,
        timeout=timeout_s,
    )


@pytest.mark.timeout(620)
def test_the_demo_s_conversations_hold_over_real_calls(tmp_path: Path) -> None:
    """flows/orders/tests.yaml: order by voice in one sentence and in two, a digit mended, keys, cancel with its
    confirmation, repeat, hours, a human by voice, by key and after silence, the keypad when speech fails, Korean."""
    done = ivr("test", "--sip", "flows/", state=tmp_path, timeout_s=400)
    lines = done.stdout.splitlines()
    failed = [line.removeprefix("FAIL").strip() for line in lines if line.startswith("FAIL ")]
    assert sum(line.startswith("ok ") for line in lines) >= 14
    # The caller's voice is the same in every run, but where its packets fall is not: now and then a sentence is
    # misheard. What is misheard twice is a defect.
    assert len(failed) <= 1, done.stdout[-6000:] + done.stderr[-2000:]
    for name in failed:
        again = ivr("test", "--sip", "flows/", "--name", name, state=tmp_path, timeout_s=200)
        assert again.returncode == 0, done.stdout[-3000:] + again.stdout[-3000:]


def test_a_conversation_that_does_not_hold_shows_place_and_journal(tmp_path: Path, line: Line) -> None:
    talk = tmp_path / "talk.yaml"
    talk.write_text(
        "- name: wants what the line does not say\n"
        "  talk:\n"
        "    - {hears: welcome}\n"
        '    - {presses: "3", over: true}\n'
        "    - {hears: nine to five}\n"
        "    - {hears: goodbye my dear friend}\n"
    )
    done = ivr("call", line.uri(), str(talk), "--json", state=line.state, timeout_s=90)
    assert done.returncode == 1
    assert f"{talk}:6" in done.stdout
    assert "goodbye my dear friend" in done.stdout
    assert "-> hours (say, option)" in done.stderr


def test_a_quick_call_by_steps(tmp_path: Path, line: Line) -> None:
    record = tmp_path / "call.wav"
    done = ivr(
        "call", line.uri(), "--hear", "how can I help", "--press", "1", "--hear", "order number", "--say", "4569",
        "--hear", "four five six nine", "--silent", "0.5", "--press", "1", "--hear", "was delivered", "--json",
        "--record", str(record), state=line.state, timeout_s=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    told = [json.loads(each) for each in done.stdout.splitlines()]
    assert [each["event"] for each in told if each["event"] not in ("heard", "hear")] == [
        "answered", "press", "say", "silent", "press", "over",
    ]  # fmt: skip
    assert any("delivered" in each.get("text", "") for each in told)
    assert record.stat().st_size > 500_000


def test_wrong_use_and_nobody_there_are_told(tmp_path: Path, line: Line) -> None:
    assert ivr("call", "nonsense", state=tmp_path, timeout_s=30).returncode == 2
    refused = ivr("call", line.uri("sales"), state=tmp_path, timeout_s=40)
    assert refused.returncode == 1
    assert "404" in refused.stdout
