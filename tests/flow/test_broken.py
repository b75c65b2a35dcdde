"""Broken and hostile flow folders: one clear message each, soon, and none of them ever reaches a caller."""

import os
import time
from pathlib import Path

import pytest

from ivr.flow.loader import load
from ivr.flow.problems import Problem
from ivr.services.flow_files import load_folder

BROKEN = Path(__file__).parent / "broken"
GOOD = "flow: shop\nstart: welcome\nnodes:\n  welcome: {type: hangup, say: Goodbye.}\n"
LONGEST_S = 10.0
"""Of processor time, for the worst of them."""

FOLDERS = [
    # folder, file, line, code, words of message or mend
    ("include_cycle", "shared/one.yaml", 1, "unknown_key", "a fragment has no key 'include'"),
    ("include_outside", "shop/flow.yaml", 6, "unknown_fragment", "passwd"),
    ("duplicate_keys", "shop/flow.yaml", 4, "duplicate_key", "in line 4"),
    ("latin_1", "shop/flow.yaml", 5, "encoding", "save it as UTF-8"),
    ("utf_16", "shop/flow.yaml", 1, "encoding", "save it as UTF-8"),
    ("nul_bytes", "shop/flow.yaml", 4, "encoding", "control character"),
    ("unknown_language", "shop/flow.yaml", 6, "unknown_language", "there are en, ko"),
    ("sql_writes", "shop/flow.yaml", 6, "sql", "changes: true"),
    ("sql_two", "shop/flow.yaml", 6, "sql", "one statement"),
    ("template_in_host", "shop/flow.yaml", 7, "url", "https://host/"),
    ("yaml_bomb", "shop/flow.yaml", 3, "anchor", "do not exist in flows"),
    ("python_tag", "shop/flow.yaml", 4, "tag", "do not exist in flows"),
    ("two_documents", "shop/flow.yaml", 6, "yaml", "take out the line with ---"),
]


def errors(problems: list[Problem]) -> list[Problem]:
    return [problem for problem in problems if problem.severity == "error"]


def test_every_folder_is_expected() -> None:
    assert {path.name for path in BROKEN.iterdir()} == {row[0] for row in FOLDERS} | {"call_cycle"}


@pytest.mark.parametrize(("folder", "file", "line", "code", "words"), FOLDERS, ids=[row[0] for row in FOLDERS])
def test_one_clear_message_and_no_flow(folder: str, file: str, line: int, code: str, words: str) -> None:
    last_good = load({"shop/flow.yaml": GOOD}).published
    loaded = load_folder(BROKEN / folder, last_good)
    (problem,) = errors(loaded.problems)
    assert (problem.file, problem.line, problem.code) == (file, line, code)
    assert words in f"{problem.message} {problem.mend}"
    assert problem.mend
    assert loaded.published is not None
    assert last_good is not None
    assert loaded.published.flows == last_good.flows  # what served serves on
    assert load_folder(BROKEN / folder).published is None


def test_flows_that_call_each_other_for_ever_do_not_serve() -> None:
    loaded = load_folder(BROKEN / "call_cycle")
    assert {problem.code for problem in errors(loaded.problems)} == {"no_end", "silent_loop"}
    assert loaded.published is None


HUGE = {
    "lists": ("x: " + "[" * 1_000_000, "too_deep"),
    "mappings": ("x: " + "{a: " * 300_000, "too_deep"),
    "indents": ("\n".join(" " * n + "a:" for n in range(1500)), "too_deep"),
    "size": ("x: " + "a" * 2_500_000, "too_large"),
    "keys": ("\n".join(f"k{n}: x" for n in range(20_000)), "unknown_key"),
}


@pytest.mark.parametrize("name", HUGE)
def test_megabytes_are_told_soon(name: str) -> None:
    text, code = HUGE[name]
    begun = time.process_time()
    loaded = load({"shop/flow.yaml": GOOD + text})
    assert time.process_time() - begun < LONGEST_S
    assert {problem.code for problem in loaded.errors} == {code}
    assert len(loaded.errors) <= 100
    assert loaded.published is None


def test_links_out_of_the_folder_and_pipes_are_not_read(tmp_path: Path) -> None:
    outside = tmp_path / "secret.yaml"
    outside.write_text("nodes: {secret: {type: hangup}}")
    flows = tmp_path / "flows"
    (flows / "shop").mkdir(parents=True)
    (flows / "shop" / "flow.yaml").write_text(GOOD + "include: [link.yaml]\n")
    (flows / "shared").mkdir()
    (flows / "shared" / "link.yaml").symlink_to(outside)
    (problem,) = load_folder(flows).errors
    assert (problem.file, problem.code) == ("shared/link.yaml", "unreadable")
    assert "leads out" in problem.message
    (flows / "shared" / "link.yaml").unlink()
    os.mkfifo(flows / "shared" / "link.yaml")
    (problem,) = load_folder(flows).errors
    assert (problem.code, problem.message) == ("unreadable", "this is no file")


def test_a_link_within_the_folder_is_read(tmp_path: Path) -> None:
    (tmp_path / "..data").mkdir()
    (tmp_path / "..data" / "flow.yaml").write_text(GOOD)
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "flow.yaml").symlink_to("../..data/flow.yaml")  # as Kubernetes mounts files
    assert load_folder(tmp_path).ok


def test_a_version_never_holds_what_a_link_leads_to(tmp_path: Path) -> None:
    from ivr.insight.snapshot import files_of

    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "flow.yaml").write_text(GOOD)
    (tmp_path / "shop" / "notes.md").symlink_to("/etc/hostname")
    with pytest.raises(OSError, match="leads out"):
        files_of(tmp_path, "shop")


def test_merge_keys_are_told() -> None:
    found = load({"shop/flow.yaml": GOOD + "  more: {<<: {type: hangup}, say: x}\n"}).errors
    assert ("anchor", 5) in [(problem.code, problem.line) for problem in found]
