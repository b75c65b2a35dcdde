"""The model table and its installer: no network, small files made here."""

import hashlib
import json
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ivr import models
from ivr.commands.models import app
from ivr.model_table import ROWS, Archive, File, Model, Package

CONTENT = b"what the model knows"
DIGEST = hashlib.sha256(CONTENT).hexdigest()


def quiet(_text: str) -> None:
    """Progress that nobody watches."""


def make_zip(target: Path, members: dict[str, bytes]) -> str:
    with zipfile.ZipFile(target, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return models.sha256(target)


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Model:
    """A model of one file in a zip at an address that nothing answers."""
    folder = tmp_path / "given"
    folder.mkdir()
    digest = make_zip(folder / "small.zip", {"small/a/weights.bin": CONTENT, "small/../../escaped": b"x"})
    row = Model(
        name="small",
        kind="asr",
        language="en",
        licence="MIT",
        source=Archive("http://127.0.0.1:9/small.zip", 10, digest, "small/"),
        files=(File("a/weights.bin", len(CONTENT), DIGEST),),
        without="nothing is heard",
    )
    monkeypatch.setattr(models, "ROWS", (row,))
    return row


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_each_row_is_complete(row: Model) -> None:
    assert row.licence
    assert len(row.without) > 20
    assert row.size > 0
    assert len(row.source.sha256) == 64
    assert row.source.folder.endswith("/")
    if isinstance(row.source, Package):
        assert row.files, "a model out of a package lists its files"
    for file in row.files:
        assert len(file.sha256) == 64
        assert file.size > 0
        assert ".." not in Path(file.name).parts
    page = (Path(__file__).parents[2] / "docs/licences.md").read_text()
    assert f"| {row.name} |" in page, "its licence stands in docs/licences.md"


def test_names_are_unique() -> None:
    names = [row.name for row in ROWS]
    assert len(names) == len(set(names))


def test_unknown_name_tells_the_known_ones() -> None:
    with pytest.raises(models.ModelError, match="moonshine-tiny-en"):
        models.find("moonshine")


def test_installs_from_a_zip_in_a_folder(small: Model, tmp_path: Path) -> None:
    folder = models.install("small", quiet, tmp_path, tmp_path / "given")
    assert (folder / "a/weights.bin").read_bytes() == CONTENT
    assert models.path("small", tmp_path) == folder
    assert not list(tmp_path.rglob("escaped")), "a name that leaves the folder is not written"
    models.verify("small", tmp_path)


def test_installs_from_bare_files(small: Model, tmp_path: Path) -> None:
    bare = tmp_path / "bare"
    (bare / "a").mkdir(parents=True)
    (bare / "a/weights.bin").write_bytes(CONTENT)
    assert models.install("small", quiet, tmp_path, bare) == tmp_path / "models/small"


def test_second_installation_does_nothing(small: Model, tmp_path: Path) -> None:
    models.install("small", quiet, tmp_path, tmp_path / "given")
    told: list[str] = []
    models.install("small", told.append, tmp_path)
    assert told == []


def test_wrong_file_is_refused(small: Model, tmp_path: Path) -> None:
    bare = tmp_path / "bare"
    (bare / "a").mkdir(parents=True)
    (bare / "a/weights.bin").write_bytes(b"something else")
    with pytest.raises(models.ChecksumMismatch, match=r"nothing was installed. Without it: nothing is heard"):
        models.install("small", quiet, tmp_path, bare)
    assert models.path("small", tmp_path) is None


def test_wrong_archive_is_refused(small: Model, tmp_path: Path) -> None:
    make_zip(tmp_path / "given/small.zip", {"small/a/weights.bin": b"other"})
    with pytest.raises(models.ChecksumMismatch):
        models.install("small", quiet, tmp_path, tmp_path / "given")


def test_damage_after_installation_is_found(small: Model, tmp_path: Path) -> None:
    folder = models.install("small", quiet, tmp_path, tmp_path / "given")
    (folder / "a/weights.bin").write_bytes(b"bits fell")
    with pytest.raises(models.ChecksumMismatch):
        models.verify("small", tmp_path)


def test_out_of_reach_says_what_it_costs_and_what_to_bring(small: Model, tmp_path: Path) -> None:
    with pytest.raises(models.ModelUnreachable) as failure:
        models.install("small", quiet, tmp_path)
    said = str(failure.value)
    assert "out of reach" in said
    assert "Without it: nothing is heard" in said
    assert "small.zip" in said
    assert "--from" in said


def test_an_interrupted_installation_leaves_nothing_half_done(small: Model, tmp_path: Path) -> None:
    half = tmp_path / "models/.small.new/a"
    half.mkdir(parents=True)
    (half / "weights.bin").write_bytes(CONTENT[:3])
    assert models.path("small", tmp_path) is None
    models.install("small", quiet, tmp_path, tmp_path / "given")
    models.verify("small", tmp_path)


def test_command_excuses_only_what_is_wanted_when_reachable(
    small: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IVR_CACHE", str(tmp_path))
    assert CliRunner().invoke(app, ["install"]).exit_code == 1
    monkeypatch.setattr(models, "ROWS", (replace(small, by_default="when reachable"),))
    assert CliRunner().invoke(app, ["install"]).exit_code == 0
    assert CliRunner().invoke(app, ["install", "small"]).exit_code == 1
    assert CliRunner().invoke(app, ["install", "smaller"]).exit_code == 2


def test_list_as_json(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IVR_CACHE", str(tmp_path))
    told = json.loads(CliRunner().invoke(app, ["list", "--json"]).stdout)
    assert [row["name"] for row in told] == [row.name for row in ROWS]
    assert all(row["installed"] is None for row in told)
