"""Alert rules and dashboard speak of metrics that there are, in expressions that Prometheus takes."""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from ivr.records.call_metrics import CallMetrics
from ivr.services import metrics
from ivr.services.machine import OF_MEDIA, NodeFigures

ROOT = Path(__file__).parents[2]
RULES = ROOT / "deploy" / "prometheus"
DASHBOARD = ROOT / "deploy" / "grafana" / "ivr.json"
ENDINGS = {"counter": ("_total",), "gauge": ("",), "histogram": ("_bucket", "_sum", "_count")}


def names() -> dict[str, str]:
    """Metric -> its kind."""
    registry = CollectorRegistry()
    CallMetrics(registry)
    media = {key: 1.0 for *_, key in OF_MEDIA}
    node = NodeFigures(ROOT, lambda: media).collect()
    return {one.name: one.type for found in (registry.collect(), metrics.REGISTRY.collect(), node) for one in found}


def series() -> set[str]:
    return {name + ending for name, kind in names().items() for ending in ENDINGS[kind]}


def expressions() -> Iterator[str]:
    """Of the dashboard, as Grafana would send them."""
    for panel in json.loads(DASHBOARD.read_text())["panels"]:
        for target in panel.get("targets", ()):
            found = str(target["expr"])
            for name, value in {"$__rate_interval": "1m", "$__range": "1h", "$instance": ".*", "$flow": ".*"}.items():
                found = found.replace(name, value)
            yield found


def test_every_series_that_is_spoken_of_is_there() -> None:
    known = series()
    text = (RULES / "alerts.yml").read_text() + (RULES / "alerts_test.yml").read_text() + "\n".join(expressions())
    used = set(re.findall(r"\bivr_\w+", text))
    assert len(used) > 40
    assert used - known - {"ivr_turn_part_seconds", "ivr_process_memory_bytes"} == set()


def test_every_metric_has_its_line_in_the_docs() -> None:
    text = (ROOT / "docs" / "metrics.md").read_text()
    told = re.findall(r"^\| `(ivr_\w+)` \| (\w+) \|", text, re.MULTILINE)
    assert sorted(told) == sorted((n + "_total" if kind == "counter" else n, kind) for n, kind in names().items())


def test_the_dashboard_s_panels_do_not_overlap() -> None:
    panels = json.loads(DASHBOARD.read_text())["panels"]
    taken: set[tuple[int, int]] = set()
    for panel in panels:
        at = panel["gridPos"]
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert not taken & cells, panel["title"]
        taken |= cells
    assert max(x for x, _ in taken) == 23
    assert len({panel["id"] for panel in panels}) == len(panels)


def promtool(*words: str | Path) -> str:
    if shutil.which("promtool") is None:
        if os.environ.get("CI") == "true":
            pytest.fail("promtool is missing (Debian: apt-get install prometheus)")
        pytest.skip("promtool is not installed (Debian: apt-get install prometheus)")
    done = subprocess.run(["promtool", *map(str, words)], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_promtool_takes_the_alert_rules_and_their_tests_hold() -> None:
    assert "SUCCESS" in promtool("check", "rules", RULES / "alerts.yml")
    assert "SUCCESS" in promtool("test", "rules", RULES / "alerts_test.yml")
    assert "SUCCESS" in promtool("check", "config", RULES / "prometheus.yml")


def test_promtool_takes_the_dashboard_s_expressions(tmp_path: Path) -> None:
    rules = [{"record": f"panel:{number}", "expr": it} for number, it in enumerate(expressions())]
    file = tmp_path / "dashboard.json"  # JSON is YAML
    file.write_text(json.dumps({"groups": [{"name": "dashboard", "rules": rules}]}))
    assert f"{len(rules)} rules found" in promtool("check", "rules", file)
