"""The list of system packages and what a user without rights is told."""

import os
import shutil
import subprocess

import pytest

from scripts import system_packages

TEXT = "# a note\n[run]\nespeak-ng # speech\n\n[build]\nswig\n[test]\nsox\n"


def test_sections() -> None:
    assert system_packages.listed(["run", "build"], TEXT) == ["espeak-ng", "swig"]
    assert system_packages.listed(["test"], TEXT) == ["sox"]


def test_unknown_section_is_said() -> None:
    with pytest.raises(ValueError, match="no section tests"):
        system_packages.listed(["tests"], TEXT)


def test_a_program_that_is_there_needs_no_package() -> None:
    assert system_packages.listed(["run"], "[run]\nnpm = sh\nnodejs = no-such-program-at-all\n") == ["nodejs"]


def test_the_real_list_has_something_in_each_section() -> None:
    text = system_packages.LIST.read_text()
    for section in system_packages.SECTIONS:
        assert system_packages.listed([section], text)


@pytest.mark.parametrize(
    ("uid", "sudo", "expected"), [(0, False, []), (1000, True, ["sudo", "-n"]), (1000, False, None)]
)
def test_who_installs(uid: int, sudo: bool, expected: list[str] | None) -> None:
    assert system_packages.how_to_install(uid, sudo) == expected


def test_without_rights_one_command_is_printed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ran: list[list[str]] = []

    def run(command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        ran.append(command)
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr(shutil, "which", lambda _name: "/usr/bin/x")
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(system_packages, "sudo_works", lambda: False)
    monkeypatch.setattr(subprocess, "run", run)
    assert system_packages.main(["run"]) == 1
    assert "sudo apt-get install --no-install-recommends" in capsys.readouterr().err
    assert [command[0] for command in ran] == ["dpkg-query"]


def test_what_is_installed_is_not_missing() -> None:
    if shutil.which("dpkg-query") is None:
        pytest.skip("no Debian")
    assert system_packages.missing(["dpkg", "no-such-package-at-all"]) == ["no-such-package-at-all"]
