"""The files of deploy/ are what their programs take: each checked by a tool that knows the format."""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from ivr.cli import COMMANDS
from ivr.records.node_list import Node, reload_dispatcher, write_list
from ivr.settings import Settings
from tests.deploy.spreader import CONFIG, KAMAILIO, Spreader
from tests.instance import ROOT, free_port, wait_for
from tests.metrics.test_deploy import promtool, series

DEPLOY = ROOT / "deploy"
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
MANIFESTS = sorted((DEPLOY / "kubernetes").glob("*.yaml"))
TOOLS = Path(sys.executable).parent
SECONDS = {"s": 1, "m": 60, "h": 3600}


def run(*words: str | Path) -> str:
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, timeout=60, cwd=DEPLOY)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def objects() -> Iterator[dict[str, Any]]:
    for path in MANIFESTS:
        yield from (it for it in yaml.safe_load_all(path.read_text()) if it)


def pods() -> Iterator[tuple[str, dict[str, Any]]]:
    """Name of each workload and its pod."""
    for it in objects():
        if it["kind"] in ("Deployment", "StatefulSet", "DaemonSet"):
            yield it["metadata"]["name"], it["spec"]["template"]["spec"]


def containers(pod: dict[str, Any]) -> list[dict[str, Any]]:
    return [*pod.get("initContainers", ()), *pod["containers"]]


def test_container_files() -> None:
    run(TOOLS / "hadolint", "Containerfile", "Containerfile.kamailio")


def test_compose_file() -> None:
    run(TOOLS / "check-jsonschema", "--builtin-schema", "vendor.compose-spec", "compose.yaml")
    told = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    for name, service in told["services"].items():
        if not service["image"].startswith("docker.io"):
            assert service["cap_drop"] == ["ALL"], name
        if name.startswith("node"):
            grace = service["stop_grace_period"]
            assert int(grace[:-1]) * SECONDS[grace[-1]] > float(service["environment"]["IVR_UP_DRAIN_S"])


def test_kubernetes_manifests() -> None:
    words = ["--strict", "-k", "1.34", *(str(path) for path in MANIFESTS)]
    assert "passed" in run(TOOLS / "kubernetes-validate", *words)


def test_pods_may_do_no_more_than_they_need() -> None:
    found = dict(pods())
    assert set(found) == {"node", "recognition", "kamailio"}
    for name, pod in found.items():
        assert pod["securityContext"]["runAsNonRoot"], name
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}, name
        assert pod["automountServiceAccountToken"] is False, name
        for container in containers(pod):
            closed = container["securityContext"]
            assert closed["capabilities"] == {"drop": ["ALL"]}
            assert (closed["allowPrivilegeEscalation"], closed["readOnlyRootFilesystem"]) == (False, True)


def test_a_node_drains_before_its_pod_is_ended_and_nobody_is_cut_off_sooner() -> None:
    pod = dict(pods())["node"]
    command = pod["containers"][0]["lifecycle"]["preStop"]["exec"]["command"]
    assert command[:3] == ["ivr", "drain", "--within"]
    assert float(command[3]) < pod["terminationGracePeriodSeconds"]


def test_settings_and_commands_that_are_named_exist() -> None:
    known = {f"IVR_{top}".upper() for top in Settings.model_fields}
    for top, field in Settings.model_fields.items():
        inner = getattr(field.annotation, "model_fields", {})
        known |= {f"IVR_{top}_{key}".upper() for key in inner}
    paths = [*UNITS, *MANIFESTS, DEPLOY / "compose.yaml", DEPLOY / "Containerfile"]
    text = "\n".join(path.read_text() for path in paths)
    assert set(re.findall(r"\bIVR_[A-Z_]+", text)) - known == set()
    commands = re.findall(r'(?:bin/ivr |"ivr", "|exec ivr |- ivr\n\s+- )([a-z-]+)', text)
    assert len(commands) > 8
    assert set(commands) <= set(COMMANDS)


def test_the_scaling_figure_speaks_of_metrics_that_there_are(tmp_path: Path) -> None:
    adapter = next(it for it in objects() if it["metadata"]["name"] == "metrics-adapter")
    rule = yaml.safe_load(adapter["data"]["config.yaml"])["externalRules"][0]
    scaled = [
        it["spec"]["metrics"][0].get("external", {}) for it in objects() if it["kind"] == "HorizontalPodAutoscaler"
    ]
    assert rule["name"]["as"] in [it.get("metric", {}).get("name") for it in scaled]
    assert set(re.findall(r"ivr_\w+", rule["metricsQuery"])) <= series()
    rules = {"groups": [{"name": "scale", "rules": [{"record": "scale:used", "expr": rule["metricsQuery"]}]}]}
    (tmp_path / "rules.yml").write_text(yaml.safe_dump(rules))
    assert "SUCCESS" in promtool("check", "rules", tmp_path / "rules.yml")


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")
def test_systemd_units(tmp_path: Path) -> None:
    program = tmp_path / "ivr"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    for unit in UNITS:
        text = unit.read_text().replace("/opt/ivr/.venv/bin/ivr", str(program)).replace("=kamailio", "=root")
        text = re.sub(r"^(User|Group)=.*$", r"\1=root", text, flags=re.M).replace("After=root", "After=kamailio")
        (tmp_path / unit.name).write_text(text)
        assert run("systemd-analyze", "verify", "--man=no", tmp_path / unit.name) == ""
        told = dict(line.split("=", 1) for line in unit.read_text().splitlines() if "=" in line and line[0] != "#")
        assert told["NoNewPrivileges"] == "yes"
        assert told["ProtectSystem"] == "strict"
        assert told["CapabilityBoundingSet"] == ""
    node = (DEPLOY / "systemd" / "ivr.service").read_text()
    drain, stop = re.findall(r"(?:IVR_UP_DRAIN_S|TimeoutStopSec)=(\d+)", node)
    assert int(drain) < int(stop)


@pytest.mark.skipif(KAMAILIO is None, reason="kamailio is not installed")
@pytest.mark.parametrize("extended", [False, True])
def test_kamailio_takes_its_configuration(extended: bool) -> None:
    assert KAMAILIO is not None
    defines = ["LISTEN=udp:127.0.0.1:5060", f'NODES_FILE="{DEPLOY}/kamailio/dispatcher.list"']
    if extended:
        defines += ["LISTEN_TCP=tcp:127.0.0.1:5060", "GATEWAY=sip:192.0.2.9", 'RPC_SOCKET="/tmp/rpc.sock"']
        defines += [f'PROVIDERS_FILE="{DEPLOY}/kamailio/providers.list"']
    words = [word for define in defines for word in ("-A", define)]
    assert "config file ok" in run(KAMAILIO, "-c", "-f", CONFIG, *words)
    providers = (DEPLOY / "kamailio" / "providers.list").read_text().splitlines()  # -c does not read it
    assert all(re.fullmatch(r"#.*|1 [\d.]+ \d+ \d+", line) for line in providers)


@pytest.mark.skipif(KAMAILIO is None, reason="kamailio is not installed")
def test_kamailio_begins_without_nodes_and_is_told_of_them(tmp_path: Path) -> None:
    rpc = tmp_path / "rpc.sock"
    kamailio = Spreader(tmp_path, [], free_port(), f'RPC_SOCKET="{rpc}"')
    try:
        wait_for(rpc.exists, 10, "the RPC socket")
        nodes = [Node("a", ("udp:127.0.0.1:9",), 0, 1, False)]
        assert write_list(tmp_path / "dispatcher.list", nodes)
        reload_dispatcher(rpc)
        told = run("kamcmd", "-s", f"unix:{tmp_path}/kamailio_ctl", "dispatcher.list")
        assert "URI: sip:127.0.0.1:9" in told
    finally:
        kamailio.stop()
