"""The processes of one machine, and supervisor's configuration for them (docs/running.md)."""

import shlex
import sys
from dataclasses import dataclass
from pathlib import Path

SOCKET_PATH = 90
"""Longer ones leave no room for what supervisor appends; then there is no supervisorctl."""

MEDIA_FIRST_S = 5
"""Programs that load after media wait no longer than this for it."""


@dataclass(frozen=True)
class Program:
    """One process that is kept alive."""

    name: str
    command: tuple[str, ...]
    """Arguments of `ivr`."""
    order: int
    """Lower starts first and stops last."""
    stop_signal: str = "TERM"
    stop_wait_s: int = 10
    once: bool = False
    """Runs once; not started again when it is done."""
    after_media: bool = False
    """Lets media load first at the start of everything, so that the first call is answered soon."""
    nice: int = 0
    """How far it stands back when the processor is full (nice(1)): callers' audio first, training last."""


def programs(
    *,
    embedded: bool,
    recognizers: int,
    rasa: bool,
    demo: bool,
    mocks: Path | None = None,
    redis: bool = False,
    worker: bool = False,
    web: bool = False,
) -> list[Program]:
    """What this machine runs. The postgres server stops last, after the records were delivered."""
    answers = ("--mocks", str(mocks)) if mocks is not None else ()
    found = [Program("media", ("serve",), 20, stop_wait_s=15)]
    found += [Program(f"recognizer-{n}", ("recognizer", "--index", str(n)), 30, nice=1) for n in range(recognizers)]
    found.append(Program("services", ("services", *answers), 40, stop_wait_s=15, nice=2, after_media=True))
    if embedded:
        found.append(Program("postgres", ("postgres",), 10, stop_signal="INT", stop_wait_s=30))
    if redis:
        found.append(Program("redis", ("redis",), 12, nice=2))
    if worker:
        found.append(Program("worker", ("worker",), 45, stop_wait_s=30, nice=8, after_media=True))
    if web:
        found.append(Program("web", ("web",), 48, nice=5, after_media=True))
    if rasa:
        found.append(Program("rasa", ("rasa",), 50, nice=8, after_media=True))
    if demo:
        found.append(Program("demo", ("demo", "--wait", "300"), 60, once=True, nice=8, after_media=True))
    return sorted(found, key=lambda p: p.order)


def configuration(found: list[Program], run: Path, logs: Path, user: str) -> str:
    """supervisord.conf. `user`: who runs it, so that supervisor does not warn about root."""
    control = ""
    socket = run / "supervisor.sock"
    if len(str(socket)) <= SOCKET_PATH:
        control = f"""
[unix_http_server]
file={_plain(socket)}
chmod=0700

[rpcinterface:supervisor]
supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface

[supervisorctl]
serverurl=unix://{_plain(socket)}
"""
    head = f"""; made by `ivr up` at each start; changes are lost
[supervisord]
nodaemon=true
silent=true
user={user}
logfile={_plain(logs / "supervisor.log")}
logfile_maxbytes=5MB
logfile_backups=2
pidfile={_plain(run / "supervisor.pid")}
childlogdir={_plain(logs)}
{control}"""
    return head + "".join(_section(program, run, logs) for program in found)


def command(program: Program, run: Path, log: Path) -> list[str]:
    """Writes to its log by itself: through supervisor's pipe it would die with `ivr up` at its next line."""
    words = [sys.executable, "-m", "ivr", *program.command]
    if program.nice:
        words = ["nice", "-n", str(program.nice), *words]
    wait = ""
    if program.after_media:
        ready = shlex.quote(str(run / "media.json"))
        wait = f"i=0; while [ ! -e {ready} ] && [ $i -lt {MEDIA_FIRST_S * 10} ]; do i=$((i+1)); sleep 0.1; done; "
    return ["/bin/sh", "-c", f"{wait}exec {shlex.join(words)} >>{shlex.quote(str(log))} 2>&1"]


def _section(program: Program, run: Path, logs: Path) -> str:
    again = "autorestart=true\nstartsecs=2\nstartretries=1000000"
    if program.once:
        again = "autorestart=false\nstartsecs=0\nstartretries=0"
    return f"""
[program:{program.name}]
command={_plain(shlex.join(command(program, run, logs / (program.name + ".log"))))}
{again}
priority={program.order}
stopsignal={program.stop_signal}
stopwaitsecs={program.stop_wait_s}
stdout_logfile=NONE
stderr_logfile=NONE
"""


def _plain(value: Path | str) -> str:
    """`%` begins an expansion in supervisor's files."""
    return str(value).replace("%", "%%")
