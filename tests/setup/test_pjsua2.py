"""The build of pjsua2: sources in order, marks of steps, and the refusal of a library with too few calls."""

import re
import tarfile
from pathlib import Path

import pytest

from ivr.sip import library
from scripts import build_pjsua2
from scripts.pjsua2 import options, source

VERSION = "export PJ_VERSION_MAJOR  := 2\nexport PJ_VERSION_MINOR  := {}\nexport PJ_VERSION_REV    :=\n"


def quiet(_text: str) -> None:
    """Progress that nobody watches."""


def make_tree(folder: Path, minor: int = 17) -> Path:
    folder.mkdir(parents=True)
    (folder / "version.mak").write_text(VERSION.format(minor))
    return folder


def refuse(reason: str) -> object:
    def way(_folder: Path, _say: source.Say) -> Path:
        raise source.SourceMissing(reason)

    return way


def test_too_few_calls_are_refused_with_the_mend() -> None:
    few = library.Library("2.17", 4, "abcd")
    with pytest.raises(library.LibraryError, match=r"sip.max_calls is 100.* compiled for 4 calls"):
        library.require_calls(100, few)
    assert library.require_calls(4, few) is few


def test_a_foreign_build_is_refused() -> None:
    with pytest.raises(library.LibraryError, match="not this server's build"):
        library.require_calls(1, library.Library("", library.UNKNOWN_LIMIT, ""))


def test_an_old_one_is_refused() -> None:
    with pytest.raises(library.LibraryError, match="too old"):
        library.require_calls(1, library.Library("2.15.1", 512, "abcd"))


@pytest.mark.sip
def test_the_installed_one_carries_what_its_note_says() -> None:
    told = library.require_calls(512)
    assert told.options == options.options_hash(), "make pjsua2 builds the one that belongs to these options"
    assert told.version.startswith("2.")


def test_the_binding_copies_without_boxing() -> None:
    pj = pytest.importorskip("pjsua2")
    buffer = pj.ByteVector()
    buffer.assign_from_bytes(b"\x01\x02\x03")
    out = bytearray(3)
    buffer.copy_to_bytearray(out)
    assert out == b"\x01\x02\x03"


def test_named_source_that_does_not_exist(tmp_path: Path) -> None:
    with pytest.raises(source.SourceMissing, match="does not exist"):
        source.fetch(tmp_path, quiet, {"PJPROJECT_SOURCE": str(tmp_path / "absent.tar.gz")})


def test_named_folder_is_taken_as_it_is(tmp_path: Path) -> None:
    tree = make_tree(tmp_path / "mine")
    assert source.fetch(tmp_path / "cache", quiet, {"PJPROJECT_SOURCE": str(tree)}) == tree


def test_debian_follows_upstream_and_all_reasons_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "_upstream", refuse("no way out"))
    monkeypatch.setattr(source, "_debian", refuse("no apt-get"))
    with pytest.raises(source.SourceMissing) as failure:
        source.fetch(tmp_path, quiet, {})
    assert re.search(r"no way out[\s\S]*no apt-get[\s\S]*PJPROJECT_SOURCE=", str(failure.value))


def test_an_address_out_of_reach_is_said(tmp_path: Path) -> None:
    with pytest.raises(source.SourceMissing, match="out of reach"):
        source.fetch(tmp_path, quiet, {"PJPROJECT_SOURCE": "http://127.0.0.1:9/pjproject-2.17.tar.gz"})


def test_an_unknown_upstream_archive_is_thrown_away(tmp_path: Path) -> None:
    archive = tmp_path / f"pjproject-{options.UPSTREAM_VERSION}.tar.gz"
    archive.write_bytes(b"not what was released")
    with pytest.raises(source.SourceMissing, match="unknown sha256"):
        source._upstream(tmp_path, quiet)
    assert not archive.exists()


def test_unpacking_lifts_the_one_folder(tmp_path: Path) -> None:
    make_tree(tmp_path / "pjproject-2.17")
    archive = tmp_path / "p.tar.gz"
    with tarfile.open(archive, "w:gz") as packed:
        packed.add(tmp_path / "pjproject-2.17", "pjproject-2.17")
    source.unpack(archive, tmp_path / "tree")
    assert source.version_of(tmp_path / "tree") == "2.17"


def test_an_old_source_is_refused(tmp_path: Path) -> None:
    with pytest.raises(source.SourceMissing, match="too old"):
        source.version_of(make_tree(tmp_path / "old", 15))


def test_steps_that_are_done_are_not_done_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []

    def note(name: str) -> None:
        done.append(name)
        if name == "swig" and done.count("swig") == 1:
            raise KeyboardInterrupt
        if name == "wheel":
            tag = build_pjsua2.python_tag()
            (tmp_path / f"pjsua2-2.17+ivr.{options.options_hash()}-{tag}-{tag}-linux_x86_64.whl").touch()

    for step in ("fetch", "configure", "swig", "wheel"):
        monkeypatch.setattr(build_pjsua2.Build, step, lambda _self, step=step: note(step))
    monkeypatch.setattr(build_pjsua2.Build, "command", lambda _self, words: note(words[-1]))
    with pytest.raises(KeyboardInterrupt):
        build_pjsua2.Build(tmp_path).run()
    assert build_pjsua2.Build(tmp_path).run().suffix == ".whl"
    assert done == ["fetch", "configure", "dep", "lib", "swig", "swig", "wheel"]


def test_other_options_make_another_wheel(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    tag = build_pjsua2.python_tag()
    wheel = tmp_path / f"pjsua2-2.17+ivr.{options.options_hash()}-{tag}-{tag}-linux_x86_64.whl"
    wheel.touch()
    assert build_pjsua2.find_wheel(tmp_path) == wheel
    monkeypatch.setitem(options.CONFIG_SITE, "PJSUA_MAX_CALLS", "256")
    assert build_pjsua2.find_wheel(tmp_path) is None


def test_an_archive_that_leaves_its_folder_is_refused(tmp_path: Path) -> None:
    make_tree(tmp_path / "tree")
    archive = tmp_path / "p.tar.gz"
    with tarfile.open(archive, "w:gz") as packed:
        packed.add(tmp_path / "tree", "../escaped")
    with pytest.raises(source.SourceMissing, match="leaves its folder"):
        source.unpack(archive, tmp_path / "out")
    assert not (tmp_path / "escaped").exists()


def test_remains_that_do_not_serve_are_thrown_away_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    build = build_pjsua2.Build(tmp_path)
    build.work.mkdir()
    (build.work / "half.o").touch()
    passes: list[bool] = []

    def steps(self: build_pjsua2.Build) -> Path:
        passes.append(self.work.exists())
        if passes == [True]:
            raise build_pjsua2.BuildFailed("half.o: file truncated")
        return tmp_path / "made.whl"

    monkeypatch.setattr(build_pjsua2.Build, "steps", steps)
    assert build.run() == tmp_path / "made.whl"
    assert passes == [True, False]
