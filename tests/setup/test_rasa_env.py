"""Finding a Python for Rasa: broken shims, wrong versions, nothing at all."""

import os
import sys
from pathlib import Path

import pytest

from ivr.nlu import rasa_env


def fake_python(path: Path, version: str) -> Path:
    """A program that answers like a Python of that version; "" makes one that fails like an empty pyenv shim."""
    path.parent.mkdir(parents=True, exist_ok=True)
    body = f"echo {version}" if version else "echo 'pyenv: python3.10: command not found' >&2; exit 127"
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
    return path


def test_an_empty_shim_is_passed_over_for_pyenvs_own(tmp_path: Path) -> None:
    fake_python(tmp_path / "shims/python3.10", "")
    real = fake_python(tmp_path / ".pyenv/versions/3.10.13/bin/python3.10", "3.10")
    found, refused = rasa_env.find_python({"HOME": str(tmp_path), "PATH": str(tmp_path / "shims")})
    assert found == rasa_env.Found(real, "3.10")
    assert refused == [f"{tmp_path}/shims/python3.10 does not run"]


def test_newer_version_comes_first(tmp_path: Path) -> None:
    fake_python(tmp_path / ".pyenv/versions/3.8.18/bin/python3.8", "3.8")
    nine = fake_python(tmp_path / ".pyenv/versions/3.9.18/bin/python3.9", "3.9")
    found, _ = rasa_env.find_python({"HOME": str(tmp_path), "PATH": ""})
    assert found == rasa_env.Found(nine, "3.9")


def test_a_liar_is_refused(tmp_path: Path) -> None:
    fake_python(tmp_path / "bin/python3.10", "3.12")
    found, refused = rasa_env.find_python({"HOME": str(tmp_path), "PATH": str(tmp_path / "bin")})
    assert found is None
    assert refused == [f"{tmp_path}/bin/python3.10 is Python 3.12"]


def test_the_named_one_is_the_only_one_tried(tmp_path: Path) -> None:
    fake_python(tmp_path / ".pyenv/versions/3.10.13/bin/python3.10", "3.10")
    environment = {"HOME": str(tmp_path), "PATH": "", "IVR_RASA_PYTHON": str(tmp_path / "absent")}
    found, refused = rasa_env.find_python(environment)
    assert found is None
    assert "IVR_RASA_PYTHON" in refused[0]
    assert "does not run" in refused[0]


def test_a_named_one_of_another_version_is_refused(tmp_path: Path) -> None:
    named = fake_python(tmp_path / "python", "3.11")
    _, refused = rasa_env.find_python({"IVR_RASA_PYTHON": str(named)})
    assert refused == [f"IVR_RASA_PYTHON={named} is Python 3.11"]


def test_without_any_the_reason_names_the_mend(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("IVR_RASA_PYTHON", "PYENV_ROOT", "XDG_DATA_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("IVR_CACHE", str(tmp_path))
    assert rasa_env.find_rasa(tmp_path) is None
    said = rasa_env.why_no_rasa(tmp_path)
    assert "IVR_RASA_PYTHON" in said
    assert "built-in classifier" in said


def test_a_python_without_environment_says_make_rasa(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IVR_RASA_PYTHON", str(fake_python(tmp_path / "python", "3.10")))
    assert "make rasa" in rasa_env.why_no_rasa(tmp_path)


def test_a_finished_environment_is_found_and_a_half_made_one_is_not(tmp_path: Path) -> None:
    folder = rasa_env.environment_folder("3.10", tmp_path)
    fake_python(folder / "bin/python", "3.10")
    assert rasa_env.find_rasa(tmp_path) is None
    (folder / rasa_env.MARK).write_text("")
    assert rasa_env.find_rasa(tmp_path) == folder / "bin/python"
    assert rasa_env.why_no_rasa(tmp_path) == ""


def test_this_python_runs() -> None:
    assert rasa_env.run_version(Path(sys.executable)) == f"{sys.version_info.major}.{sys.version_info.minor}"
    assert rasa_env.run_version(Path(os.devnull)) == ""
