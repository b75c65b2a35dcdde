"""`ivr bench start`: how long a start takes until a call is answered, and the memory of each process."""

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

START_S = 90.0


def start(
    rasa: Annotated[bool, typer.Option(help="with Rasa, and wait until it serves")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="print JSON")] = False,
) -> None:
    """Start a scratch instance twice; measure from the command to the 200 of a call, then look at its processes."""
    with tempfile.TemporaryDirectory(prefix="ivr-bench-") as folder:
        report = measure(Path(folder), rasa)
    if as_json:
        print(json.dumps(report, indent=1))
        return
    console = Console()
    console.print(f"first start to first answered call   {report['first_start_s']:.1f} s (makes the database)")
    console.print(f"second start to first answered call  {report['second_start_s']:.1f} s")
    table = Table("process", "RSS, MB", "own (USS), MB")
    for row in report["processes"]:
        table.add_row(row["process"], f"{row['rss_mb']:.0f}", f"{row['uss_mb']:.0f}")
    console.print(table)


def measure(folder: Path, rasa: bool) -> dict[str, Any]:
    """Seconds and processes. Raises RuntimeError when the instance does not answer."""
    port = _free_port()
    environment = {
        **os.environ,
        "IVR_STATE": str(folder / "state"),
        "IVR_SIP_PORT": str(port),
        "IVR_SIP_ADDRESSES": '["127.0.0.1"]',
        "IVR_NLU_RASA": "auto" if rasa else "off",
        "IVR_UP_DRAIN_S": "0",
    }
    environment.pop("DATABASE_URL", None)
    times = []
    rows: list[dict[str, Any]] = []
    from ivr.sip.caller import Phone

    with Phone() as phone:
        for last in (False, True):
            began = time.monotonic()
            with (folder / "up.log").open("ab") as log:
                server = subprocess.Popen([sys.executable, "-m", "ivr", "up"], env=environment, stdout=log, stderr=log)
            try:
                _answered(phone, port, server, folder / "up.log")
                times.append(time.monotonic() - began)
                _wait((folder / "state" / "flows" / "current.json").exists, 60, "flows are published")
                if last:
                    if rasa:
                        _wait((folder / "state" / "run" / "rasa.json").exists, 400, "Rasa serves")
                    time.sleep(8)  # recognizers, services and prompts settle
                    rows = _processes(server.pid)
            finally:
                server.terminate()
                server.wait(40)
    return {"first_start_s": times[0], "second_start_s": times[1], "processes": rows}


def _answered(phone: Any, port: int, server: "subprocess.Popen[bytes]", log: Path) -> None:
    from ivr.sip.caller import PhoneError

    until = time.monotonic() + START_S
    while time.monotonic() < until and server.poll() is None:
        if not _listens(port):  # an INVITE that finds nobody would be tried again by the caller half a second later
            continue
        call = phone.dial(f"sip:orders@127.0.0.1:{port}")
        try:
            call.wait_answered(2.0)
        except PhoneError:
            continue
        call.hang_up()
        return
    raise RuntimeError(f"no call was answered; the log ends with: {log.read_text()[-500:]}")


def _listens(port: int) -> bool:
    """An OPTIONS is answered within 50 ms."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        probe.settimeout(0.05)
        here = f"127.0.0.1:{probe.getsockname()[1]}"
        lines = (
            f"OPTIONS sip:127.0.0.1:{port} SIP/2.0",
            f"Via: SIP/2.0/UDP {here};rport;branch=z9hG4bK{time.monotonic_ns()}",
            f"From: <sip:bench@{here}>;tag=bench",
            f"To: <sip:127.0.0.1:{port}>",
            f"Call-ID: {time.monotonic_ns()}@{here}",
            "CSeq: 1 OPTIONS",
            "Max-Forwards: 1",
            "Content-Length: 0",
        )
        try:
            probe.sendto("\r\n".join((*lines, "", "")).encode(), ("127.0.0.1", port))
            return probe.recv(4096).startswith(b"SIP/2.0")
        except OSError:
            time.sleep(0.02)
            return False


def _wait(what: Callable[[], bool], timeout_s: float, name: str) -> None:
    until = time.monotonic() + timeout_s
    while not what():
        if time.monotonic() > until:
            raise RuntimeError(f"not within {timeout_s} s: {name}")
        time.sleep(0.2)


def _processes(pid: int) -> list[dict[str, Any]]:
    import psutil

    rows = []
    for process in [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]:
        try:
            line = process.cmdline()
            memory = process.memory_full_info()
        except psutil.Error:
            continue
        name = " ".join(line[3:]) if line[1:3] == ["-m", "ivr"] else Path(line[0]).name if line else process.name()
        rows.append({"process": name[:40], "rss_mb": memory.rss / 1e6, "uss_mb": memory.uss / 1e6})
    return rows


def _free_port() -> int:
    from ivr.up import claim

    return claim.free_port("127.0.0.1")
