"""Kamailio before 200 nodes: calls go evenly to all of them, and the choice costs little."""

import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.deploy.fake_nodes import Caller, FakeNodes
from tests.deploy.spreader import KAMAILIO, Spreader
from tests.instance import free_port

pytestmark = [pytest.mark.sip, pytest.mark.clients, pytest.mark.skipif(KAMAILIO is None, reason="no kamailio")]
NODES, CALLS = 200, 400


@pytest.fixture
def nodes() -> Iterator[FakeNodes]:
    made = FakeNodes(NODES, free_port(), free=100)
    yield made
    made.close()


def test_two_hundred_nodes_get_the_same(nodes: FakeNodes, tmp_path: Path) -> None:
    (tmp_path / "providers.list").write_text("1 127.0.0.0 8 0\\n")  # else 100 calls a second of one caller are a flood
    proxy = Spreader(tmp_path, nodes.addresses, free_port(), f'PROVIDERS_FILE="{tmp_path}/providers.list"')
    caller = Caller(proxy.port)
    try:
        time.sleep(4)  # each was asked how much room it has
        idle = proxy.cpu_s()
        time.sleep(2)
        began, pings_a_s = time.monotonic(), (proxy.cpu_s() - idle) / 2
        before = proxy.cpu_s()
        answered = Counter(caller.call() for _ in range(CALLS))
        took = time.monotonic() - began
        cost = (proxy.cpu_s() - before - pings_a_s * took) / CALLS
        print(f"\n{NODES} nodes: {1000 * cost:.2f} ms of CPU a call, asking them {pings_a_s:.1%} of a core")
    finally:
        caller.close()
        proxy.stop()
    assert sum(answered.values()) == CALLS
    assert len(answered) == NODES
    assert max(answered.values()) <= 4, answered.most_common(5)
    assert cost < 0.02
