"""Many calls at once and one after another: nothing crashes, nothing is lost, what is over is freed."""

import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from . import sipp
from .conftest import Server
from .raw import RawCaller
from .sipp import ANSWERED, receive, request, sdp, send

pytestmark = [
    pytest.mark.sip,
    pytest.mark.clients,
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("sipp") is None, reason="sipp is not installed (Debian: sip-tester)"),
]
Start = Callable[..., Server]
CALL = [send(request("INVITE", sdp())), ANSWERED, send(request("ACK"), retrans=False), sipp.pause(200),
        send(request("BYE", cseq=2)), receive(200)]  # fmt: skip


def flood(server: Server, folder: Path, steps: list[str], calls: int, rate: int) -> None:
    """`calls` calls at `rate` a second; refused ones count as done."""
    program = shutil.which("sipp")
    assert program is not None
    scenario = folder / "flood.xml"
    scenario.write_text('<?xml version="1.0"?>\n<scenario name="x">\n' + "\n".join(steps) + "\n</scenario>\n")
    subprocess.run(
        [program, f"127.0.0.1:{server.port}", "-sf", str(scenario), "-s", "silent", "-m", str(calls), "-r", str(rate),
         "-i", "127.0.0.1", "-nostdin", "-timeout", "60s", "-recv_timeout", "15000"],
        capture_output=True, cwd=folder, timeout=90, check=False,
    )  # fmt: skip


def memory(server: Server) -> int:
    """Resident kilobytes."""
    text = Path(f"/proc/{server.pid}/status").read_text()
    return int(text.split("VmRSS:")[1].split()[0])


def survives(server: Server) -> None:
    caller = RawCaller(server.port, "echo")
    assert caller.dial().start == "SIP/2.0 200 OK"
    assert caller.bye().start == "SIP/2.0 200 OK"
    caller.close()


def test_calls_in_quick_succession_leave_nothing_behind(start_server: Start, tmp_path: Path) -> None:
    server = start_server(max_calls=100)
    flood(server, tmp_path, CALL, 100, 20)
    warm = memory(server)
    flood(server, tmp_path, CALL, 300, 25)
    time.sleep(1)
    assert server.alive
    assert len(server.of("HungUp")) == len(server.of("Invite")) >= 390
    assert {told["by"] for told in server.of("HungUp")} == {"caller"}
    assert memory(server) - warm < 20_000
    survives(server)


def test_an_invite_flood_is_refused_and_survived(start_server: Start, tmp_path: Path) -> None:
    """The wheels of PyPI died of this (docs/sip.md)."""
    server = start_server(max_calls=5)
    holder = RawCaller(server.port, "tone")
    holder.dial()
    flood(server, tmp_path, [send(request("INVITE", sdp()), retrans=False)], 1500, 300)
    assert server.alive
    holder.speak(10)
    assert holder.heard()
    assert holder.bye().start == "SIP/2.0 200 OK"
    holder.close()
    time.sleep(1)
