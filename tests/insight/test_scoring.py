import math

import pytest

from ivr.insight.scoring import Case, Share, calibration_error, grouped, normal, share, summary, word_error_rate


def case(
    words: str | None = None,
    heard: str = "",
    intent: str | None = None,
    heard_intent: str = "",
    slots: dict[str, str] | None = None,
    heard_slots: dict[str, str] | None = None,
    confidence: float = 0.9,
    speaker: str = "a",
) -> Case:
    return Case(
        "n", speaker, "pcmu", heard, confidence, True, True, 2.0, 0.1, words, intent, slots or {}, heard_intent,
        heard_slots or {},
    )  # fmt: skip


def test_normal_forms() -> None:
    assert normal("R. E. W. Y. 856!") == "r e w y eight five six"
    assert normal("Oh, ONE") == "o one"
    assert normal("I’d like it") == "i'd like it"
    assert normal("기차도 없었다.") == "기차도 없었다"


def test_right_is_all_of_it() -> None:
    assert case("four five", "4 5").words_right
    assert case("four five", "four").words_right is False
    assert case(heard="x").words_right is None
    assert case(intent="order", heard_intent="order", slots={"a": "b"}, heard_slots={"a": "b"}).meaning_right
    assert case(intent="order", heard_intent="order", slots={"a": "b"}, heard_slots={}).meaning_right is False
    assert case(intent="order", heard_intent="order", heard_slots={"a": "b"}).meaning_right is False
    assert case("x", "x").meaning_right is None


def test_interval_is_wilson_s() -> None:
    low, high = Share(98, 100).interval
    assert (round(low, 4), round(high, 4)) == (0.93, 0.9945)
    assert Share(0, 10).interval[0] == 0.0
    assert math.isnan(Share(0, 0).value)
    assert share([None, None]) is None
    assert share([True, None, False]) == Share(1, 2)


def test_summary_counts_and_groups() -> None:
    cases = [case("one two three four", "one two four", speaker="b"), case("five", "five")]
    assert word_error_rate(cases) == pytest.approx(1 / 5)
    found = summary(cases)
    assert found["cases"] == 2
    assert found["speakers"] == 2
    assert found["sentences_right"]["share"] == 0.5
    assert found["real_time_factor"] == pytest.approx(0.05)
    assert found["intent_and_slots_right"] is None
    assert list(grouped(cases, "speaker")) == ["a", "b"]
    assert summary([])["word_error_rate"] is None


def test_calibration_error_is_the_gap_between_said_and_true() -> None:
    sure = [case("a", "a", confidence=0.95)] * 19 + [case("a", "b", confidence=0.95)]
    assert calibration_error(sure) == pytest.approx(0.0)
    assert calibration_error([case("a", "b", confidence=0.95)]) == pytest.approx(0.95)
    assert calibration_error([case(heard="x")]) is None
