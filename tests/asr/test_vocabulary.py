from pathlib import Path

import pytest

from ivr.asr.plain_text import can_stand, plain
from ivr.asr.spelling import FIGURES, LETTER, forms, kind
from ivr.asr.vocabulary import Vocabulary, letters_of


def test_reads_the_row_of_length_prefixed_strings(tmp_path: Path) -> None:
    long = b"a" * 300
    path = tmp_path / "tokenizer.bin"
    path.write_bytes(b"\x05<unk>\x00\x03\xe2\x96\x81" + bytes([300 % 128 + 128, 300 // 128]) + long + b"\x01x")
    vocabulary = Vocabulary.read(path)
    assert vocabulary.pieces == [b"<unk>", b"", "▁".encode(), long, b"x"]
    path.write_bytes(b"\x05<un")
    with pytest.raises(ValueError, match="middle of token 0"):
        Vocabulary.read(path)


def test_text_joins_pieces_and_raw_bytes() -> None:
    vocabulary = Vocabulary([b"<unk>", b"<s>", b"</s>", "▁Caf".encode(), b"<0xC3>", b"<0xA9>", b"<0x41>", b"."])
    assert vocabulary.text([1, 3, 7, 2]) == "Caf."
    assert vocabulary.text([6]) == "A"
    assert vocabulary.letters[4] is None


@pytest.mark.parametrize(
    ("text", "letters"),
    [(" I'd", " i'd"), ("É", "e"), ("16-ounce,", "16 ounce "), ("$5", None), ("네", None), ("It’s", "it's")],
)
def test_letters(text: str, letters: str | None) -> None:
    assert letters_of(text) == letters


def test_forms() -> None:
    assert forms("latte") == ("latte",)
    assert "12" in forms("twelve")
    assert "20" in forms("twenty")
    assert "3rd" in forms("third")
    assert "12th" in forms("twelfth")
    assert forms("r")[0] == "r"
    assert "are" in forms("r")
    assert [kind(form) for form in ("x", "61", "are", "8th")] == [LETTER, FIGURES, "", ""]


def test_free_text_is_made_plain() -> None:
    assert plain("I’d like a 16-ounce latte, please.") == "i'd like a 16 ounce latte please"
    assert plain("It's $5.50 at 10:30!") == "it's $ 5.50 at 10:30"
    assert plain("...") == ""


def test_texts_that_want_another_word_cannot_stand() -> None:
    assert can_stand("where is my order")
    assert not can_stand("my number is")
    assert not can_stand("")
    assert can_stand("a"), "a letter alone is an answer"
