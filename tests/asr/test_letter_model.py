import math

from ivr.asr.letter_model import LetterModel, load


def test_names_are_likelier_than_what_only_sounds_alike() -> None:
    model = load()
    for name, alike in (("pittsburgh", "pittsvurgh"), ("green", "greem"), ("handerson", "handersol")):
        assert model.bonus(list(name)) > model.bonus(list(alike)) + 1


def test_letters_by_lot_lose_no_more_than_the_mixture_s_share() -> None:
    assert math.isclose(load().bonus(list("xqzvk")), math.log(0.5), abs_tol=0.05)


def test_only_runs_of_letters_count() -> None:
    model = load()
    assert model.bonus(["where", "is", "a", "b", "order"]) == 0.0
    assert model.bonus(["enter", "k", "e", "n", "five"]) == model.bonus(["k", "e", "n"])
    assert model.bonus([*"ken", "and", *"amy"]) == model.bonus([*"ken"]) + model.bonus([*"amy"])


def test_shares_sum_to_one() -> None:
    model = LetterModel({"": {"a": 3, "b": 1}, "a": {"b": 2}, "^aab"[1:]: {"a": 1}})
    letters = "abcdefghijklmnopqrstuvwxyz^"
    for context in ("^^^^", "^^^a", "^aab", "zzzz"):
        assert math.isclose(sum(model._share(context, letter) for letter in letters), 1.0)
