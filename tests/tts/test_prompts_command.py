"""`ivr prompts`: the demo line's prompts rendered, listed, one spoken into a file."""

import json
import shutil
import wave
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from ivr import models
from ivr.commands.prompts import app

ROOT = Path(__file__).parents[2]

FLOW = """
flow: tiny
languages: [en, ko]
start: hello
nodes:
  hello: {type: say, say: {en: Good day to you., ko: 안녕하세요.}, next: bye}
  bye: {type: hangup, say: {en: Goodbye., ko: 안녕히 계세요.}}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    if shutil.which("espeak-ng") is None:
        pytest.skip("espeak-ng is not installed")
    (tmp_path / "flows" / "tiny").mkdir(parents=True)
    (tmp_path / "flows" / "tiny" / "flow.yaml").write_text(FLOW)
    return tmp_path


@pytest.fixture
def ivr(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    monkeypatch.setenv("IVR_STATE", str(folder / "state"))
    monkeypatch.setenv("IVR_FLOWS", str(folder / "flows"))
    monkeypatch.setenv("IVR_SOUNDS", str(ROOT / "sounds"))
    monkeypatch.chdir(folder)
    return lambda *arguments: CliRunner().invoke(app, list(arguments))


def test_prompts_are_rendered_once_listed_and_spoken(ivr: Callable[..., Result], folder: Path) -> None:
    done = ivr("render", "--json")
    assert done.exit_code == 0, done.stderr
    rows = {(r["language"], r["text"]): r for r in json.loads(done.stdout)}
    assert rows["en", "Goodbye."]["source"] == "recorded"
    assert rows["ko", "안녕하세요."]["source"] == "espeak"
    best = "piper" if models.path("piper-joe-en") else "espeak"
    assert rows["en", "Good day to you."]["source"] == best
    assert all(r["fresh"] for r in rows.values())
    again = json.loads(ivr("render", "--json").stdout)
    assert not any(r["fresh"] for r in again)

    listed = json.loads(ivr("list", "--json").stdout)
    assert {r["text"] for r in listed} >= {"Goodbye.", "안녕하세요."}
    assert len(listed) == len(rows)

    spoken = ivr("say", "I heard four five. Is that right?")
    assert spoken.exit_code == 0, spoken.stderr
    assert "recorded" in spoken.stdout
    with wave.open(str(folder / "prompt.wav")) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (8000, 1, 2)
        assert 1.5 < file.getnframes() / 8000 < 4


def test_what_nobody_can_speak_is_said(ivr: Callable[..., Result], folder: Path) -> None:
    done = ivr("say", "...")
    assert done.exit_code == 1
    assert "nobody can speak it" in done.stderr
    assert not (folder / "prompt.wav").exists()
