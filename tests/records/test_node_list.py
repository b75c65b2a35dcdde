"""Nodes that beat become Kamailio's list of destinations."""

import json
import socket
import threading
from pathlib import Path

import pytest
from sqlalchemy import text

from ivr.records import node_list, store
from ivr.records.nodes import beat

pytestmark = pytest.mark.postgres


def row(name: str, sip: str, live: int = 0) -> dict[str, object]:
    return {
        "name": name,
        "address": "http://x",
        "pid": 1,
        "sip": sip,
        "version": "1",
        "max_calls": 9,
        "live_calls": live,
    }


def test_nodes_that_beat_are_listed_and_a_list_is_never_emptied(database: str, tmp_path: Path) -> None:
    engine = store.migrated(database)
    with engine.begin() as connection:
        connection.execute(text("delete from ivr.nodes"))
    beat(engine, row("a", "udp:10.0.0.11:5060 tcp:10.0.0.11:5060", 3))
    beat(engine, row("b", "tcp:10.0.0.12:5070 udp:10.0.0.12:5070"))
    beat(engine, row("everywhere", "udp:0.0.0.0:5060"))
    beat(engine, row("long gone", "udp:10.0.0.13:5060"))
    with engine.begin() as connection:
        connection.execute(
            text("update ivr.nodes set heartbeat_at = now() - interval '2 min' where name = 'long gone'")
        )
    found = node_list.listed(engine)
    assert [(node.name, node.live_calls) for node in found] == [("a", 3), ("b", 0), ("everywhere", 0)]
    path = tmp_path / "dispatcher.list"
    assert node_list.write_list(path, found)
    assert path.read_text() == "1 sip:10.0.0.11:5060\n1 sip:10.0.0.12:5070\n"
    assert not node_list.write_list(path, found)
    assert not node_list.write_list(path, [])
    assert path.read_text().count("\n") == 2
    engine.dispose()


@pytest.mark.parametrize("answer", [{"result": {}}, {"error": {"code": 500}}])
def test_kamailio_is_told(tmp_path: Path, answer: dict[str, object]) -> None:
    rpc = tmp_path / "rpc.sock"
    asked: list[str] = []
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as kamailio:
        kamailio.bind(str(rpc))

        def serve() -> None:
            data, peer = kamailio.recvfrom(9000)
            asked.append(json.loads(data)["method"])
            kamailio.sendto(json.dumps(answer).encode(), peer)

        thread = threading.Thread(target=serve)
        thread.start()
        if "error" in answer:
            with pytest.raises(OSError, match="500"):
                node_list.reload_dispatcher(rpc)
        else:
            node_list.reload_dispatcher(rpc)
        thread.join()
    assert asked == ["dispatcher.reload"]
    assert list(tmp_path.iterdir()) == [rpc]
