"""An endpoint that cannot start says which setting is wrong, and one that can takes a free port for everything."""

import json
import socket
import subprocess
import sys
from collections.abc import Callable

import pytest

from .conftest import HERE, Server
from .raw import RawCaller

pytestmark = pytest.mark.sip


def failure(**config: object) -> str:
    done = subprocess.run(
        [sys.executable, str(HERE / "server.py"), json.dumps(config)],
        input="",
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert done.returncode != 0
    return done.stderr


def test_a_port_in_use_is_named() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert f"cannot listen on tcp:127.0.0.1:{port}" in failure(port=port, addresses=["127.0.0.1"])


def test_an_address_that_is_not_ours_is_named() -> None:
    assert "cannot listen on udp:192.0.2.1" in failure(addresses=["192.0.2.1"])


def test_more_calls_than_the_library_carries_are_refused_at_the_start() -> None:
    assert "sip.max_calls is 5000" in failure(max_calls=5000)


def test_several_addresses_share_one_port(start_server: Callable[..., Server]) -> None:
    server = start_server(addresses=["127.0.0.1", "127.0.0.2"])
    assert server.listening == [
        f"{transport}:{address}:{server.port}" for address in ("127.0.0.1", "127.0.0.2") for transport in ("udp", "tcp")
    ]
    for at in ("127.0.0.1", "127.0.0.2"):
        caller = RawCaller(server.port, "tone", at, server_at=at)
        got = caller.dial()
        assert f"@{at}:{server.port}" in got.first("contact")
        assert f"c=IN IP4 {at}" in got.body
        caller.speak(10)
        assert caller.heard()
        server.do("hang_up")
        assert caller.message().method == "BYE"
        assert caller.source == at
        caller.close()
