"""Every command is there, explains itself, and is imported only when it is called."""

import subprocess
import sys
from pathlib import Path

import pytest

from ivr import cli
from ivr.commands import bench
from ivr.commands import eval as measure

ROOT = Path(__file__).parents[2]
ALL = [
    *[(name,) for name in cli.COMMANDS],
    *[("eval", name) for name in measure.COMMANDS],
    *[("bench", name) for name in bench.COMMANDS],
]


def ivr(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "ivr", *words], cwd=ROOT, capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize("words", ALL, ids=" ".join)
def test_help(words: tuple[str, ...]) -> None:
    done = ivr(*words, "--help")
    assert done.returncode == 0, done.stderr
    assert "Usage:" in done.stdout


def test_overview_names_every_command_and_loads_none() -> None:
    code = (
        "import sys; sys.argv = ['ivr', '--help']\nfrom ivr.cli import app\n"
        "try: app()\nexcept SystemExit: pass\n"
        "heavy = {'numpy', 'pjsua2', 'sqlalchemy', 'onnxruntime', 'sklearn', 'fastapi', 'vosk'} & set(sys.modules)\n"
        "sys.exit(f'loaded {heavy}' if heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert [name for name in cli.COMMANDS if f" {name} " not in done.stdout] == []


def test_wrong_use_exits_with_2() -> None:
    assert ivr("no-such-command").returncode == 2
    assert ivr("settings", "--no-such-option").returncode == 2


def test_main_module_is_the_command() -> None:
    assert ivr("settings", "--json").stdout.startswith("[")
