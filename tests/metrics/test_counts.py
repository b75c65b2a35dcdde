"""Metrics of calls are a fold of the journals: exact counts, nothing of a caller."""

import json
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import CollectorRegistry, generate_latest

from ivr import actions as a
from ivr import events as e
from ivr import journal as j
from ivr.records.call_metrics import MOST_VALUES, CallMetrics
from ivr.records.counting import Counting
from ivr.records.counts import CountedCall
from ivr.records.mos import mos, rating

OLD = Path(__file__).parent.parent / "data" / "journals" / "format-1.jsonl"
CALL = "0197a0e0-1111-7abc-8def-0123456789ab"
OTHER_CALL = "0197a0e0-2222-7abc-8def-0123456789ab"


class Counted:
    """A registry of its own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.metrics = CallMetrics(self.registry)

    def fold(self, entries: list[j.Entry], counted_lines: int = 0) -> "Counted":
        call = CountedCall(CALL, self.metrics, counted_lines)
        for number, entry in enumerate(entries, 1):
            call.add(entry, number)
        return self

    def value(self, name: str, **labels: str) -> float | None:
        return self.registry.get_sample_value(f"ivr_{name}", labels)

    def totals(self) -> dict[str, float]:
        """Every series that is not 0, without buckets."""
        found = {}
        for metric in self.registry.collect():
            for sample in metric.samples:
                if not sample.name.endswith(("_created", "_bucket")) and sample.value:
                    shown = ",".join(f"{k}={v}" for k, v in sorted(sample.labels.items()))
                    found[f"{sample.name}{{{shown}}}"] = sample.value
        return found


def test_the_old_journal_is_counted_to_the_last_figure() -> None:
    totals = Counted().fold(j.read(OLD.read_bytes())).totals()
    expected = {
        "ivr_calls_offered_total{}": 1,
        "ivr_calls_answered_total{flow=orders}": 1,
        "ivr_calls_ended_total{flow=orders,outcome=resolved}": 1,
        "ivr_calls_hung_up_total{by=system}": 1,
        "ivr_call_seconds_count{flow=orders}": 1,
        "ivr_call_seconds_sum{flow=orders}": 10,
        "ivr_turns_total{flow=orders,how=speech,node=welcome,result=match}": 1,
        "ivr_turns_total{flow=orders,how=keys,node=which_order,result=match}": 1,
        "ivr_turn_answer_seconds_count{flow=orders,how=speech}": 1,
        "ivr_turn_answer_seconds_sum{flow=orders,how=speech}": 0.4,
        "ivr_turn_answer_seconds_count{flow=orders,how=keys}": 1,
        "ivr_turn_answer_seconds_sum{flow=orders,how=keys}": 0.6,
        "ivr_turn_part_seconds_count{part=pause}": 1,
        "ivr_turn_part_seconds_sum{part=pause}": 0.36,
        "ivr_turn_part_seconds_count{part=understanding}": 1,
        "ivr_turn_part_seconds_sum{part=understanding}": 0.012,
        "ivr_turn_part_seconds_count{part=query}": 1,
        "ivr_turn_part_seconds_sum{part=query}": 0.008,
        "ivr_turn_part_seconds_count{part=speech}": 2,
        "ivr_turn_part_seconds_sum{part=speech}": 0.6,
        "ivr_recognition_confidence_count{flow=orders,node=welcome}": 1,
        "ivr_recognition_confidence_sum{flow=orders,node=welcome}": 0.93,
        "ivr_decode_seconds_count{engine=moonshine,speculative=true}": 1,
        "ivr_decode_seconds_sum{engine=moonshine,speculative=true}": 0.11,
        "ivr_understood_total{source=builtin,why=rasa away}": 1,
        "ivr_barge_ins_total{by=voice,false=false,flow=orders}": 1,
        "ivr_barge_ins_total{by=key,false=false,flow=orders}": 1,
        "ivr_keys_pressed_total{via=rtp}": 5,
        "ivr_prompts_total{source=piper}": 3,
        "ivr_queries_total{flow=orders,node=lookup,status=ok}": 1,
        "ivr_query_seconds_count{flow=orders,node=lookup}": 1,
        "ivr_query_seconds_sum{flow=orders,node=lookup}": 0.008,
        "ivr_transfers_total{flow=orders,how=refer,result=failed}": 1,
        "ivr_troubles_total{part=rasa}": 1,
        "ivr_media_late_frames_total{}": 1,
        "ivr_media_frames_total{}": 500,
        "ivr_media_packets_received_total{}": 498,
        "ivr_media_packets_sent_total{}": 500,
        "ivr_media_packets_lost_total{}": 2,
        "ivr_media_jitter_seconds_count{}": 1,
        "ivr_media_jitter_seconds_sum{}": 0.00125,
        "ivr_media_mos_count{}": 1,
        "ivr_media_mos_sum{}": mos(rating(2, 498, 1.25)),
    }
    assert totals == pytest.approx(expected)


def synthetic(outcome: str, *middle: j.Entry) -> list[j.Entry]:
    return [
        j.Opened(line="orders", flow="orders", caller="+14155550123"),
        j.CallAnswered(codec="PCMU"),
        e.CallStarted(flow="orders", caller="+14155550123", can_hear=False),
        a.NodeEntered(flow="orders", node="welcome", node_type="menu"),
        a.Asked(node="welcome", turn=1),
        *middle,
        a.Finished(outcome=outcome, at="welcome"),
        e.HungUp(by="caller"),
        j.Closed(frames=100, reason="bye"),
    ]


def test_outcomes_refusals_and_parts_of_turns_are_counted_over_many_calls() -> None:
    counted = Counted()
    spoken: list[j.Entry] = [
        e.VoiceStarted(voice_t=10, t=12, turn=1),
        e.VoiceStopped(voice_t=40, t=45, turn=1),
        a.EndListening(id=1, t=50, turn=1),
        e.Heard(id=1, engine="vosk", decode_s=0.05, in_grammar=False, t=55, turn=1),
        a.Answered(node="welcome", result="no_match", confidence=0.2, t=55, turn=1),
        a.Escalated(node="welcome", kind="no_match", count=1, t=55, turn=1),
        a.Say(id=2, text="x", language="en", t=55, turn=1),
        e.PromptStarted(id=2, sources=["recorded", "espeak"], t=56, turn=1),
    ]
    counted.fold(synthetic("resolved", *spoken))
    counted.fold(synthetic("transferred"))
    counted.fold(synthetic("abandoned", a.Answered(node="welcome", how="none", result="no_input", turn=1)))
    counted.fold([j.Opened(), j.Rejected(sip_status=503, reason="full"), j.Closed(reason="rejected")])
    shares = {it: counted.value("calls_ended_total", flow="orders", outcome=it) for it in ("resolved", "transferred",
              "abandoned", "rejected")}  # fmt: skip
    assert shares == {"resolved": 1, "transferred": 1, "abandoned": 1, "rejected": None}
    assert counted.value("calls_offered_total") == 4
    assert counted.value("calls_answered_total", flow="orders") == 3
    assert counted.value("calls_keys_only_total", flow="orders") == 3
    assert counted.value("calls_refused_total", status="503", reason="full") == 1
    assert counted.value("turn_part_seconds_sum", part="pause") == pytest.approx(0.2)
    assert counted.value("turn_part_seconds_sum", part="recognition") == pytest.approx(0.1)
    assert counted.value("turn_answer_seconds_sum", flow="orders", how="speech") == pytest.approx(0.32)
    assert counted.value("turn_answer_seconds_bucket", flow="orders", how="speech", le="0.3") == 0
    assert counted.value("turn_answer_seconds_bucket", flow="orders", how="speech", le="0.35") == 1
    assert counted.value("heard_total", engine="vosk", in_grammar="false") == 1
    assert counted.value("escalations_total", flow="orders", node="welcome", kind="no_match") == 1
    assert counted.value("prompts_total", source="espeak") == 1
    assert counted.value("recognition_confidence_count", flow="orders", node="welcome") == 1


def test_a_turn_that_no_prompt_answers_still_tells_its_parts() -> None:
    counted = Counted().fold(
        synthetic(
            "transferred",
            e.VoiceStopped(voice_t=40, t=45, turn=1),
            a.Understand(id=1, flow="orders", version="", language="en", hypotheses=[], t=50, turn=1),
            a.Answered(node="welcome", t=52, turn=1),
        )
    )
    assert counted.value("turn_part_seconds_sum", part="pause") == pytest.approx(0.2)
    assert counted.value("turn_answer_seconds_count", flow="orders", how="speech") is None


def test_lines_that_were_counted_before_only_build_the_state() -> None:
    entries = j.read(OLD.read_bytes())
    whole = Counted().fold(entries).totals()
    for cut in range(len(entries) + 1):
        halves = Counted()
        halves.fold(entries[:cut]).fold(entries, counted_lines=cut)
        assert halves.totals() == pytest.approx(whole), cut


def test_nothing_of_a_caller_is_a_label() -> None:
    counted = Counted().fold(j.read(OLD.read_bytes()))
    counted.fold(synthetic("resolved", a.NodeEntered(flow="orders", node='x"} 1\nevil', node_type="say")))
    text = generate_latest(counted.registry).decode()
    for secret in ("+1415", "4567", "where is my", CALL, "127.0.0.1", "evil"):
        assert secret not in text
    names = {counted.metrics.bounded("node", f"n{i}") for i in range(2 * MOST_VALUES)}
    assert len(names) <= MOST_VALUES + 1


@pytest.mark.parametrize(
    ("lost", "received", "jitter_ms", "low", "high"),
    [
        (0, 500, 0.0, 4.35, 4.42),  # G.711 on a clean line: 4.4
        (10, 990, 2.0, 4.2, 4.35),
        (50, 950, 5.0, 3.8, 3.95),  # G.113: Ie of 15 to 16 at 5 %
        (200, 800, 20.0, 1.9, 2.6),
        (500, 0, 0.0, 1.0, 1.5),
    ],
)
def test_the_opinion_score_falls_with_loss(lost: int, received: int, jitter_ms: float, low: float, high: float) -> None:
    assert low <= mos(rating(lost, received, jitter_ms)) <= high


def test_delay_of_a_shaky_line_costs_opinion() -> None:
    assert rating(0, 500, 100.0) < rating(0, 500, 5.0) - 10


class Folder:
    """A state folder with journals, counted by one services process after the other."""

    def __init__(self, state: Path) -> None:
        self.day = state / "journals" / "2026-11-23"
        self.day.mkdir(parents=True)
        self.state = state
        self.lines = OLD.read_bytes().splitlines(keepends=True)

    def put(self, call: str, lines: slice) -> None:
        with (self.day / f"{call}.jsonl").open("ab") as file:
            file.writelines(self.lines[lines])

    def counting(self, counted: Counted) -> Counting:
        return Counting(self.state / "journals", counted.metrics, self.state / "counted.json")


def passes(counting: Counting) -> None:
    while counting.step():
        pass


def test_journals_are_followed_while_they_grow(tmp_path: Path) -> None:
    folder, counted = Folder(tmp_path), Counted()
    counting = folder.counting(counted)
    folder.put(CALL, slice(0, 20))
    passes(counting)
    assert counted.value("calls_answered_total", flow="orders") == 1
    assert counted.value("call_seconds_count", flow="orders") is None
    folder.put(CALL, slice(20, None))
    passes(counting)
    passes(counting)
    assert counted.totals() == pytest.approx(Counted().fold(j.read(OLD.read_bytes())).totals())
    assert counting.status() == {"open": 0}


def test_a_new_process_counts_on_where_the_last_one_stopped(tmp_path: Path) -> None:
    folder, first, second = Folder(tmp_path), Counted(), Counted()
    folder.put(CALL, slice(0, 20))
    folder.put(OTHER_CALL, slice(0, None))
    counting = folder.counting(first)
    passes(counting)
    counting.note()
    folder.put(CALL, slice(20, None))
    third = OTHER_CALL.replace("2222", "3333")
    folder.put(third, slice(0, None))
    again = folder.counting(second)
    passes(again)
    both: dict[str, Any] = dict(first.totals())
    for name, value in second.totals().items():
        both[name] = both.get(name, 0) + value
    three = Counted()
    for _ in range(3):
        three.fold(j.read(OLD.read_bytes()))
    assert both == pytest.approx(three.totals())
    again.note()
    assert set(json.loads((tmp_path / "counted.json").read_text())["lines"]) <= {CALL, OTHER_CALL, third}
    last = Counted()
    passes(folder.counting(last))
    assert last.totals() == {}
