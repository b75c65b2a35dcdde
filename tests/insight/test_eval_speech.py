"""`ivr eval speech` from its folder to its figures, with the real model on synthetic speech."""

import json
import logging
import wave
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
import typer
from typer.testing import CliRunner

from ivr.commands.eval_speech import speech
from tests.asr.conftest import model, noise, spoken

ORDERS = {
    "i want a small mocha": {"size": "small", "drink": "mocha"},
    "get me a large latte with milk": {"size": "large", "drink": "latte", "milk": "milk"},
    "i want a large espresso": {"size": "large", "drink": "espresso"},
}


def write(path: Path, pcm: bytes) -> None:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(pcm)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three orders, their labels and training text, and a noise."""
    model("moonshine-tiny-en")
    base = tmp_path_factory.mktemp("orders")
    (base / "deep").mkdir()
    labels = {}
    for n, (text, slots) in enumerate(ORDERS.items()):
        write(base / "deep" / f"{n}.wav", spoken(text))
        labels[f"deep/{n}.wav"] = {"intent": "order", "slots": slots, "text": text}
    (base / "labels.json").write_text(json.dumps(labels))
    (base / "p.txt").write_text("i want a small mocha\nget me a small mocha with milk\n")
    (base / "s.yaml").write_text("slots: {size: [small, large], drink: [mocha, latte, espresso], milk: [milk]}\n")
    (base / "hiss.raw").write_bytes(noise(3.0, -20))
    return base


app = typer.Typer()
app.command()(speech)


@pytest.fixture(autouse=True)
def _logs_as_they_were() -> Iterator[None]:
    """The command sends log lines to the runner's standard error, which is closed after it."""
    handlers = logging.getLogger().handlers
    yield
    logging.getLogger().handlers = handlers
    structlog.reset_defaults()


def run(*arguments: str | Path) -> Any:
    return CliRunner().invoke(app, [*map(str, arguments)])


def report(*arguments: str | Path) -> Any:
    result = run(*arguments, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_orders_with_their_grammar(folder: Path) -> None:
    found = report(
        folder / "deep", "--labels", folder / "labels.json", "--phrases", folder / "p.txt", "--slots", folder / "s.yaml"
    )
    assert found["engine"] == "moonshine:held"
    assert found["cases"] == 3
    assert found["codec"] == "pcmu"
    assert "cores" in found["machine"]


def test_intent_and_slots_right_is_a_share(folder: Path) -> None:
    found = report(folder, "--phrases", folder / "p.txt", "--slots", folder / "s.yaml", "--limit", "4")
    labelled = found["intent_and_slots"]
    assert labelled["all"] == 3, "the noise has no label"
    assert found["intent_and_slots_right"] == labelled["share"] == 1.0
    assert labelled["low"] < 0.5 < labelled["high"] == 1.0
    assert found["real_time_factor"] > 0


def test_without_a_grammar_words_are_counted(folder: Path) -> None:
    found = report(folder / "deep", "--labels", folder / "labels.json", "--open")
    assert found["engine"] == "moonshine:free"
    assert 0.0 <= found["word_error_rate"] < 0.5
    assert found["intent_and_slots_right"] == 0.0


def test_each_condition_has_its_row_and_noise_hurts(folder: Path) -> None:
    found = report(
        folder / "deep", "--phrases", folder / "p.txt", "--slots", folder / "s.yaml",
        "--labels", folder / "labels.json",
        "--noise", folder / "hiss.raw", "--snr", "30,-12", "--codec", "pcma", "--loss", "3",
    )  # fmt: skip
    rows = found["by_condition"]
    assert list(rows) == ["pcma, hiss -12 dB, 3% lost", "pcma, hiss 30 dB, 3% lost"]
    right = [row["intent_and_slots_right"]["share"] for row in rows.values()]
    assert right[0] < right[1]


def test_levels_losses_and_what_else_a_line_does_make_conditions(folder: Path) -> None:
    found = report(
        folder / "deep", "--phrases", folder / "p.txt", "--slots", folder / "s.yaml", "--limit", "2",
        "--labels", folder / "labels.json", "--level=-36,-16", "--loss", "1,5", "--codec", "pcmu+pcma+pcmu",
        "--dc", "0.02", "--jitter", "20",
    )  # fmt: skip
    assert list(found["by_condition"]) == [
        f"pcmu+pcma+pcmu, {level} dBFS, DC 0.02, {loss} lost, jitter 20 ms"
        for level in ("-16", "-36") for loss in ("1%", "5%")
    ]  # fmt: skip
    assert found["intent_and_slots_right"] >= 0.5


def test_a_field_joined_strings_and_halves(tmp_path: Path) -> None:
    model("moonshine-tiny-en")
    words = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
    for n, word in enumerate(words):
        write(tmp_path / f"{n}_joe_0.wav", spoken(word, pad_s=0.05))
    found = report(tmp_path, "--field", "digits", "--length", "4", "--join", "4", "--strings", "3")
    assert found["cases"] == 3
    assert found["speakers"] == 1
    assert found["sentences_right"]["share"] >= 0.6
    assert list(found["by_speaker"]) == ["joe"]
    assert report(tmp_path, "--half", "1", "--field", "digits", "--length", "1")["cases"] == 10, "one speaker, one half"


def test_a_flow_s_node_is_a_grammar(folder: Path) -> None:
    found = report(folder / "deep", "--labels", folder / "labels.json", "--flow", "orders", "--node", "welcome")
    assert found["engine"] == "moonshine:held"
    assert found["out_of_grammar"] >= 0.6, "coffee is not on that menu"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nothing"], "is no folder"),
        ([".", "--labels", "none.json"], "names none of the recordings"),
        ([".", "--codec", "opus"], "pcmu, pcma, gsm, none"),
        ([".", "--loss", "3,99"], "0 to 90"),
        ([".", "--clip", "6", "--level=-20"], "sets the level itself"),
        ([".", "--snr", "6"], "--noise and --snr belong together"),
        ([".", "--field", "colour"], "there is no field 'colour'"),
        ([".", "--flow", "nosuch"], "there is no flow 'nosuch'"),
        ([".", "--flow", "orders", "--node", "nosuch"], "has no grammar"),
    ],
)
def test_wrong_use_is_told(folder: Path, arguments: list[str], message: str) -> None:
    (folder / "none.json").write_text('{"other.wav": "hello"}')
    result = run(*(folder / a if a in (".", "none.json") else a for a in arguments))
    assert result.exit_code == 2
    assert message in result.output


def test_a_table_for_people(folder: Path) -> None:
    result = run(folder / "deep", "--labels", folder / "labels.json", "--open", "--show")
    assert result.exit_code == 0
    assert "moonshine:free" in result.output
    assert "expected calibration error" in result.output


@pytest.mark.sip
@pytest.mark.slow
def test_the_same_audio_through_real_calls(folder: Path) -> None:
    """Codec, detector, end of turn and recognizer processes of a server of its own; the question's grammar is ours."""
    found = report(
        folder / "deep", "--labels", folder / "labels.json", "--limit", "2", "--sip",
        "--phrases", folder / "p.txt", "--slots", folder / "s.yaml",
    )  # fmt: skip
    assert found["engine"] == "real calls:held"
    assert found["cases"] == 2
    assert found["intent_and_slots"]["right"] == 2
    assert run(folder / "deep", "--field", "digits", "--sip", "--loss", "3").exit_code == 2
