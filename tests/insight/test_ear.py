"""Sound is cut where the line is silent and each piece recognized once; one that goes on, now and then."""

import numpy as np

from ivr.insight.ear import AGAIN, KEEP, PIECE_END, Ear

FRAME = 320


def tone(frames: int) -> bytes:
    return (np.sin(np.arange(frames * 160)) * 5000).astype("<i2").tobytes()


class Recognizer:
    """Answers with the length of what it is given."""

    def __init__(self) -> None:
        self.asked: list[int] = []

    def __call__(self, pcm: bytes, language: str) -> str:
        assert len(pcm) % FRAME == 0
        self.asked.append(len(pcm) // FRAME)
        return f"{language}{len(pcm) // FRAME}"


def test_pieces_end_with_silence() -> None:
    heard, recognizer = bytearray(), Recognizer()
    ear = Ear(heard, recognizer)
    heard += bytes(20 * FRAME) + tone(50) + bytes((PIECE_END - 1) * FRAME)
    assert ear.listen("en") == []
    heard += bytes(FRAME * 2)
    assert ear.listen("en") == [f"en{50 + KEEP + KEEP - 1}"]
    assert ear.listen("en") == []
    assert ear.quiet == PIECE_END + 1


def test_short_pauses_cut_nothing_and_the_end_of_the_call_ends_a_piece() -> None:
    heard, recognizer = bytearray(), Recognizer()
    ear = Ear(heard, recognizer)
    for _ in range(4):
        heard += tone(30) + bytes(12 * FRAME)
    assert ear.listen("en") == []
    assert len(ear.listen("en", last=True)) == 1
    assert recognizer.asked == [4 * 42]


def test_a_piece_that_goes_on_is_recognized_again_only_when_there_is_more() -> None:
    heard, recognizer = bytearray(), Recognizer()
    ear = Ear(heard, recognizer)
    heard += tone(AGAIN)
    ear.listen("en")
    assert ear.so_far("en") == f"en{AGAIN}"
    heard += tone(5)
    ear.listen("en")
    assert ear.so_far("en") == f"en{AGAIN}"
    heard += tone(AGAIN)
    ear.listen("en")
    assert ear.so_far("en") == f"en{2 * AGAIN + 5}"
    assert len(recognizer.asked) == 2


def test_silence_is_nothing() -> None:
    heard, recognizer = bytearray(), Recognizer()
    ear = Ear(heard, recognizer)
    heard += bytes(200 * FRAME)
    assert ear.listen("en", last=True) == []
    assert ear.so_far("en") == ""
    assert (recognizer.asked, ear.spoke) == ([], -1)
