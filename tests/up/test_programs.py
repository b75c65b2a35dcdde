"""Which programs run, and supervisor's configuration for them."""

import shlex
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

from supervisor.options import ServerOptions

from ivr.up import reachable
from ivr.up.programs import MEDIA_FIRST_S, command, configuration, programs


def test_what_runs_depends_on_the_settings() -> None:
    names = [p.name for p in programs(embedded=True, recognizers=2, rasa=True, demo=True)]
    assert names == ["postgres", "media", "recognizer-0", "recognizer-1", "services", "rasa", "demo"]
    assert [p.name for p in programs(embedded=False, recognizers=1, rasa=False, demo=False)] == [
        "media",
        "recognizer-0",
        "services",
    ]


def test_redis_starts_before_and_stops_after_who_uses_it() -> None:
    found = programs(embedded=True, recognizers=0, rasa=False, demo=False, redis=True, worker=True)
    assert [p.name for p in found] == ["postgres", "redis", "media", "services", "worker"]


def test_supervisor_reads_the_configuration_as_it_is_meant(tmp_path: Path) -> None:
    run = tmp_path / "50% of it" / "run"
    run.mkdir(parents=True)
    found = programs(embedded=True, recognizers=1, rasa=True, demo=True)
    path = run / "supervisor.conf"
    path.write_text(configuration(found, run, run, "root"))
    options = ServerOptions()
    options.realize(["-c", str(path)])
    read = {p.name: p for group in options.process_group_configs for p in group.process_configs}
    assert set(read) == {p.name for p in found}
    for program in found:
        config = read[program.name]
        words = shlex.split(config.command)
        assert words[:2] == ["/bin/sh", "-c"]
        assert " ".join([sys.executable, "-m", "ivr", *program.command]) in words[2]
        assert words[2].endswith(f">>{shlex.quote(str(run / program.name) + '.log')} 2>&1")
        assert config.priority == program.order
        assert bool(config.autorestart) is not program.once
    assert read["postgres"].priority == min(p.priority for p in read.values())  # stops last: records come first
    assert "nice" not in read["media"].command


def test_the_address_to_dial_reaches_a_line(tmp_path: Path) -> None:
    (tmp_path / "orders").mkdir()
    (tmp_path / "orders" / "flow.yaml").write_text("flow: orders\n")
    assert reachable.dial(tmp_path, ["127.0.0.1"], 5099) == "sip:orders@127.0.0.1:5099"
    assert reachable.dial(tmp_path, ["127.0.0.1"], 5060) == "sip:orders@127.0.0.1"
    assert reachable.dial(tmp_path, ["0.0.0.0"], 5060, "192.0.2.1") == "sip:orders@192.0.2.1"
    (tmp_path / "lines.yaml").write_text('lines:\n  x: {numbers: ["+18005550100", "sip:help@*"], flow: orders}\n')
    assert reachable.dial(tmp_path, ["127.0.0.1"], 5060) == "sip:help@127.0.0.1"


def test_services_let_media_load_first_but_wait_for_nothing_that_does_not_come(tmp_path: Path) -> None:
    services = next(p for p in programs(embedded=False, recognizers=0, rasa=False, demo=False) if p.name == "services")
    words = command(replace(services, command=("--help",)), tmp_path, tmp_path / "services.log")
    late = words[2].replace(f"-lt {MEDIA_FIRST_S * 10}", "-lt 3")
    began = time.monotonic()
    assert subprocess.run([*words[:2], late], check=False).returncode == 0  # media never comes
    assert "Usage" in (tmp_path / "services.log").read_text()
    assert time.monotonic() - began > 0.3
    (tmp_path / "media.json").write_text("{}")
    assert subprocess.run(words, check=False, timeout=60).returncode == 0
