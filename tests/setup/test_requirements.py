"""The locked requirement files: hashes for everything, addresses of nobody, licences told."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LOCKS = sorted((ROOT / "requirements").glob("*.txt"))


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_every_package_has_a_hash_and_no_address_is_named(lock: Path) -> None:
    text = lock.read_text()
    assert "://" not in text
    assert "index-url" not in text
    entries = re.split(r"(?m)^(?=[A-Za-z0-9])", text)[1:]
    assert entries
    for entry in entries:
        assert "--hash=sha256:" in entry, entry.splitlines()[0]


def test_every_wanted_package_is_locked() -> None:
    for wanted in (ROOT / "requirements").glob("*.in"):
        locked = wanted.with_suffix(".txt").read_text().lower()
        names = re.findall(r"(?m)^([A-Za-z0-9][A-Za-z0-9._-]*)", wanted.read_text())
        for name in names:
            assert f"\n{name.lower().replace('.', '-')}==" in "\n" + locked, f"run make lock: {name}"


def test_the_list_of_licences_is_up_to_date() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "scripts.licences", "--check"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_the_project_tells_its_licence() -> None:
    assert "GNU GENERAL PUBLIC LICENSE" in (ROOT / "LICENSE").read_text()[:200]
    assert 'license = "GPL-3.0-or-later"' in (ROOT / "pyproject.toml").read_text()
