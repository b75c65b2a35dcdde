"""`ivr eval turns`: the rule by which a pause ends a turn, and the command on synthetic speech."""

import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
import typer
from typer.testing import CliRunner

from ivr.commands.eval_turns import turns
from ivr.insight.turn_eval import Pause, Turn, curve
from tests.asr.conftest import model, spoken
from tests.insight.test_eval_speech import write

VOICED = (*range(10, 40), *range(60, 90))
HELD = Turn("held", "a", VOICED, (Pause(40, 45, 62, False, 0.1), Pause(90, 95, None, True, 0.1)))
"""A breath of 0.4 s after an incomplete text, then the rest."""
CUT = Turn("cut", "a", VOICED, (Pause(40, 45, 62, True, 0.1), Pause(90, 95, None, True, 0.1)))
"""The same, but what came before the breath could stand."""


def test_an_incomplete_text_waits_longer_than_a_complete_one() -> None:
    (point,) = curve([HELD], [0.3], [0.7])
    assert (point.cut_off.right, point.cut_off.all, point.unheard) == (0, 1, 0)
    assert point.delay_s[0] == pytest.approx(0.3)


def test_who_goes_on_after_the_end_was_cut_off() -> None:
    short, long = curve([CUT, HELD], [0.3, 0.5], [0.7])
    assert (short.cut_off.right, long.cut_off.right) == (1, 0)
    assert long.delay_s[0] == pytest.approx(0.5)


def test_the_end_waits_for_its_result() -> None:
    slow = Turn("slow", "a", VOICED[:30], (Pause(40, 45, None, True, 1.0),))
    assert curve([slow], [0.3], [0.7])[0].delay_s[0] == pytest.approx(1.1)


def test_silence_is_unheard() -> None:
    (point,) = curve([Turn("none", "", VOICED, ())], [0.3], [0.7])
    assert (point.unheard, point.cut_off.all) == (1, 0)


@pytest.fixture
def _logs_as_they_were() -> Iterator[None]:
    """The command sends log lines to the runner's standard error, which is closed after it."""
    handlers = logging.getLogger().handlers
    yield
    logging.getLogger().handlers = handlers
    structlog.reset_defaults()


@pytest.mark.usefixtures("_logs_as_they_were")
def test_the_command_hears_a_folder(tmp_path: Path) -> None:
    model("moonshine-tiny-en")
    for n, text in enumerate(("four five six seven", "nine one one two")):
        write(tmp_path / f"{n}.wav", spoken(text))
    app = typer.Typer()
    app.command()(turns)
    arguments = [str(tmp_path), "--field", "digits", "--length", "4", "--complete", "0.3", "--incomplete", "0.9"]
    result = CliRunner().invoke(app, [*arguments, "--json"])
    assert result.exit_code == 0, result.output
    report: dict[str, Any] = json.loads(result.stdout)
    assert report["cases"] == 2
    (point,) = report["points"]
    assert point["unheard"] == 0
    assert point["cut_off"]["right"] == 0
    assert 0.2 <= point["delay"]["p50"] <= 5.0  # the decode takes what a loaded machine lets it
    assert CliRunner().invoke(app, [str(tmp_path / "none")]).exit_code == 2
