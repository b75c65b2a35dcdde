from ivr.asr.vosk_words import in_model_words, split
from ivr.flow.acceptor import accept
from tests.asr.conftest import phrases

KNOWN = {"한국어", "한국", "로", "어로", "해", "주세요", "맞", "아요", "네"}.__contains__


def test_unknown_words_are_said_in_the_fewest_known_pieces() -> None:
    assert split("한국어로", KNOWN) == ("한국어", "로")
    assert split("맞아요", KNOWN) == ("맞", "아요")
    assert split("영어", KNOWN) == ()


def test_grammar_and_phrases_speak_the_model_s_words() -> None:
    model = in_model_words(phrases("한국어로 해 주세요", "네", "영어로", language="ko"), KNOWN)
    assert model.grammar.phrases == ["한국어 로 해 주세요", "네"]
    parse = accept(model.grammar, ["한국어", "로", "해", "주세요"])
    assert parse is not None
    assert parse.intent == "한국어로_해_주세요"
    assert accept(model.grammar, ["영어로"]) is None
    assert model.lost == ["영어로"]
    assert model.rejoined(["한국어", "로", "해", "주세요"]) == [["한국어", "로"], ["해"], ["주세요"]]


def test_a_grammar_that_is_known_stays_as_it_is() -> None:
    grammar = phrases("네", language="ko")
    assert in_model_words(grammar, KNOWN).grammar is grammar
