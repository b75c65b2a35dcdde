"""`ivr doctor` on this machine: what works, what is lacking, what is broken."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]


def doctor(tmp_path: Path, **settings: str) -> tuple[int, dict[str, dict[str, Any]]]:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("IVR_") or k in ("IVR_CACHE",)}
    environment.pop("DATABASE_URL", None)
    environment |= {"IVR_STATE": str(tmp_path / "state"), "IVR_SIP_ADDRESSES": '["127.0.0.1"]', **settings}
    done = subprocess.run(
        [sys.executable, "-m", "ivr", "doctor", "--json"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.stdout.startswith("["), done.stderr
    return done.returncode, {row["part"]: row for row in json.loads(done.stdout)}


@pytest.mark.slow
def test_every_part_is_tried(tmp_path: Path) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    code, parts = doctor(tmp_path, IVR_SIP_PORT=port)
    broken = {name: row["detail"] for name, row in parts.items() if row["state"] == "broken"}
    assert (code, broken) == (0, {})
    assert "yes please" in parts["recognition en"]["detail"]
    assert "s of sound" in parts["voice en piper"]["detail"]
    assert "answers" in parts["Postgres"]["detail"]
    assert parts["flows"]["detail"] == "orders"
    assert parts["pjsua2"]["version"] >= "2.17"
    assert {"machine", "SIP port", "understanding", "Rasa", "model silero-vad"} <= set(parts)


@pytest.mark.slow
def test_what_does_not_work_is_told_with_its_mend(tmp_path: Path) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        stranger.bind(("127.0.0.1", 0))
        code, parts = doctor(
            tmp_path,
            IVR_SIP_PORT=str(stranger.getsockname()[1]),
            IVR_CACHE=str(tmp_path / "empty"),
            DATABASE_URL="postgresql://nobody@127.0.0.1:1/none",
            IVR_FLOWS=str(tmp_path / "nowhere"),
        )
    assert code == 1
    assert parts["SIP port"]["state"] == "broken"
    assert "IVR_SIP_PORT" in parts["SIP port"]["mend"]
    assert parts["recognition en"]["state"] == "lacking"
    assert "keypad" in parts["recognition en"]["detail"]
    assert parts["model moonshine-tiny-en"]["mend"] == "ivr models install moonshine-tiny-en"
    assert parts["Postgres"]["state"] == "broken"
    assert parts["flows"]["state"] == "broken"
    assert parts["Rasa"]["state"] == "lacking"
