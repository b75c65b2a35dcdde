"""What callers said that matched nothing, alike phrases together: candidates for new examples."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from unicodedata import normalize

from sqlalchemy import Connection

from ivr.insight.figures.span import CHOSEN, Span, rows

MOST = 1000
"""Different phrases that are looked at, the most frequent first: clustering takes their square."""
LONGEST = 300
"""Letters of a phrase that are looked at."""
APART = 0.75
"""Mean cosine distance from which phrases are not alike."""


@dataclass(frozen=True)
class Phrase:
    """Words as they were heard, in lower case, and in how many turns."""

    words: str
    times: int


@dataclass(frozen=True)
class Group:
    """Alike phrases said to one node, the most frequent first."""

    flow: str
    node: str
    language: str
    phrases: tuple[Phrase, ...]

    @property
    def times(self) -> int:
        return sum(phrase.times for phrase in self.phrases)


def groups(connection: Connection, span: Span) -> list[Group]:
    """The most frequent group first. Only what may be kept of a call is here (consent, sensitive steps).
    Raises SQLAlchemyError."""
    statement = f"""
      select c.flow, t.node, t.language, lower(coalesce(nullif(t.text, ''), t.heard_text)) as words, count(*) as times
        from ivr.turns t join ivr.calls c on c.id = t.call
       where {CHOSEN} and t.result in ('no_match', 'unsure') and coalesce(nullif(t.text, ''), t.heard_text) <> ''
       group by 1, 2, 3, 4 order by 5 desc, 1, 2, 3, 4 limit :most
    """
    return grouped(rows(connection, span, statement, most=MOST))


def count(connection: Connection, span: Span) -> int:
    """Turns with such phrases."""
    statement = f"""
      select count(*) as turns from ivr.turns t join ivr.calls c on c.id = t.call
       where {CHOSEN} and t.result in ('no_match', 'unsure') and coalesce(nullif(t.text, ''), t.heard_text) <> ''
    """
    return int(rows(connection, span, statement)[0]["turns"])


def grouped(found: Iterable[Mapping[str, Any]]) -> list[Group]:
    """Rows of flow, node, language, words and times, alike ones of a place together; the most frequent group first."""
    places: dict[tuple[str, str, str], list[Phrase]] = defaultdict(list)
    for row in found:
        places[row["flow"], row["node"], row["language"]].append(Phrase(row["words"], row["times"]))
    groups = [Group(*place, tuple(alike)) for place, phrases in places.items() for alike in together(phrases)]
    return sorted(groups, key=lambda group: (-group.times, group.flow, group.node, group.phrases[0].words))


def together(phrases: Sequence[Phrase]) -> list[list[Phrase]]:
    """Phrases that share pieces of words: TF-IDF of 2 to 4 letters, average linkage. Blank ones are left out."""
    phrases = [phrase for phrase in phrases if phrase.words.strip()]
    if len(phrases) < 2:
        return [phrases] if phrases else []
    from sklearn.cluster import AgglomerativeClustering
    from sklearn.feature_extraction.text import TfidfVectorizer

    # decomposed: Korean stems and endings meet inside a syllable, so that whole syllables hide what is alike
    words = [normalize("NFD", phrase.words[:LONGEST]) for phrase in phrases]
    found = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 4)).fit_transform(words).toarray()
    linked = AgglomerativeClustering(None, metric="cosine", linkage="average", distance_threshold=APART)
    made: dict[int, list[Phrase]] = defaultdict(list)
    for number, phrase in zip(linked.fit_predict(found), phrases, strict=True):
        made[int(number)].append(phrase)
    return [sorted(alike, key=lambda one: (-one.times, one.words)) for alike in made.values()]
