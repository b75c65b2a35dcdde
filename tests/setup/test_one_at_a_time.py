"""Two set-ups that share a cache."""

import subprocess
import sys
from pathlib import Path

from scripts.one_at_a_time import one_at_a_time

ROOT = Path(__file__).parents[2]
OTHER = """
import sys
from pathlib import Path
from scripts.one_at_a_time import one_at_a_time
with one_at_a_time(Path(sys.argv[1]), lambda text: print(text, flush=True)):
    print("in", flush=True)
    sys.stdin.read()
"""


def other(folder: Path) -> subprocess.Popen[str]:
    words = [sys.executable, "-c", OTHER, str(folder)]
    return subprocess.Popen(words, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def test_the_second_waits_says_so_and_goes_on(tmp_path: Path) -> None:
    with one_at_a_time(tmp_path / "step", print):
        second = other(tmp_path / "step")
        assert second.stdout is not None
        assert "waiting" in second.stdout.readline()
    assert second.stdout.readline() == "in\n"
    second.communicate("")


def test_who_is_killed_leaves_nothing_locked(tmp_path: Path) -> None:
    first = other(tmp_path)
    assert first.stdout is not None
    assert first.stdout.readline() == "in\n"
    first.kill()
    first.communicate()
    said: list[str] = []
    with one_at_a_time(tmp_path, said.append):
        assert said == []
