"""Flows are published when they are good; the last good set serves otherwise."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from ivr.flow.grammar import Arc, Grammar, decode
from ivr.services.flow_watch import KEPT_VERSIONS, Compiled, FlowWatch, signature
from ivr.wire.messages import FlowsPublished
from tests.services.waiting import until

GRAMMAR = Grammar("en", [[Arc(1, "yes")], []], {1: 0.0})


def compile_folder(folder: Path) -> Compiled:
    """A stand-in for the loader: the file's text is the flow; `bad` is a mistake, `crash` a crash."""
    text = (folder / "flow.yaml").read_text()
    if text == "crash":
        raise RuntimeError("out of order")
    if text == "bad":
        return Compiled("", problems=["flow.yaml:1:1: bad"])
    return Compiled(json.dumps({"flow": text}), {GRAMMAR.hash: GRAMMAR}, loaded=text)


class Watched:
    """A watch over a temporary folder."""

    def __init__(self, folder: Path, after: "list[Callable[[Any], Awaitable[None]]] | None" = None) -> None:
        self.flows, self.state = folder / "flows", folder / "state"
        self.flows.mkdir()
        self.published: list[FlowsPublished] = []
        self.watch = FlowWatch(self.flows, self.state, compile_folder, self.published.append, after or [])

    def write(self, text: str) -> None:
        (self.flows / "flow.yaml").write_text(text)


def test_a_good_set_is_written_whole_before_it_is_told(tmp_path: Path) -> None:
    watched = Watched(tmp_path)
    watched.write("one")
    assert asyncio.run(watched.watch.load())
    (told,) = watched.published
    assert json.loads(Path(told.path).read_text()) == {"flow": "one"}
    assert (watched.state / "flows" / "current.json").read_text() == Path(told.path).read_text()
    assert decode((watched.state / "grammars" / f"{GRAMMAR.hash}.json").read_bytes()) == GRAMMAR
    assert not list(watched.state.rglob("*.tmp"))


def test_a_mistake_and_a_crash_of_the_loader_leave_the_last_good_set(tmp_path: Path) -> None:
    watched = Watched(tmp_path)
    for text, good in (("one", True), ("bad", False), ("crash", False), ("two", True)):
        watched.write(text)
        assert asyncio.run(watched.watch.load()) is good
        if text == "bad":
            assert watched.watch.problems == ["flow.yaml:1:1: bad"]
        if not good:
            assert json.loads((watched.state / "flows" / "current.json").read_text()) == {"flow": "one"}
    assert [json.loads(Path(m.path).read_text())["flow"] for m in watched.published] == ["one", "two"]
    assert watched.watch.problems == []


def test_any_change_below_the_folder_is_seen(tmp_path: Path) -> None:
    watched = Watched(tmp_path)
    watched.write("one")
    seen = [signature(watched.flows)]
    watched.write("longer")
    seen.append(signature(watched.flows))
    (watched.flows / "prompts").mkdir()
    (watched.flows / "prompts" / "a.wav").write_bytes(b"x")
    seen.append(signature(watched.flows))
    (watched.flows / "prompts" / "a.wav").unlink()
    seen.append(signature(watched.flows))
    assert len(set(seen)) == 3
    assert seen[1] == seen[3]
    (watched.flows / ".flow.yaml.swp").write_text("an editor's")
    assert signature(watched.flows) == seen[3]


def test_the_watch_itself_publishes_what_changes(tmp_path: Path) -> None:
    watched = Watched(tmp_path)
    watched.write("one")

    async def main() -> None:
        task = asyncio.create_task(watched.watch.run())
        async with asyncio.timeout(15):
            await until(lambda: len(watched.published) >= 1)
            watched.write("another")
            await until(lambda: len(watched.published) >= 2)
        task.cancel()
        await watched.watch.close()

    asyncio.run(main())
    assert json.loads(Path(watched.published[1].path).read_text()) == {"flow": "another"}


def test_what_follows_publishing_runs_in_order_and_a_failing_step_stops_none(tmp_path: Path) -> None:
    seen: list[str] = []

    async def train(loaded: Any) -> None:
        seen.append(f"train {loaded}")
        raise RuntimeError("no")

    async def render(loaded: Any) -> None:
        seen.append(f"render {loaded}")

    watched = Watched(tmp_path, [train, render])
    watched.write("one")

    async def main() -> None:
        await watched.watch.load()
        await until(lambda: len(seen) >= 2)

    asyncio.run(main())
    assert seen == ["train one", "render one"]


def test_a_newer_set_ends_the_steps_of_the_older_one(tmp_path: Path) -> None:
    seen: list[str] = []

    async def render(loaded: Any) -> None:
        if loaded == "one":
            await asyncio.Event().wait()
        seen.append(loaded)

    watched = Watched(tmp_path, [render])

    async def main() -> None:
        for text in ("one", "two"):
            watched.write(text)
            await watched.watch.load()
            await asyncio.sleep(0)
        await until(lambda: seen)

    asyncio.run(main())
    assert seen == ["two"]


def test_old_versions_do_not_pile_up(tmp_path: Path) -> None:
    watched = Watched(tmp_path)
    for number in range(KEPT_VERSIONS + 5):
        watched.write(f"flow {number}")
        asyncio.run(watched.watch.load())
    assert len(list((watched.state / "flows").glob("*.json"))) == KEPT_VERSIONS + 1
    assert Path(watched.published[-1].path).exists()


def test_nothing_is_published_while_nobody_knows_which_version_serves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ivr.services.flow_watch.POLL_S", 0.02)
    told: list[str | None] = [None]
    watched = Watched(tmp_path)
    watched.watch = FlowWatch(
        watched.flows, watched.state, compile_folder, watched.published.append, [], also=lambda: told[0]
    )
    watched.write("one")

    async def main(enough: Callable[[], bool]) -> None:
        task = asyncio.create_task(watched.watch.run())
        async with asyncio.timeout(15):
            await until(enough)
        task.cancel()
        await watched.watch.close()

    asyncio.run(main(iter([False] * 20 + [True]).__next__))
    assert watched.published == []
    told[0] = "version 1"
    asyncio.run(main(lambda: len(watched.published) == 1))
    monkeypatch.setattr("ivr.services.flow_watch.KNOWN_S", 0.05)  # a first start without a database serves in the end
    told[0] = None
    asyncio.run(main(lambda: len(watched.published) == 2))


def test_another_version_is_published_though_no_file_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ivr.services.flow_watch.POLL_S", 0.02)
    told = ["version 1"]
    watched = Watched(tmp_path)
    watched.watch = FlowWatch(
        watched.flows, watched.state, compile_folder, watched.published.append, [], also=lambda: told[0]
    )
    watched.write("one")

    async def main() -> None:
        task = asyncio.create_task(watched.watch.run())
        async with asyncio.timeout(15):
            await until(lambda: len(watched.published) == 1)
            told[0] = "version 2"
            await until(lambda: len(watched.published) == 2)
        task.cancel()
        await watched.watch.close()

    asyncio.run(main())
