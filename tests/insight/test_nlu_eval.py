"""`ivr eval nlu`: formats, figures, both ends of the classifier."""

import csv
import json
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from ivr.commands.eval_nlu import nlu
from ivr.events import Hypothesis
from ivr.insight.nlu_data import Sentences, fewer, read
from ivr.insight.nlu_eval import Answers, calibration_error, score
from ivr.insight.nlu_spoken import heard, nothing, word_error_rate
from ivr.ports import Recognized
from tests.nlu.orders import orders
from tests.nlu.test_builtin import NEW, OUTSIDE

app = typer.Typer()
app.command()(nlu)
TRAIN = [(e.text, name) for name, examples in orders().intents.items() for e in examples]
TEST = [(text, name) for name, texts in NEW.items() for text in texts]


def write(folder: Path, kind: str) -> tuple[Path, Path]:
    """Train and test files of a kind."""
    strange = [(text, "oos") for text in OUTSIDE]
    if kind == "json":
        file = folder / "data_full.json"
        file.write_text(json.dumps({"train": TRAIN, "test": TEST, "oos_test": strange, "oos_train": []}))
        return file, file
    if kind == "csv":
        for name, rows in (("train.csv", TRAIN), ("test.csv", [*TEST, *strange])):
            with (folder / name).open("w", newline="") as file_:
                csv.writer(file_).writerows([("sentence", "Category"), *rows])
        return folder, folder / "test.csv"
    for name, rows in (("nlu.yml", TRAIN), ("test.yml", [*TEST, *strange])):
        labels = dict.fromkeys(label for _, label in rows)
        blocks = [
            f"- intent: {label}\n  examples: |\n" + "".join(f"    - {t}\n" for t, at in rows if at == label)
            for label in labels
        ]
        (folder / name).write_text('version: "3.1"\nnlu:\n' + "".join(blocks))
    return folder / "nlu.yml", folder / "test.yml"


@pytest.fixture
def apart(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("IVR_CACHE", str(tmp_path / "cache"))  # no models: words only, which is quicker
    monkeypatch.setenv("IVR_STATE", str(tmp_path / "state"))


@pytest.mark.usefixtures("apart")
@pytest.mark.parametrize("kind", ["csv", "json", "rasa"])
def test_every_format_is_read_and_measured(tmp_path: Path, kind: str) -> None:
    train, test = write(tmp_path, kind)
    arguments = ["--train", str(train), "--test", str(test), "--out-of-scope", "oos", "--json"]
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["in_scope"] == len(TEST)
    assert report["out_of_scope"] == len(OUTSIDE)
    assert report["in_scope_accuracy"] >= 0.9
    assert report["in_scope_accuracy"] >= report["in_scope_accuracy_at_0.1"] >= report["in_scope_accuracy_at_0.45"]
    low, high = report["in_scope_accuracy_interval"]
    assert low < report["in_scope_accuracy"] <= high
    assert report["out_of_scope_recall_at_5_percent_loss"] >= 0.8
    assert report["sentence_ms"]["p50"] > 0


@pytest.mark.usefixtures("apart")
@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("x.csv", "a,b\n1,2\n", "one of"),
        ("x.json", '{"nothing": []}', "no 'train'"),
        ("x.yml", "stories: []", "no list `nlu:`"),
        ("x.txt", "hello", "ends with none of"),
        ("x.csv", "text,label\nhi,oos\n", "no sentence has an intent"),
    ],
)
def test_a_file_of_another_kind_is_said(tmp_path: Path, name: str, content: str, told: str) -> None:
    (tmp_path / name).write_text(content)
    done = CliRunner().invoke(app, ["--train", str(tmp_path / name), "--test", str(tmp_path / name)])
    assert done.exit_code == 2
    assert told in done.stderr


def test_marks_of_entities_are_taken_out(tmp_path: Path) -> None:
    (tmp_path / "nlu.yml").write_text(
        'nlu:\n- intent: where\n  examples: |\n    - order [45](id)\n- intent: out_of_scope\n  examples: ["rain"]\n'
    )
    assert read(tmp_path / "nlu.yml", "train") == Sentences([("order 45", "where")], ["rain"])


def test_a_part_of_the_intents_makes_the_others_strange() -> None:
    train = Sentences([("a1", "a"), ("a2", "a"), ("b1", "b")])
    learned, asked = fewer(train, Sentences([("a9", "a"), ("b9", "b")], ["x"]), intents=1, examples=1, seed=1)
    assert len(learned.inside) == len(asked.inside) == 1
    assert learned.inside[0][1] == asked.inside[0][1]
    assert len(asked.outside) == 2


def test_figures_are_what_they_say() -> None:
    test = Sentences([(str(n), "a") for n in range(100)])
    confidence = np.arange(1, 101) / 100
    inside = Answers(["a"] * 90 + ["b"] * 10, confidence, np.full(100, 0.002))
    strange = Answers(["a"] * 4, np.array([0.01, 0.04, 0.05, 0.9]), np.full(4, 0.002))
    figures = score(test, inside, strange)
    assert figures["in_scope_accuracy"] == 0.9
    assert figures["in_scope_accuracy_at_0.1"] == 0.81
    assert figures["out_of_scope_recall_at_5_percent_loss"] == 0.75  # below the confidence of 95 % of the right ones
    assert figures["out_of_scope_recall_at_0.1"] == 0.75
    assert figures["sentence_ms"]["p50"] == 2.0
    assert calibration_error(np.array([0.8] * 10), np.array([True] * 8 + [False] * 2)) == 0
    assert calibration_error(np.array([1.0] * 10), np.array([True] * 5 + [False] * 5)) == 0.5


def test_spoken_sentences_are_asked_as_they_are_heard() -> None:
    """What is heard goes to the parser, the hypotheses in their order; what is not heard is no text."""
    loud = (np.ones(8000, np.int16) * 8000).tobytes()
    sounds: list[float] = []

    class Deaf:
        languages = ("en",)

        def start(self, *_: object) -> "Deaf":
            return self

        def audio(self, pcm: bytes) -> None:
            sounds.append(len(pcm) / 16000)

        def end(self) -> Recognized:
            texts = ["wear is my order", "where is my order"] if len(sounds) == 1 else []
            return Recognized([Hypothesis(text=text, confidence=0.5) for text in texts])

    texts = ["Where is my order?", "seven"]
    found = heard(texts, lambda _: loud, cast(Any, Deaf()), "en")
    assert [[h.text for h in each] for each in found] == [["wear is my order", "where is my order"], []]
    assert sounds == [1.6, 1.6]
    assert word_error_rate(texts, found) == 0.4
    assert [h.text for h in nothing(found)[1]] == [""]


def test_a_part_of_the_test_sentences_keeps_inside_and_outside() -> None:
    inside, outside = [(f"i{n}", "a") for n in range(40)], [f"o{n}" for n in range(40)]
    _, drawn = fewer(Sentences(inside, []), Sentences(inside, outside), 0, 0, 1, 20)
    assert len(drawn.inside) + len(drawn.outside) == 20
    assert set(drawn.inside) < set(inside)
    assert set(drawn.outside) < set(outside)
    assert min(len(drawn.inside), len(drawn.outside)) >= 4
