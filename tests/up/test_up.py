"""`ivr up` for real: every process, killed one by one, stopped, and left behind by a killed `ivr up`."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import psutil
import psycopg
import pytest

from tests.instance import ROOT, Instance, wait_for

pytestmark = [pytest.mark.sip, pytest.mark.slow, pytest.mark.postgres]


@pytest.fixture(scope="module")
def line(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    state = tmp_path_factory.mktemp("up")
    state.parent.chmod(0o711)
    instance = Instance(state, settings={"asr_recognizers": "1"})
    try:
        yield instance.start()
    finally:
        instance.stop()


def second(instance: Instance, **changes: str) -> subprocess.CompletedProcess[str]:
    """Another `ivr up` with the same settings."""
    return subprocess.run(
        [sys.executable, "-m", "ivr", "up"],
        env={**instance.environment, **changes},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
    )


def beats(instance: Instance) -> bool:
    """Services run and the database takes records."""
    try:
        return bool(instance.rows("select name from ivr.nodes where address <> ''"))
    except psycopg.Error:
        return False


def is_new(instance: Instance, name: str, killed: int) -> bool:
    return instance.pid(name) not in (0, killed)


def test_a_second_one_is_told_why_not(line: Instance, tmp_path: Path) -> None:
    same = second(line)
    assert same.returncode == 2
    assert f"runs on the state folder {line.state}" in same.stderr
    port = second(line, IVR_STATE=str(tmp_path / "other"))
    assert port.returncode == 2
    assert f"SIP port {line.port}" in port.stderr
    wrong = second(line, IVR_STATE=str(tmp_path / "third"), IVR_SIP_PORT="seventy")
    assert wrong.returncode == 2
    assert "IVR_SIP_PORT" in wrong.stderr
    assert "seventy" in wrong.stderr


def test_each_process_is_replaced_and_the_others_stay(line: Instance) -> None:
    line.wait(lambda: beats(line), 90, "the node beats")
    names = ["services", "postgres", "recognizer-0", "media"]
    for name in names:
        before = {n: line.pid(n) for n in names}
        assert all(before.values()), before
        killed = line.kill(name)
        line.wait(partial(is_new, line, name, killed), 30, f"{name} is started again")
        for other in names:
            if other != name:
                assert line.pid(other) == before[other], f"{other} went down with {name}"
        line.wait(lambda: line.told("media"), 40, "media answers calls")
        line.wait(lambda: line.told("control").get("pid") == line.pid("services"), 40, "the control API is there")
    line.wait(lambda: beats(line) and line.control("/status")["delivery"]["connected"], 60, "records come again")
    told = (line.state / "up.out").read_text()
    assert all(f"{name} ended (signal 9) and is started again" in told for name in names)


def test_files_of_calls_are_private(line: Instance) -> None:
    for name in ("journals", "secrets", "logs"):
        assert (line.state / name).stat().st_mode & 0o077 == 0, name
    assert (line.state / "secrets" / "control.token").stat().st_mode & 0o077 == 0


def test_a_killed_ivr_up_leaves_calls_alone_and_the_next_one_clears_up(line: Instance) -> None:
    assert line.process is not None
    children = psutil.Process(line.process.pid).children(recursive=True)
    line.process.kill()
    line.process.wait()
    assert {c.pid for c in children if c.is_running()} == {c.pid for c in children}
    line.start()
    alive = psutil.wait_procs(children, timeout=30)[1]
    assert alive == []
    assert "an earlier `ivr up` left it running" in (line.state / "up.out").read_text()


def test_ctrl_c_stops_everything_and_leaves_nothing(line: Instance) -> None:
    assert line.process is not None
    children = psutil.Process(line.process.pid).children(recursive=True)
    assert len(children) >= 4
    os.kill(line.process.pid, signal.SIGINT)
    assert line.process.wait(40) == 0
    wait_for(lambda: not any(c.is_running() for c in children), 5, "no process is left")
    assert not line.told("media")
    assert not line.told("control")
    assert (line.state / "up.out").read_text().rstrip().endswith("stopped")
