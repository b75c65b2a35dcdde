"""Every language: one line each."""

from ivr.language.base import Language
from ivr.language.english import ENGLISH
from ivr.language.korean import KOREAN

LANGUAGES: dict[str, Language] = {"en": ENGLISH, "ko": KOREAN}


def language(code: str) -> Language:
    """`en`, also for `en-US`; raises KeyError with the codes that exist."""
    found = LANGUAGES.get(code) or LANGUAGES.get(code.split("-", maxsplit=1)[0])
    if found is None:
        raise KeyError(f"no language {code!r}; there are {', '.join(LANGUAGES)}")
    return found
