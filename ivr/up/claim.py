"""What `ivr up` makes sure of before it starts anything: its state folder is its own, its ports are free."""

import errno
import fcntl
import json
import os
import signal
import socket
import time
from pathlib import Path
from typing import IO, Any

import psutil


class CannotStart(Exception):
    """Why this instance may not start, and the mend."""


def lock(run: Path) -> IO[str]:
    """Holds run/up.lock while it is open. Raises CannotStart when another `ivr up` holds it."""
    run.mkdir(parents=True, exist_ok=True)
    file = (run / "up.lock").open("a+", encoding="utf-8")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.seek(0)
        holder = file.read().strip() or "unknown"
        file.close()
        raise CannotStart(
            f"another `ivr up` (process {holder}) runs on the state folder {run.parent}: stop it, or give this one a"
            " folder and a port of its own (IVR_STATE=... IVR_SIP_PORT=...)"
        ) from None
    file.truncate(0)
    file.write(str(os.getpid()))
    file.flush()
    return file


def free_port(address: str) -> int:
    """A port that is free for UDP and TCP."""
    for _ in range(50):
        with socket.socket(_family(address), socket.SOCK_DGRAM) as udp:
            udp.bind((address, 0))
            port: int = udp.getsockname()[1]
            if not _taken(address, port, socket.SOCK_STREAM):
                return port
    raise CannotStart(f"no port is free on {address}")


def check_ports(addresses: list[str], port: int, transports: list[str]) -> None:
    """Raises CannotStart when the SIP port is taken or the address is not this machine's."""
    kinds = {"udp": socket.SOCK_DGRAM, "tcp": socket.SOCK_STREAM}
    for address in addresses:
        for transport in transports:
            why = _taken(address, port, kinds[transport])
            if why == errno.EADDRINUSE:
                raise CannotStart(
                    f"SIP port {port} ({transport.upper()} on {address}) is in use: stop what uses it"
                    f" (`ss -lnp | grep :{port}` names it), or set IVR_SIP_PORT to another"
                )
            if why == errno.EACCES:
                raise CannotStart(f"SIP port {port} needs more rights than this user has: set IVR_SIP_PORT above 1023")
            if why:
                raise CannotStart(
                    f"SIP address {address} cannot be used ({os.strerror(why)}): set IVR_SIP_ADDRESSES to addresses"
                    " of this machine"
                )


def _family(address: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def _taken(address: str, port: int, kind: socket.SocketKind) -> int:
    """errno of binding there; 0: it is free."""
    with socket.socket(_family(address), kind) as probe:
        if kind == socket.SOCK_STREAM:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError as error:
            return error.errno or errno.EINVAL
    return 0


def note(run: Path, pids: dict[str, int]) -> None:
    """Remember the processes that were started, for `clear_leftovers` after a crash."""
    seen: dict[str, Any] = {}
    for name, pid in pids.items():
        try:
            seen[name] = {"pid": pid, "born": psutil.Process(pid).create_time()}
        except psutil.NoSuchProcess:
            continue
    fresh = run / ".up.json.tmp"
    fresh.write_text(json.dumps(seen))
    fresh.replace(run / "up.json")


def clear_leftovers(run: Path, wait_s: float = 10.0) -> list[str]:
    """End the processes that an `ivr up` which was killed left running; their names."""
    try:
        noted = json.loads((run / "up.json").read_text())
    except (OSError, ValueError):
        return []
    left: dict[str, psutil.Process] = {}
    for name, one in noted.items():
        try:
            process = psutil.Process(one["pid"])
            if abs(process.create_time() - one["born"]) < 0.01:  # the same process, not a later one with its number
                left[name] = process
        except psutil.NoSuchProcess:
            continue
    for name, process in left.items():
        process.send_signal(signal.SIGINT if name == "postgres" else signal.SIGTERM)
    until = time.monotonic() + wait_s
    _, alive = psutil.wait_procs(left.values(), timeout=max(until - time.monotonic(), 0))
    for process in alive:
        process.kill()
    psutil.wait_procs(alive, timeout=2)
    (run / "up.json").unlink(missing_ok=True)
    return sorted(left)
