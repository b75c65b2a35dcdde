"""`ivr bench query`: its services do what their kinds say, and its line asks each of them."""

import json
import time
from pathlib import Path

import httpx
import pytest

from ivr.flow.nodes.menu import Menu
from ivr.flow.nodes.query import Query
from ivr.insight.flow_folder import load_flows
from ivr.insight.query_bench import SAID, SLOW_S, services


def test_the_line_asks_a_service_of_each_kind(tmp_path: Path) -> None:
    with services(tmp_path) as flows:
        loaded = load_flows(flows)
        config = json.loads((flows / "lines.yaml").read_text())["lines"]["query"]["config"]
        began = time.monotonic()
        assert httpx.get(config["services"] + "/quick").json() == {"fine": True}
        assert time.monotonic() - began < SLOW_S
        with pytest.raises(httpx.ReadTimeout):
            httpx.get(config["hanging"], timeout=0.2)
        with pytest.raises(httpx.ConnectError):
            httpx.get(config["dead"])
    assert loaded.errors == []
    assert loaded.published is not None
    nodes = loaded.published.flows["query"].nodes
    ask = nodes["ask"]
    assert isinstance(ask, Menu)
    said = {phrase for option in ask.options if option.phrases for phrase in option.phrases.root[""]}
    assert said == set(SAID.values())
    kept = {name for name, node in nodes.items() if isinstance(node, Query) and node.cache is not None}
    assert kept == {"cached"}
