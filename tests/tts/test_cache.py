"""Rendered prompts on disk: whole or not there."""

from pathlib import Path

from ivr.audio.prompt_key import prompt_key
from ivr.tts.cache import Entry, PromptCache

PCM = b"\x01\x00" * 800


def test_a_prompt_is_found_by_the_next_process(tmp_path: Path) -> None:
    key = prompt_key("Hello.", "en")
    PromptCache(tmp_path).put(key, PCM, Entry(sources=["piper"], text="Hello."))
    found = PromptCache(tmp_path).get(key)
    assert found is not None
    assert (found.entry.sources, found.path.read_bytes()) == (["piper"], PCM)
    assert {p.name for p in tmp_path.iterdir()} == {f"{key}.raw", f"{key}.json"}


def test_torn_pairs_are_removed(tmp_path: Path) -> None:
    (tmp_path / "a.raw").write_bytes(PCM)
    (tmp_path / "b.raw").write_bytes(PCM)
    (tmp_path / "b.json").write_text("{")
    (tmp_path / "c.raw").write_bytes(b"")
    (tmp_path / "c.json").write_text('{"sources": ["piper"]}')
    assert PromptCache(tmp_path).keys() == []
    assert list(tmp_path.glob("*.raw")) == []


def test_a_file_that_went_is_not_found(tmp_path: Path) -> None:
    cache = PromptCache(tmp_path)
    cache.put("k", PCM, Entry(sources=["piper"])).unlink()
    assert cache.get("k") is None


def test_pruning_takes_what_no_flow_contains_oldest_first(tmp_path: Path) -> None:
    import os

    cache = PromptCache(tmp_path)
    for age, (key, text) in enumerate([("fixed", "Hello."), ("old", ""), ("new", "")]):
        os.utime(cache.put(key, PCM, Entry(sources=["piper"], text=text)), (1000 + age, 1000 + age))
    assert cache.prune(2 * len(PCM)) == 1
    assert sorted(cache.keys()) == ["fixed", "new"]
    assert cache.prune(0) == 1
    assert cache.keys() == ["fixed"]


def test_keys_differ_where_sounds_do() -> None:
    same = {
        prompt_key("One  moment.\n", "en"),
        prompt_key("One moment.", "en"),
        prompt_key("One moment.", "en", flow="a"),
    }
    assert len(same) == 1
    others = [("one", "ko", "", 1.0), ("one", "en", "joe", 1.0), ("one", "en", "", 0.9), ("two", "en", "", 1.0)]
    keys = {prompt_key(*o) for o in others}
    keys |= {prompt_key("one", "en", recording="a.wav", flow=f) for f in ("a", "b")}
    assert len(keys) == 6
