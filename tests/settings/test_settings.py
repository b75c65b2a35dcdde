"""Settings: sources, mistakes, documentation."""

import subprocess
import sys
from pathlib import Path

import pytest

from ivr import settings
from ivr.commands.settings import _walk, markdown
from ivr.settings_error import SettingsError

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("IVR_CONFIG", "IVR_SIP_PORT", "IVR_STATE", "IVR_CACHE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))


def test_environment_wins_over_file_over_default(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert settings.load().sip.port == 5060
    (tmp_path / "ivr.toml").write_text("[sip]\nport = 5070\nmax_calls = 7\n")
    assert (settings.load().sip.port, settings.load().sip.max_calls) == (5070, 7)
    monkeypatch.setenv("IVR_SIP_PORT", "5080")
    assert (settings.load().sip.port, settings.load().sip.max_calls) == (5080, 7)


def test_wrong_value_names_setting_value_and_what_is_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IVR_SIP_MAX_CALLS", "9000")
    with pytest.raises(SettingsError, match=r"sip\.max_calls \(IVR_SIP_MAX_CALLS\) is '9000'.*less than or equal"):
        settings.load()


def test_unknown_setting_is_refused(tmp_path: Path) -> None:
    (tmp_path / "ivr.toml").write_text("[sip]\nprot = 5070\n")
    with pytest.raises(SettingsError, match=r"sip\.prot: there is no such setting"):
        settings.load()


def test_a_file_that_is_not_toml_says_where(tmp_path: Path) -> None:
    (tmp_path / "ivr.toml").write_text("[sip\n")
    with pytest.raises(SettingsError, match=r"ivr\.toml: not TOML.*line 1"):
        settings.load()


def test_passwords_are_never_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IVR_SIP_TRUNKS", '[{"name":"t","registrar":"sip:x","user":"u","password":"hunter2"}]')
    shown = [value for _, value, _ in _walk(settings.load())]
    assert "hunter2" not in repr(shown)
    monkeypatch.setenv("IVR_SIP_TRUNKS", '[{"name":"t","registrar":"sip:x","user":"u","password":["hunter2"]}]')
    with pytest.raises(SettingsError) as caught:
        settings.load()
    assert "hunter2" not in str(caught.value)


def test_every_setting_is_documented() -> None:
    assert [name for name, _, meaning in _walk(settings.Settings()) if not meaning] == []
    page = (ROOT / "docs/settings.md").read_text()
    assert page == markdown(), "run: ivr settings --markdown > docs/settings.md"


def test_the_command_exits_with_2_on_a_wrong_setting(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "ivr", "settings"],
        env={"IVR_SIP_PORT": "many", "PATH": "/usr/bin", "HOME": str(tmp_path), "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2
    assert "sip.port (IVR_SIP_PORT) is 'many'" in done.stderr
    assert "Traceback" not in done.stderr
