"""The built-in classifier: right intents, low confidence outside, an n-best and expectations that count."""

import asyncio
from pathlib import Path

import numpy as np
import pytest

from ivr.events import Hypothesis
from ivr.flow.examples import Nlu, example
from ivr.nlu import ParserUnavailable
from ivr.nlu.builtin import KEPT, Builtin
from ivr.nlu.classifier import Classifier
from ivr.nlu.parsed import Parsed
from ivr.nlu.training import Example, TrainingSet, training_set
from tests.nlu.orders import orders

NEW = {
    "query_order": [
        "where is my package", "did my order ship yet", "i'm calling to track a delivery", "status of 5 5 1 2 please",
        "when is order nine nine two one coming", "could you check on my order",
    ],
    "cancel_order": [
        "cancel that please", "i need to cancel it", "stop order four four one one", "i do not want my order anymore",
        "please cancel my purchase",
    ],
    "opening_hours": ["are you open tomorrow", "when do you close on sunday", "what hours are you open", "hours"],
    "return_item": ["how do i return these shoes", "i would like my money back", "i want to send the shirt back"],
    "command.agent": ["give me a real person", "can i talk to an operator", "AGENT!", "speak to a human please"],
}  # fmt: skip
OUTSIDE = [
    "what is the capital of france", "it is raining outside", "my cat is very old", "play some jazz music",
    "the quick brown fox jumps", "how many planets are there", "purple monkey dishwasher", "i had soup for lunch",
    "book a flight to boston", "xyzzy plugh",
]  # fmt: skip


@pytest.fixture(scope="module")
def builtin() -> Builtin:
    parser = Builtin()
    parser.publish([orders()])
    return parser


def parse(parser: Builtin, *texts: str | Hypothesis, expected: tuple[str, ...] = ()) -> Parsed:
    heard = [t if isinstance(t, Hypothesis) else Hypothesis(text=t, confidence=1.0) for t in texts]
    return asyncio.run(parser.parse(heard, "orders", "v1", "en", expected))


@pytest.mark.parametrize(("intent", "text"), [(i, t) for i, texts in NEW.items() for t in texts])
def test_new_sentences_find_their_intent(builtin: Builtin, intent: str, text: str) -> None:
    best = parse(builtin, text).intents[0]
    assert best.name == intent
    assert best.confidence >= 0.35


@pytest.mark.parametrize("text", OUTSIDE)
def test_what_no_intent_means_is_doubted(builtin: Builtin, text: str) -> None:
    assert all(i.confidence < 0.45 for i in parse(builtin, text).intents)


def test_confidences_are_chances(builtin: Builtin) -> None:
    for text in [*OUTSIDE, *(t for texts in NEW.values() for t in texts)]:
        chances = [i.confidence for i in parse(builtin, text).intents]
        assert chances == sorted(chances, reverse=True)
        assert 0 <= sum(chances) <= 1.001


def test_an_example_word_for_word_is_sure(builtin: Builtin) -> None:
    assert parse(builtin, "What's the status of my order?").intents[0].name == "query_order"
    assert parse(builtin, "I changed my mind about my order.").intents[0].confidence >= 0.95


def test_case_punctuation_and_the_form_of_numbers_make_no_difference(builtin: Builtin) -> None:
    forms = ["Where is order 4567?", "where is order four five six seven", "WHERE IS ORDER 9 8 7"]
    scores = [parse(builtin, form).intents[0] for form in forms]
    assert len({(s.name, s.confidence) for s in scores}) == 1


@pytest.mark.parametrize("text", ["", "   ", "...", "?!", "\0", "😀"])
def test_nothing_said_means_nothing(builtin: Builtin, text: str) -> None:
    assert all(i.confidence < 0.45 for i in parse(builtin, text).intents)
    assert asyncio.run(builtin.parse([], "orders", "v1", "en", [])) == Parsed()


def test_expected_intents_come_first_when_it_is_close(builtin: Builtin) -> None:
    text = "when will my order be cancelled"
    free = parse(builtin, text).intents
    narrowed = parse(builtin, text, expected=("query_order", "opening_hours")).intents
    chance = {i.name: i.confidence for i in free}
    now = {i.name: i.confidence for i in narrowed}
    assert now["query_order"] > chance["query_order"]
    assert now["cancel_order"] < chance["cancel_order"]
    sure = parse(builtin, "please cancel my order", expected=("opening_hours",)).intents[0]
    assert sure.name == "cancel_order", "a clear digression stays one"


def test_the_n_best_list_counts_by_its_confidences(builtin: Builtin) -> None:
    wrong, right = "can sell my odor", "cancel my order"
    heard = [Hypothesis(text=wrong, confidence=0.5), Hypothesis(text=right, confidence=0.45)]
    both = parse(builtin, *heard)
    assert both.intents[0].name == "cancel_order"
    assert both.text == right, "the text that speaks for the intent is the one that won"
    assert both.intents[0].confidence > parse(builtin, wrong).intents[0].confidence


def test_entities_come_from_lists_synonyms_patterns_and_figures(builtin: Builtin) -> None:
    def found(text: str) -> list[tuple[str, str]]:
        return [(e.name, e.value) for e in parse(builtin, text).entities]

    assert found("where is order four five six seven") == [("order_id", "4567")]
    assert found("it's 45 67") == [("order_id", "4567")]
    assert found("cancel double four one two") == [("order_id", "4412")]
    assert found("i return the winter coat and the denims") == [("item", "winter coat"), ("item", "jeans")]
    assert found("are you open on sunday") == [("day", "sunday")]
    assert found("a shirt in size 12 blue") == [("item", "shirt"), ("item", "size 12 blue")]
    assert found("that one please") == [], "one digit is no order number"


def test_one_threshold_means_the_same_in_flows_of_different_size() -> None:
    small = {k: v for k, v in orders().intents.items() if k in ("query_order", "opening_hours")}
    for intents in (small, orders().intents):
        classifier = Classifier(TrainingSet("f", "1", "en", intents))
        inside = [t for name in small for t in NEW[name]]
        accepted = np.mean([classifier.classify([t])[0][0][1] >= 0.45 for t in inside])
        refused = np.mean([classifier.classify([t])[0][0][1] < 0.45 for t in OUTSIDE])
        assert accepted >= 0.7
        assert refused >= 0.9


def test_a_new_version_with_the_same_examples_needs_no_training(builtin: Builtin) -> None:
    assert builtin.intents("orders", "v2", "en") == frozenset()
    before = builtin._models["orders", "v1", "en"]
    builtin.publish([orders("v2")])
    assert builtin._models["orders", "v2", "en"] is before


@pytest.mark.parametrize("texts", [["yes"], ["yes", "yes please"]])
def test_a_flow_with_one_intent_and_few_examples_still_trains(texts: list[str]) -> None:
    nlu = Nlu("en", intents={"agree": [example(t) for t in texts]})
    parser = Builtin()
    parser.publish([training_set("orders", "v1", nlu)])
    assert parse(parser, "yes").intents[0].name == "agree"
    assert all(i.confidence < 0.5 for i in parse(parser, "what is the weather").intents)


def test_a_flow_without_examples_understands_nothing() -> None:
    parser = Builtin()
    parser.publish([training_set("orders", "v1", Nlu("en"))])
    assert parse(parser, "hello").intents == []


def test_korean_is_understood() -> None:
    said = {
        "status": "주문 어디 있어요, 주문 상태 알려 주세요, 배송 언제 와요",
        "cancel": "주문 취소해 주세요, 취소할게요, 취소하고 싶어요",
    }
    nlu = Nlu("ko", intents={n: [example(t) for t in texts.split(", ")] for n, texts in said.items()})
    parser = Builtin()
    parser.publish([training_set("orders", "v1", nlu)])
    heard = [Hypothesis(text="제 주문 취소하고 싶은데요", confidence=0.9)]
    assert asyncio.run(parser.parse(heard, "orders", "v1", "ko", [])).intents[0].name == "cancel"


def test_an_unknown_version_is_said_and_a_kept_one_serves_after_a_restart(tmp_path: Path) -> None:
    first = Builtin(tmp_path)
    first.publish([orders("abc123")])
    heard = [Hypothesis(text="cancel my order", confidence=1.0)]
    again = Builtin(tmp_path)
    assert asyncio.run(again.parse(heard, "orders", "abc123", "en", [])).intents[0].name == "cancel_order"
    with pytest.raises(ParserUnavailable, match="no classifier"):
        asyncio.run(again.parse(heard, "orders", "ffffff", "en", []))
    again.publish([orders("def456")])
    asyncio.run(again.parse(heard, "orders", "ffffff", "en", []))  # not trained yet: the flow's last one answers
    with pytest.raises(ParserUnavailable, match="no classifier"):
        asyncio.run(again.parse(heard, "orders", "ffffff", "ko", []))
    with pytest.raises(ParserUnavailable):
        asyncio.run(again.parse(heard, "../../etc", "abc123", "en", []))


def test_only_the_newest_versions_are_kept(tmp_path: Path) -> None:
    for number in range(KEPT + 3):
        small = TrainingSet("orders", f"v{number}", "en", {"yes": (Example(f"yes {number}"),)})
        Builtin(tmp_path).publish([small])
    assert len(list(tmp_path.glob("*"))) == KEPT
    assert (tmp_path / f"v{KEPT + 2}" / "orders.en.pickle").is_file()


def test_what_is_kept_is_used_when_it_fits_and_trained_anew_when_not(tmp_path: Path) -> None:
    Builtin(tmp_path).publish([orders()])
    (file,) = tmp_path.glob("v1/*")
    before = file.stat().st_mtime_ns
    Builtin(tmp_path).publish([orders()])
    assert file.stat().st_mtime_ns == before
    Builtin(tmp_path).publish([orders(greet="good day to you")])
    assert file.stat().st_mtime_ns > before
    file.write_bytes(b"torn")
    parser = Builtin(tmp_path)
    parser.publish([orders()])
    assert parse(parser, "cancel my order").intents[0].name == "cancel_order"
