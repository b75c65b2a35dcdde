"""supervisor, run inside `ivr up` itself: one process less, and its view of the programs at hand."""

import os
import pwd
import signal
import threading
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from supervisor.medusa import asyncore_25 as asyncore
from supervisor.options import ServerOptions, decode_wait_status
from supervisor.process import Subprocess
from supervisor.states import ProcessStates, SupervisorStates, getProcessStateDescription
from supervisor.supervisord import Supervisor

from ivr.up.console import LONGEST_WAIT_S, Console, Seen
from ivr.up.programs import Program, configuration


def supervise(
    found: list[Program],
    state: Path,
    make_console: Callable[[Callable[[], Iterator[Seen]], Callable[[], None]], Console],
    run_empty: Callable[[Callable[[], bool]], None] | None = None,
) -> None:
    """Start and keep the programs until SIGTERM or SIGINT, then stop them all; returns when they are stopped.

    `make_console(programs, stop)` makes what watches them. `run_empty(over)` is called at the first SIGTERM, in a
    thread of its own, and they are stopped when it returns; a second signal does not wait for it: `over()` is
    true then.
    """
    run, logs = state / "run", state / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    path = run / "supervisor.conf"
    path.write_text(configuration(found, run, logs, pwd.getpwuid(os.geteuid()).pw_name), encoding="utf-8")
    options = ServerOptions()
    options.realize(["-c", str(path)])
    options.first, options.test = True, False
    for group in options.process_group_configs:
        for program in group.process_configs:
            program.make_process = partial(_made, program)
    supervisor = _Draining(options, run_empty)

    def stop() -> None:
        options.mood = SupervisorStates.SHUTDOWN

    console = make_console(lambda: _seen(supervisor), stop)
    thread = threading.Thread(target=console.watch, name="console", daemon=True)
    thread.start()
    try:
        supervisor.main()
    except asyncore.ExitNow:
        pass  # supervisor's way to say that all programs are stopped
    finally:
        console.stop()
        thread.join(2.0)
        options.close_httpservers()
        options.close_logger()


class _Draining(Supervisor):  # type: ignore[misc]
    """Calls may end before the programs are stopped."""

    def __init__(self, options: Any, run_empty: Callable[[Callable[[], bool]], None] | None) -> None:
        super().__init__(options)
        self._run_empty = run_empty

    def handle_signal(self) -> None:
        number = self.options.get_signal()
        if number == signal.SIGTERM and self._run_empty is not None:
            threading.Thread(target=self._empty, args=(self._run_empty,), name="drain", daemon=True).start()
            self._run_empty = None
        elif number:
            self.options.signal_receiver.receive(number, None)
            super().handle_signal()

    def _empty(self, run_empty: Callable[[Callable[[], bool]], None]) -> None:
        try:
            run_empty(lambda: self.options.mood < SupervisorStates.RUNNING)
        finally:
            self.options.mood = SupervisorStates.SHUTDOWN


def _made(program: Any, group: Any = None) -> "_Counted":
    """As supervisor's ProcessConfig.make_process, with our class."""
    process = _Counted(program)
    process.group = group
    return process


class _Counted(Subprocess):  # type: ignore[misc]
    """Keeps what supervisor forgets of a program that dies at its start: how it ended, and how often it has died."""

    ended: "int | None" = None
    deaths = 0

    def finish(self, pid: int, sts: int) -> None:
        self.ended = decode_wait_status(sts)[0]
        if os.WIFSIGNALED(sts):
            self.ended = -os.WTERMSIG(sts)
        self.deaths += 1
        super().finish(pid, sts)


def _seen(supervisor: Any) -> Iterator[Seen]:
    for group in list((supervisor.process_groups or {}).values()):
        for process in list(group.processes.values()):
            state = process.state
            if state == ProcessStates.BACKOFF and process.backoff > LONGEST_WAIT_S:
                process.backoff = LONGEST_WAIT_S  # supervisor waits one second longer each time, without end
            yield Seen(
                name=process.config.name,
                state=str(getProcessStateDescription(state)).lower(),
                pid=process.pid or 0,
                exit_status=process.ended,
                deaths=process.deaths,
            )
