"""What forms write into a flow's files; prompts, translations, uploads."""

import io

import numpy as np
import pytest
import soundfile

from ivr.flow.loader import load
from ivr.flow.source import parse
from ivr.insight.flow_texts import prompts, texts
from ivr.insight.uploads import NotASound, as_prompt
from ivr.insight.yaml_edit import CannotEdit, Change, edited, with_example

FLOW = """\
flow: shop
languages: [en, ko]
start: welcome
nodes:
  welcome:
    type: menu
    say: {en: Welcome., ko: 안녕하세요.}   # asked of everybody
    options:
      - {phrases: {en: [hours], ko: [시간]}, key: "1", label: {en: our hours, ko: 영업 시간}, next: hours}
  hours: {type: hangup, say: We open at nine.}   # since 012
"""
NLU = """\
version: "3.1"
nlu:
  - intent: hours
    examples: |
      - when are you open   # said often
      - what hours
  - intent: address
    examples: |
      - where are you
"""


def test_a_value_is_set_and_everything_else_stays() -> None:
    made = edited("flow.yaml", FLOW, [
        Change(("nodes", "welcome", "say", "en"), "Hello: press # now"),
        Change(("nodes", "welcome", "options", 1), {"phrases": ["address"], "key": "2", "label": "", "next": "hours"}),
        Change(("nodes", "bye"), {"type": "hangup", "say": "Bye, all."}),
    ])  # fmt: skip
    value = parse("flow.yaml", made).value
    assert value["nodes"]["welcome"]["say"] == {"en": "Hello: press # now", "ko": "안녕하세요."}
    assert value["nodes"]["welcome"]["options"][1] == {"phrases": ["address"], "key": "2", "next": "hours"}
    assert value["nodes"]["bye"] == {"type": "hangup", "say": "Bye, all."}
    assert "# asked of everybody" in made
    assert "# since 012" in made
    again = edited("flow.yaml", made, [Change(("nodes", "bye"), None), Change(("nodes", "welcome", "options", 1), "")])
    assert "bye" not in parse("flow.yaml", again).value["nodes"]
    assert len(parse("flow.yaml", again).value["nodes"]["welcome"]["options"]) == 1


@pytest.mark.parametrize(
    "path", [(), ("nodes", 3), ("nodes", "welcome", "options", 9, "key"), ("nodes", "a: b"), ("x",) * 30]
)
def test_places_that_are_none_are_refused(path: tuple[str | int, ...]) -> None:
    with pytest.raises(CannotEdit):
        edited("flow.yaml", FLOW, [Change(path, "x")])


def test_a_file_with_mistakes_is_left() -> None:
    with pytest.raises(CannotEdit, match="mend this first"):
        edited("flow.yaml", "a: [", [Change(("a",), "x")])


def test_an_example_is_added_below_its_intent_and_nothing_else_changes() -> None:
    made = with_example("nlu.yml", NLU, "hours", "  until when   are you there ")
    assert made == NLU.replace("- what hours\n", "- what hours\n      - until when are you there\n")
    assert with_example("nlu.yml", made, "hours", "until when are you there") == made
    new = with_example("nlu.yml", NLU, "complain", "it broke")
    assert [row["intent"] for row in parse("nlu.yml", new).value["nlu"]] == ["hours", "address", "complain"]
    first = with_example("nlu.yml", "", "hours", "when")
    assert parse("nlu.yml", first).value["nlu"][0]["examples"] == "- when\n"
    for phrase in ("", "a\x00b", "[x](y)", "w" * 400):
        with pytest.raises(CannotEdit):
            with_example("nlu.yml", NLU, "hours", phrase)
    with pytest.raises(CannotEdit):
        with_example("nlu.yml", NLU, "a: b", "x")


def test_prompts_and_translations() -> None:
    loaded = load({"shop/flow.yaml": FLOW, "shop/prompts/welcome.ko.wav": b"hash"})
    assert loaded.published is not None, loaded.problems
    flow = loaded.published.flows["shop"]
    found = {(p.node, p.language): p for p in prompts(flow)}
    assert found["welcome", "ko"].recording == "prompts/welcome.ko.wav"
    assert found["welcome", "en"].recording == ""
    assert found["welcome", "en"].file == "prompts/welcome.en.wav"
    said = {it.path: it for it in texts(flow, "shop/flow.yaml", FLOW.encode())}
    assert said["nodes", "hours", "say"].missing == ("en", "ko")
    assert said["nodes", "welcome", "say"].missing == ()
    assert said["nodes", "welcome", "say"].line == 7


def sound(rate: int = 44_100, seconds: float = 0.5, channels: int = 2, gain: float = 0.1, kind: str = "WAV") -> bytes:
    out = io.BytesIO()
    tone = gain * np.sin(2 * np.pi * 440 * np.arange(int(rate * seconds)) / rate)
    soundfile.write(out, np.stack([tone] * channels, axis=1), rate, format=kind)
    return out.getvalue()


def test_an_upload_becomes_what_a_call_plays() -> None:
    samples, rate = soundfile.read(io.BytesIO(as_prompt(sound())), dtype="int16")
    assert (rate, samples.ndim) == (8000, 1)
    assert abs(len(samples) - 4000) < 20
    assert as_prompt(sound(kind="FLAC", rate=16_000, channels=1))


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"<script>alert(1)</script>", "no sound file"),
        (b"", "no sound file"),
        (b"RIFF\xff\xff\xff\xffWAVEfmt ", "no sound file"),
        (b"\0" * 20_000_001, "20 MB"),
        (sound(gain=0.0), "silent"),
        (sound(seconds=0.01), "lasts"),
        (sound(rate=8000, channels=1, seconds=121.0), "lasts"),
        (sound(kind="OGG"), "save it as WAV"),
    ],
)
def test_wrong_uploads_are_refused_with_the_mend(data: bytes, why: str) -> None:
    with pytest.raises(NotASound, match=why):
        as_prompt(data)
