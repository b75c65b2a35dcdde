"""What `ivr up` makes sure of before it starts anything."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from ivr.up import claim, start


def test_two_on_one_state_folder_are_refused_and_two_folders_are_not(tmp_path: Path) -> None:
    with claim.lock(tmp_path / "a" / "run"):
        with pytest.raises(claim.CannotStart, match=rf"process {os.getpid()}.*IVR_STATE=.*IVR_SIP_PORT="):
            claim.lock(tmp_path / "a" / "run")
        claim.lock(tmp_path / "b" / "run").close()
    claim.lock(tmp_path / "a" / "run").close()


@pytest.mark.parametrize("kind", [socket.SOCK_DGRAM, socket.SOCK_STREAM])
def test_a_taken_port_is_named_with_the_mend(kind: socket.SocketKind) -> None:
    with socket.socket(socket.AF_INET, kind) as other:
        other.bind(("127.0.0.1", 0))
        if kind == socket.SOCK_STREAM:
            other.listen()
        port = other.getsockname()[1]
        name = "UDP" if kind == socket.SOCK_DGRAM else "TCP"
        with pytest.raises(claim.CannotStart, match=rf"SIP port {port} \({name} on 127.0.0.1\).*IVR_SIP_PORT"):
            claim.check_ports(["127.0.0.1"], port, ["udp", "tcp"])
    claim.check_ports(["127.0.0.1"], port, ["udp", "tcp"])


def test_an_address_of_another_machine_is_named() -> None:
    with pytest.raises(claim.CannotStart, match="IVR_SIP_ADDRESSES"):
        claim.check_ports(["203.0.113.7"], 5060, ["udp"])


def test_a_free_port_is_free_for_both() -> None:
    claim.check_ports(["127.0.0.1"], claim.free_port("127.0.0.1"), ["udp", "tcp"])


def test_what_a_killed_ivr_up_left_is_ended_and_nothing_else(tmp_path: Path) -> None:
    sleep = [sys.executable, "-c", "import time; time.sleep(60)"]
    stubborn = [
        sys.executable,
        "-c",
        "import signal, time; signal.signal(15, signal.SIG_IGN); print(1, flush=True); time.sleep(60)",
    ]
    ours, other = subprocess.Popen(sleep), subprocess.Popen(sleep)
    deaf = subprocess.Popen(stubborn, stdout=subprocess.PIPE)
    assert deaf.stdout is not None
    deaf.stdout.readline()
    try:
        claim.note(tmp_path, {"media": ours.pid, "services": deaf.pid, "gone": 2**22})
        text = (tmp_path / "up.json").read_text()
        # a process that got the number of one of ours later is not ours
        (tmp_path / "up.json").write_text(
            text[:-1] + f', "rasa": {{"pid": {other.pid}, "born": {psutil.Process(other.pid).create_time() - 100}}}}}'
        )
        assert claim.clear_leftovers(tmp_path, wait_s=0.5) == ["media", "services"]
        assert not psutil.pid_exists(ours.pid)
        assert not psutil.pid_exists(deaf.pid)
        assert psutil.pid_exists(other.pid)
        assert claim.clear_leftovers(tmp_path) == []
    finally:
        for process in (ours, other, deaf):
            process.kill()
            process.wait()
        deaf.stdout.close()


def test_a_state_folder_whose_path_no_socket_can_have_is_refused(tmp_path: Path) -> None:
    long = tmp_path / ("x" * 60) / ("y" * 60)
    plan = start.Plan(long, tmp_path, 0, ["127.0.0.1"], ["udp"])
    with pytest.raises(claim.CannotStart, match=r"too long for sockets.*IVR_STATE"):
        start.run(plan, print)
    assert not long.exists()
