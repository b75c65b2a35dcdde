"""Texts that every flow has without writing them: all languages' own words (language/) as one `Text`."""

from functools import cache

from ivr.flow.listening import Retry, Settings
from ivr.flow.scalars import NodeName
from ivr.flow.text import Text
from ivr.language.conversation import PHRASES
from ivr.language.table import LANGUAGES


@cache
def built_in(name: str) -> Text:
    """Raises KeyError for a phrase that no language has. Names are those of language/english.py `phrases`."""
    texts = {code: language.phrases[name] for code, language in LANGUAGES.items() if name in language.phrases}
    texts |= {code: phrases[name] for code, phrases in PHRASES.items() if name in phrases}
    if not texts:
        raise KeyError(name)
    return Text(texts)


def retries(kind: str, agent: NodeName | None) -> tuple[Retry, ...]:
    """What `no_input` and `no_match` do when a flow does not say: again (or "did you mean ...?"), on the keypad,
    then a human or goodbye."""
    last = Retry(next=agent) if agent else Retry(say=built_in("goodbye"), hangup=True)
    return (
        Retry(say=built_in(kind), suggest=kind == "no_match"),
        Retry(say=built_in("use_keypad"), input=("keys",)),
        last,
    )


def settings(agent: NodeName | None) -> Settings:
    """Built-in settings of a flow whose human is reached at node `agent`."""
    return Settings(no_input=retries("no_input", agent), no_match=retries("no_match", agent))
