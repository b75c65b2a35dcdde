"""`ivr asr-server`: recognition for other machines and other programs."""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
from typing import Annotated

import typer

from ivr import settings


def asr_server(
    host: Annotated[str, typer.Option(help="address to listen on")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="vosk-server's port by default")] = 2700,
    processes: Annotated[int, typer.Option(min=1, max=256, help="they share the port; one a core is enough")] = 1,
    rate: Annotated[int, typer.Option(help="sample rate of clients that do not say theirs")] = 8000,
    shared: Annotated[bool, typer.Option(hidden=True, help="one of several processes")] = False,
) -> None:
    """Serve the engines over vosk-server's WebSocket protocol."""
    from ivr import logs

    values = settings.load()
    logs.configure(values.log.level, values.log.format)
    arguments = ["asr-server", "--host", host, "--port", str(port), "--rate", str(rate)]
    command = [sys.executable, "-m", "ivr", *arguments, "--shared"]
    others = [subprocess.Popen(command) for _ in range(processes - 1)]
    try:
        asyncio.run(_serve(values, host, port, rate, shared or processes > 1))
    except OSError as error:
        print(f"asr-server: {error}", file=sys.stderr)
        sys.exit(1)
    finally:
        for process in others:
            process.terminate()
        for process in others:
            process.wait()


async def _serve(values: settings.Settings, host: str, port: int, rate: int, shared: bool) -> None:
    from ivr.asr.asr_server import start
    from ivr.bootstrap import recognition

    engines = recognition(values)
    if not engines:
        print("asr-server: no engine: `ivr models` tells what is missing", file=sys.stderr)
        sys.exit(1)
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    server = await start(engines, host, port, rate=rate, second_pass=values.asr.second_pass, share_port=shared)
    names = ", ".join(f"{language}: {'+'.join(e.name for e in found)}" for language, found in engines.items())
    print(f"ws://{host}:{port} ({names})", flush=True)
    parent = os.getppid()
    async with server:
        while not stopped.is_set() and os.getppid() == parent:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stopped.wait(), 1.0)
