"""`ivr status`: the figures of a scrape, and what it says when there is no server."""

import json
import os
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from prometheus_client import CollectorRegistry, generate_latest
from typer.testing import CliRunner

from ivr import journal
from ivr.cli import app
from ivr.insight.node_status import Scrape, parse, summary
from ivr.records.call_metrics import CallMetrics
from ivr.records.counts import CountedCall
from ivr.services.machine import NodeFigures

OLD = Path(__file__).parent.parent / "data" / "journals" / "format-1.jsonl"
MEDIA = {"ticks": 100, "late_ticks": 1, "busy_s": 0.5, "streams": 2, "recognition_oldest_s": 0.25, "recognizers": 2}


@pytest.fixture
def registry(tmp_path: Path) -> CollectorRegistry:
    """Metrics of one call, of this process as `services`, and of a media process that told MEDIA."""
    (tmp_path / "run").mkdir()
    found = CollectorRegistry()
    call = CountedCall("0197a0e0-1111-7abc-8def-0123456789ab", CallMetrics(found))
    for number, entry in enumerate(journal.read(OLD.read_bytes()), 1):
        call.add(entry, number)
    found.register(NodeFigures(tmp_path, lambda: MEDIA))
    return found


def scraped(registry: CollectorRegistry, at: float) -> Scrape:
    return parse(generate_latest(registry).decode(), at)


def test_the_summary_tells_shares_delays_quality_and_processes(registry: CollectorRegistry) -> None:
    before = scraped(registry, 1.0)
    found = summary(scraped(registry, 2.0), before)
    assert (found["calls"]["answer_rate"], found["calls"]["ended"]) == (1.0, {"resolved": 1})
    assert found["turns"]["keypad_share"] == 0.5
    assert found["turns"]["confidence"] == {"orders/welcome": 0.93}
    assert 0.35 <= found["turns"]["answer_s"]["p50"] <= 0.4
    assert found["turns"]["parts_s"]["recognition"]["p95"] is None
    assert found["media"]["lost_share"] == 0.004
    assert (found["media"]["late_ticks"], found["media"]["loop_load"]) == (1, 0.25)
    assert found["queues"]["recognition"] == {"recognizers": 2, "streams": 2, "waiting": 0, "oldest_s": 0.25}
    (own,) = found["processes"]
    assert (own["process"], own["up"]) == ("services", True)
    assert own["memory_mb"] > 10
    assert own["cores"] is not None
    assert found["machine"]["cores"] == os.cpu_count()


def test_a_process_that_is_gone_is_told_as_down(registry: CollectorRegistry, tmp_path: Path) -> None:
    gone = {"media": {"pid": 2**22 + 1, "born": 1.0}, "services": {"pid": os.getpid(), "born": 1.0}}
    (tmp_path / "run" / "up.json").write_text(json.dumps(gone))
    found = {one["process"]: one["up"] for one in summary(scraped(registry, 1.0))["processes"]}
    assert found == {"media": False, "services": True}


def test_quantiles_are_taken_within_their_bucket() -> None:
    text = 'x_bucket{le="1.0"} 0\nx_bucket{le="2.0"} 10\nx_bucket{le="+Inf"} 20\nx_count 20\nx_sum 50\n'
    found = parse("# TYPE x histogram\n" + text, 0.0)
    assert found.quantile("x", 0.25) == pytest.approx(1.5)
    assert found.quantile("x", 0.5) == pytest.approx(2.0)
    assert found.quantile("x", 0.99) == pytest.approx(2.0)  # the last bucket has no end
    assert found.quantile("y", 0.5) is None
    assert found.mean("x") == 2.5


def ivr(state: Path, *words: str) -> Any:
    kept = {k: v for k, v in os.environ.items() if not k.startswith("IVR_")}
    with (
        patch.dict(os.environ, {**kept, "IVR_STATE": str(state)}, clear=True),
        patch.object(sys, "argv", ["ivr", *words]),
    ):
        return CliRunner().invoke(app, list(words))


@pytest.fixture
def served(registry: CollectorRegistry, tmp_path: Path) -> Iterator[Path]:
    """State folder of a server that answers /metrics."""

    class Metrics(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(generate_latest(registry))

        def log_message(self, format: str, *words: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Metrics) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        (tmp_path / "run" / "control.json").write_text(json.dumps({"url": f"http://127.0.0.1:{server.server_port}"}))
        yield tmp_path
        server.shutdown()
        thread.join()


def test_the_command_prints_tables_and_json(served: Path) -> None:
    done = ivr(served, "status", "--once")
    assert done.exit_code == 0
    for words in ("1 came in, 1 answered (100 %)", "resolved 1 (100 %)", "confidence at orders/welcome", "MOS 4."):
        assert words in done.stdout
    found = json.loads(ivr(served, "status", "--once", "--json").stdout)
    assert found["calls"]["answered"] == 1


def test_without_a_server_it_says_so(tmp_path: Path) -> None:
    done = ivr(tmp_path, "status", "--once")
    assert (done.exit_code, done.stdout) == (1, "")
    assert "ivr up" in done.stderr
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "control.json").write_text('{"url": "http://127.0.0.1:1"}')
    assert "does not answer" in ivr(tmp_path, "status", "--once", "--json").stderr
