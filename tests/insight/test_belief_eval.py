"""`ivr eval belief`: what is counted, and the command on synthetic speech and noise."""

import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import structlog
import typer
from typer.testing import CliRunner

from ivr.commands.eval_belief import belief
from ivr.insight.belief_eval import judged, outside
from ivr.insight.recordings import Recording
from ivr.insight.scoring import Case
from tests.asr.conftest import model, noise, spoken
from tests.insight.test_eval_speech import write


def case(confidence: float, right: bool, held: bool = True, kind: str = "pcmu") -> Case:
    return Case("x", "", kind, "yes" if right else "no", confidence, held, True, 1.0, 0.1, words="yes")


def test_what_is_counted() -> None:
    inside = [case(0.95, True)] * 18 + [case(0.3, True), case(0.9, False)]
    found = judged(inside, [case(0.2, False, kind="tv"), case(0.9, False, False, "tv")], 0.45, 0.8)
    assert found["inside"]["rejected"]["share"] == 0.05
    assert found["inside"]["right_of_accepted"]["right"] == 18
    assert found["outside"]["tv"]["accepted"]["right"] == 0
    assert found["outside"]["all"]["said_to_be_outside"]["right"] == 1
    assert [row["from"] for row in found["reliability"]] == [0.3, 0.9]
    assert found["calibration_error"] == pytest.approx(
        (19 * abs((18 * 0.95 + 0.9) / 19 - 18 / 19) + 0.7) / 20, abs=1e-4
    )
    by = {row["min_confidence"]: row for row in found["curve"]}
    assert (by[0.0]["false_rejection"], by[0.0]["wrong_accepted"], by[0.0]["outside_rejected"]) == (0.0, 0.05, 0.5)
    assert by[0.45]["outside_rejected"] == 1.0


def test_long_noise_is_cut_into_answers(tmp_path: Path) -> None:
    write(tmp_path / "tv.wav", noise(30.0, -30))
    write(tmp_path / "dog.wav", noise(2.0, -30))
    sounds = list(outside("n", [Recording(tmp_path / f"{name}.wav", name) for name in ("tv", "dog")], 1))
    assert [sound.name for sound in sounds] == [*(f"tv+{n}" for n in range(5)), "dog"]
    assert all(0.8 <= len(sound.sound) / 8000 <= 4.0 for sound in sounds)
    again = list(outside("n", [Recording(tmp_path / "tv.wav", "tv")], 1))
    assert np.array_equal(again[2].sound, sounds[2].sound)


@pytest.fixture
def _logs_as_they_were() -> Iterator[None]:
    """The command sends log lines to the runner's standard error, which is closed after it."""
    handlers = logging.getLogger().handlers
    yield
    logging.getLogger().handlers = handlers
    structlog.reset_defaults()


@pytest.mark.usefixtures("_logs_as_they_were")
def test_the_command(tmp_path: Path) -> None:
    model("moonshine-tiny-en")
    said, other = tmp_path / "said", tmp_path / "other"
    said.mkdir()
    other.mkdir()
    labels: dict[str, str] = {}
    for n, text in enumerate(("four five six seven", "nine one one two", "three three zero eight")):
        write(said / f"{n}.wav", spoken(text))
        labels[f"{n}.wav"] = text
    (said / "labels.json").write_text(json.dumps(labels))
    write(other / "talk.wav", spoken("my sister went to the seaside with her dog last summer"))
    write(other / "hiss.wav", noise(3.0, -30))
    app = typer.Typer()
    app.command()(belief)
    grammar = ["--field", "digits", "--length", "4"]
    result = CliRunner().invoke(app, [str(said), "--outside", str(other), *grammar, "--json"])
    assert result.exit_code == 0, result.output
    report: dict[str, Any] = json.loads(result.stdout)
    assert report["inside"]["cases"] == 3
    assert report["inside"]["right_of_accepted"]["right"] >= 2
    assert report["outside"]["other"]["accepted"] == report["outside"]["all"]["accepted"]
    assert report["outside"]["other"]["accepted"]["right"] == 0
    result = CliRunner().invoke(app, [str(said), "--outside", str(other), *grammar])
    assert "reliability" in result.output
    assert CliRunner().invoke(app, [str(said)]).exit_code == 2
