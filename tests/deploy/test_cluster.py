"""Kamailio before three nodes: calls spread by room, one drained, one dies, one must end; calls are counted."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import psutil
import pytest

pytest.importorskip("pjsua2", reason="pjsua2 is not built (make setup)")

from ivr.sip.caller import Phone, PhoneCall
from ivr.sip.config import SipConfig
from tests.deploy.spreader import KAMAILIO, Spreader, node, node_of, timed
from tests.instance import ROOT, Instance, free_port, wait_for

pytestmark = [
    pytest.mark.sip,
    pytest.mark.slow,
    pytest.mark.clients,
    pytest.mark.skipif(KAMAILIO is None, reason="kamailio is not installed"),
    pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="espeak-ng is not installed"),
]
ADDRESSES = ("127.0.0.21", "127.0.0.22", "127.0.0.23")


class Cluster:
    """The nodes, the proxy and a telephone in front of it."""

    def __init__(self, nodes: dict[str, Instance], proxy: Spreader, phone: Phone) -> None:
        self.nodes, self.proxy, self.phone = nodes, proxy, phone

    def dial(self, count: int) -> list[tuple[PhoneCall, float, str]]:
        """Calls at once: each with seconds to the answer, and the node that has it."""
        began = time.monotonic()
        calls = [self.phone.dial(f"sip:stay@127.0.0.1:{self.proxy.port}", user=f"+1415555{n:04}") for n in range(count)]
        with ThreadPoolExecutor(count) as pool:
            waits = list(pool.map(lambda call: timed(call, began), calls))
        return [(call, wait, node_of(call)) for call, wait in zip(calls, waits, strict=True)]

    def command(self, name: str, *words: str) -> subprocess.Popen[str]:
        """`ivr ...` on a node's machine."""
        return subprocess.Popen(
            [sys.executable, "-m", "ivr", *words],
            env=self.nodes[name].environment,
            cwd=ROOT,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )

    def takes_calls(self, name: str) -> bool:
        """The node itself, over HTTP."""
        import httpx

        told = self.nodes[name].told("control")
        return bool(told) and httpx.get(f"{told['url']}/ready", timeout=5, trust_env=False).status_code == 200


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    folder = tmp_path_factory.mktemp("cluster")
    nodes = {address: node(folder / address, address) for address in ADDRESSES}
    proxy = None
    config = SipConfig(user="phone", user_agent="phone", addresses=("127.0.0.1",))
    with ThreadPoolExecutor() as pool, Phone(config) as phone:
        try:
            list(pool.map(lambda it: it.start(90), nodes.values()))
            proxy = Spreader(folder, [f"{address}:{it.port}" for address, it in nodes.items()], free_port())
            made = Cluster(nodes, proxy, phone)
            for address, it in nodes.items():
                it.wait(partial(made.takes_calls, address), 60, f"{address} takes calls")
                it.wait(partial(_prompts, it), 60, "prompts are there")
            time.sleep(2.5)  # two rounds of OPTIONS
            yield made
        finally:
            if proxy is not None:
                proxy.stop()
            list(pool.map(_end, nodes.values()))


def _prompts(it: Instance) -> list[Path]:
    return list((it.state / "prompts").glob("*.raw"))


def _end(it: Instance) -> None:
    if it.process is not None and it.process.poll() is None:
        it.process.send_signal(signal.SIGINT)  # at once, whoever still talks
    it.stop()


def over(calls: list[PhoneCall]) -> list[str]:
    """Who ended each."""
    return [call.wait_over(15).by for call in calls]


def test_calls_are_spread_and_outlive_the_death_and_the_draining_of_nodes(cluster: Cluster) -> None:
    first, second, third = ADDRESSES

    # Spread by the room that each reports.
    calls = [one for _ in range(6) for one in cluster.dial(1)]
    assert Counter(at for *_, at in calls) == {first: 2, second: 2, third: 2}, cluster.proxy.told()

    # One is drained: new calls go elsewhere, its own all finish, by key and by BYE; then it says so.
    drained = [call for call, _, at in calls if at == second]
    draining = cluster.command(second, "drain", "--within", "40")
    wait_for(lambda: not cluster.takes_calls(second), 20, "it drains")
    new = cluster.dial(4)
    assert second not in {at for *_, at in new}
    assert max(wait for _, wait, _ in new) < 3
    assert not any(call.over for call in drained)
    drained[0].press("1")  # the node says goodbye and hangs up, through the proxy
    drained[1].hang_up()
    assert drained[0].wait_over(15).by == "caller"  # the far side, as the telephone sees it
    told, _ = draining.communicate(timeout=20)
    assert (draining.returncode, told.strip().splitlines()[-1]) == (0, "drained")
    assert cluster.command(second, "drain", "--undo").wait(20) == 0
    wait_for(lambda: cluster.takes_calls(second), 20, "it takes calls again")
    time.sleep(2.5)  # the proxy asks each second

    # One dies as machines do: from one moment to the next it says nothing more, not even that its port is closed.
    process = cluster.nodes[first].process
    assert process is not None
    family = [psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)]
    for member in family:
        member.suspend()
    new += cluster.dial(6)
    late = new[-6:]
    assert first not in {at for *_, at in late}
    assert max(wait for _, wait, _ in late) < 3, cluster.proxy.told()
    assert second in {at for *_, at in late}
    for member in family:
        os.kill(member.pid, signal.SIGKILL)
    process.wait(10)

    # One is told to end (SIGTERM): it drains by itself, its calls finish, then it is gone.
    process = cluster.nodes[third].process
    assert process is not None
    process.send_signal(signal.SIGTERM)
    wait_for(lambda: not cluster.takes_calls(third), 20, "it drains")
    last = cluster.dial(2)
    assert {at for *_, at in last} == {second}
    lasting = [call for call, _, at in calls + new if at == third]
    assert lasting
    assert not any(call.over for call in lasting)
    for call in lasting:
        call.press("1")
    assert over(lasting) == ["caller"] * len(lasting)
    assert process.wait(30) == 0
