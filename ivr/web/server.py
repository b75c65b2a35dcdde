"""`ivr web`: the process. Serves at once; what needs the database says so until it is there."""

import json
import os
import socket
import threading
import time
from pathlib import Path

import structlog
import uvicorn
from fastapi import FastAPI
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from ivr.records import schema
from ivr.web.first_time import FirstTime

log = structlog.get_logger("web")
LOOK_S = 1.0


def listener(host: str, port: int) -> socket.socket:
    """Raises OSError: taken, or no address of ours."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    made = socket.socket(family, socket.SOCK_STREAM)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    made.bind((host, port))
    return made


def run(app: FastAPI, bound: socket.socket, told: Path, public: str, proxies: list[str]) -> None:
    """Until SIGTERM or SIGINT. `told`: the file that says where we are; `public`: address that browsers use."""
    host, port = bound.getsockname()[:2]
    shown = public or f"http://{f'[{host}]' if ':' in host else host}:{port}"
    engine, first_time = app.state.parts.engine, app.state.parts.first_time
    threading.Thread(target=_announce, args=(engine, first_time, told, shown), name="announce", daemon=True).start()
    config = uvicorn.Config(
        app, log_config=None, access_log=False, server_header=False, timeout_graceful_shutdown=3,
        ws="websockets-sansio", proxy_headers=bool(proxies), forwarded_allow_ips=proxies,
        h11_max_incomplete_event_size=64_000, limit_concurrency=500,
    )  # fmt: skip
    try:
        uvicorn.Server(config).run(sockets=[bound])
    finally:
        told.unlink(missing_ok=True)


def _announce(engine: Engine, first_time: FirstTime, told: Path, shown: str) -> None:
    """Writes where the pages are, and the first sign-in's link when nobody is there, once the database answers."""
    link = ""
    until_told = time.monotonic() + 120
    while True:
        try:
            schema.migrate(engine)
            link = first_time.path(engine)
            break
        except SQLAlchemyError as error:
            if time.monotonic() > until_told:
                log.warning("the database is away", error=type(error).__name__)
                until_told = time.monotonic() + 600
            time.sleep(LOOK_S)
    fresh = told.with_name(f".{told.name}.tmp")
    told.parent.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as out:
        json.dump({"pid": os.getpid(), "url": shown, "first": f"{shown}{link}" if link else ""}, out)
    fresh.replace(told)
