"""The nodes that beat lately, as rows and as Kamailio's list of destinations."""

import json
import os
import socket
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Engine, func, select
from sqlalchemy.sql import literal_column

from ivr.records.tables import nodes

GONE_S = 60
"""A node whose heart has not beaten for so long is no longer listed; whether it answers, OPTIONS tell within 3 s."""
NOWHERE = ("0.0.0.0", "[::]", "::")


@dataclass(frozen=True)
class Node:
    """One machine that takes calls."""

    name: str
    sip: tuple[str, ...]
    """`udp:10.0.0.11:5060`, ..."""
    live_calls: int
    max_calls: int
    draining: bool
    address: str = ""
    """Of its control API."""

    @property
    def destination(self) -> str:
        """`sip:10.0.0.11:5060`; empty when it listens on every address: then it must be told one (sip.addresses)."""
        for listening in self.sip:
            transport, _, place = listening.partition(":")
            if transport == "udp" and place.rpartition(":")[0] not in NOWHERE:
                return f"sip:{place}"
        return ""


def listed(engine: Engine) -> list[Node]:
    """By name. Raises SQLAlchemyError."""
    recent = nodes.c.heartbeat_at > func.now() - literal_column(f"interval '{GONE_S} seconds'")
    with engine.connect() as connection:
        rows = connection.execute(select(nodes).where(recent).order_by(nodes.c.name)).all()
    return [
        Node(row.name, tuple(row.sip.split()), row.live_calls, row.max_calls, row.draining, row.address) for row in rows
    ]


def dispatcher_list(found: list[Node]) -> str:
    """Kamailio's file: set 1, one destination a line."""
    return "".join(f"1 {node.destination}\n" for node in found if node.destination)


def write_list(path: Path, found: list[Node]) -> bool:
    """Whether the file changed. Without any node the last list stays: better nodes that may be dead than none."""
    text = dispatcher_list(found)
    if path.exists() and (not text or text == path.read_text()):
        return False
    beside = path.with_name(path.name + ".new")
    beside.write_text(text)
    beside.chmod(0o644)
    beside.replace(path)
    return True


def reload_dispatcher(rpc: Path) -> None:
    """Tell Kamailio by its JSON-RPC socket (module jsonrpcs, datagrams). Raises OSError."""
    own = rpc.with_name(f"nodes-{os.getpid()}.sock")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as asking:
        asking.bind(str(own))
        try:
            own.chmod(0o660)
            asking.settimeout(5)
            asking.sendto(json.dumps({"jsonrpc": "2.0", "method": "dispatcher.reload", "id": 1}).encode(), str(rpc))
            answer = json.loads(asking.recv(65535))
        finally:
            own.unlink(missing_ok=True)
    if "error" in answer:
        raise OSError(f"kamailio: {answer['error']}")
