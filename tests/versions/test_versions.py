"""Publishing, history, diff, pull, rollback: as commands against a real database."""

from pathlib import Path

import pytest

from ivr.records import flow_versions, store
from tests.versions.conftest import FLOW, Ivr

pytestmark = pytest.mark.postgres


def change(flows: Path, hour: str) -> None:
    (flows / "shop" / "flow.yaml").write_text(FLOW.replace("open at nine", f"open at {hour}"))


def test_a_version_holds_everything_with_who_when_and_why(ivr: Ivr, flows: Path, database: str) -> None:
    (flows / "shop" / "prompts").mkdir()
    (flows / "shop" / "prompts" / "hours.en.wav").write_bytes(b"RIFF sound")
    code, said = ivr("publish", "shop", "--note", "first", "--by", "anna")
    assert (code, "shop 1 is published" in said) == (0, True), said
    engine = store.engine(database)
    (version,) = flow_versions.versions(engine, "shop")
    found = flow_versions.snapshot(engine, "shop", 1)
    engine.dispose()
    assert (version.made_by, version.note, version.base) == ("anna", "first", 0)
    assert set(found.files) == {"shop/flow.yaml", "shop/tests.yaml", "shop/prompts/hours.en.wav"}
    assert found.files["shop/prompts/hours.en.wav"] == b"RIFF sound"
    assert [path.split("/")[1] for path in found.trained] == ["shop.en.pickle"]


def test_fragments_and_called_flows_are_part_of_a_version(flows: Path) -> None:
    from ivr.insight.snapshot import files_of

    (flows / "shared").mkdir()
    (flows / "shared" / "bye.yaml").write_text("nodes:\n  more: {type: call, flow: inner, next: hours}\n")
    (flows / "shared" / "unused.yaml").write_text("nodes: {}\n")
    (flows / "in").mkdir()
    (flows / "in" / "flow.yaml").write_text("flow: inner\nstart: a\nnodes:\n  a: {type: hangup}\n")
    (flows / "shop" / "flow.yaml").write_text(FLOW + "include: bye.yaml\n")
    files, called = files_of(flows, "shop")
    assert set(files) == {"shop/flow.yaml", "shop/tests.yaml", "shared/bye.yaml", "in/flow.yaml"}
    assert called == ("in",)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (FLOW.replace("next: address}", "next: nowhere}"), "there is no node 'nowhere'"),
        (FLOW.replace("open at nine", "close soon"), "tests of shop do not hold"),
    ],
)
def test_mistakes_and_failing_tests_are_not_published(ivr: Ivr, flows: Path, text: str, words: str) -> None:
    (flows / "shop" / "flow.yaml").write_text(text)
    code, said = ivr("publish", "shop", "--note", "bad")
    assert (code, words in said) == (1, True), said
    assert ivr("history", "shop")[0] == 1


def test_a_stale_base_is_refused(ivr: Ivr, flows: Path) -> None:
    ivr("publish", "shop", "-m", "one", "--by", "anna")
    change(flows, "eight")
    (flows / "shop" / ".version").unlink()  # as on a machine where nobody pulled
    code, said = ivr("publish", "shop", "-m", "two", "--by", "berta")
    assert code == 1
    assert "version 1 by anna" in said
    assert "--base 1" in said
    assert ivr("publish", "shop", "-m", "two", "--base", "1")[0] == 0
    change(flows, "ten")
    assert ivr("publish", "shop", "-m", "three", "--base", "1")[0] == 1
    assert ivr("publish", "shop", "-m", "three", "--base", "1", "--force", "eight was wrong")[0] == 0
    assert "forced: eight was wrong" in ivr("history", "shop")[1]
    code, said = ivr("publish", "shop", "-m", "again")
    assert (code, "nothing has changed since version 3" in said) == (1, True)


def test_diff_and_pull(ivr: Ivr, flows: Path) -> None:
    ivr("publish", "shop", "-m", "one")
    assert ivr("diff", "shop") == (0, "")
    change(flows, "eight")
    code, said = ivr("diff", "shop")
    assert code == 1
    assert "-  hours: {type: hangup, say: We open at nine.}" in said
    assert "+  hours: {type: hangup, say: We open at eight.}" in said
    code, said = ivr("pull", "shop", "1")
    assert (code, "nobody published" in said) == (1, True)
    ivr("publish", "shop", "-m", "two")
    assert ivr("pull", "shop", "1")[0] == 0
    assert (flows / "shop" / "flow.yaml").read_text() == FLOW
    code, said = ivr("publish", "shop", "-m", "back")
    assert (code, "version 2 by" in said) == (1, True)


def test_history_says_what_serves(ivr: Ivr, flows: Path) -> None:
    for number, hour in enumerate(("nine", "eight", "ten"), 1):
        change(flows, hour)
        assert f"shop {number} is" in ivr("publish", "shop", "-m", hour, "--share", "10%" if number == 3 else "100%")[1]
    rows = ivr("history", "shop")[1].splitlines()
    assert [row.split()[:2] for row in rows if "release" not in row and "publish from" not in row] == [
        ["10%", "3"], ["90%", "2"], ["1", rows[-1].split()[1]],
    ]  # fmt: skip
    assert ivr("rollback", "shop")[1].startswith("shop 2: rollback")
    assert ivr("rollback", "shop")[1].startswith("shop 1: rollback")
    assert ivr("rollback", "shop")[0] == 1
    assert ivr("release", "shop", "9") == (1, "there is no version 9 of shop; the newest is 3\n")


def test_a_second_person_approves(ivr: Ivr, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IVR_PUBLISHING_SECOND_APPROVER", "true")
    assert "waits for a second person" in ivr("publish", "shop", "-m", "one", "--by", "anna")[1]
    assert "*" not in ivr("history", "shop")[1]
    code, said = ivr("approve", "shop", "1", "--by", "anna")
    assert (code, "somebody else" in said) == (1, True)
    assert ivr("approve", "shop", "1", "--by", "berta")[0] == 0
    history = ivr("history", "shop")[1]
    assert history.lstrip().startswith("*")
    assert "approved by berta" in history


def test_wrong_words_say_the_mend(ivr: Ivr) -> None:
    assert ivr("publish", "shop")[0] == 2
    assert "write 10%" in ivr("publish", "shop", "-m", "x", "--share", "ten")[1]
    assert "write 2027-01-03T08:00" in ivr("publish", "shop", "-m", "x", "--at", "tomorrow")[1]
    assert "there are: shop" in ivr("publish", "shoe", "-m", "x")[1]
