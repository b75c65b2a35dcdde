"""Words between two wishes in one sentence: "where is my order and what are your opening hours". A data file: one
entry a language."""

import re

JOINTS: dict[str, re.Pattern[str]] = {
    "en": re.compile(
        r"[?!.;]+(?=\s)(?:\s+(?:and|then|also|oh)\b)*|,?\s+(?:and|plus)(?:\s+(?:then|also|by the way|after that))*\s+"
        r"|,?\s+(?:and\s+)?(?:after that|as well as|oh and|also|then)\s+|,\s+",
        re.IGNORECASE,
    ),
    "ko": re.compile(r"[?!.;,]+\s+|\s*그리고\s+|(?<=\S)\s*하고\s+|\s+또\s+|\s+다음에\s+"),
}
MOST = 4
"""Wishes of one sentence."""


def parts_of(text: str, language: str) -> list[str]:
    """The parts of a sentence between its joints; one part, or more than MOST, is no list of wishes: none."""
    joint = JOINTS.get(language)
    parts = [part.strip(" ,.?!;") for part in joint.split(text)] if joint is not None else []
    parts = [part for part in parts if part]
    return parts if 1 < len(parts) <= MOST else []
