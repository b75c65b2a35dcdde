"""Words that point back: "cancel that one" means the order that was spoken of before."""

import re

_POINTS_BACK = {
    "en": re.compile(r"\b(that|this|the same|the last|the other)( (one|order|number|same))?\b|\bit\b", re.IGNORECASE),
    "ko": re.compile(r"그거|그것|이거|이것|그 주문|이 주문|그 번호|방금|같은"),
}


def points_back(text: str, language: str) -> bool:
    """The sentence speaks of something that was named before."""
    pattern = _POINTS_BACK.get(language)
    return bool(pattern and pattern.search(text))
