"""The knowledge base that `answer` nodes ask: which written answer fits a question, if any.

BM25 (Robertson, Zaragoza 2009) over words, beside it the likeness of sentence embeddings where there are some. What is
below the threshold is not answered: a wrong answer is worse than none.
"""

import asyncio
import math
import re
from collections import Counter, OrderedDict
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ivr.actions import Query
from ivr.business.cache import Answer
from ivr.flow.answers import Entry

Embed = Callable[[Sequence[str]], NDArray[np.float32]]
"""Texts -> (n, width), each of length 1."""

K1, B = 1.2, 0.6
WORDS_ONLY = 0.4
EMBEDDED = 0.3
"""Thresholds of the score; measured on the set of docs/business.md."""
EMBEDDING_SHARE = 0.7
VERSIONS = 24
"""Versions of flows that are kept: calls on an earlier one last an hour at most."""
COMMON = """
a an and any are be can could did do does for from have how i if in is it me my of on or please so tell that the there
this to was we what when where which who will with would you your about get got s m ll re
"""
"""English words that say nothing of what is asked."""

_COMMON = frozenset(COMMON.split())


def terms(text: str) -> list[str]:
    """Words without endings; where a language writes few spaces (Korean), pairs of letters."""
    found = []
    for word in re.findall(r"\w+", text.casefold()):
        if word.isascii():
            if word not in _COMMON:
                found.append(_stem(word))
        else:
            found += [word[n : n + 2] for n in range(max(1, len(word) - 1))]
    return found


def _stem(word: str) -> str:
    for ending in ("ings", "ing", "ies", "ed", "es", "s", "e", "y"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word[: -len(ending)]
    return word


class Index:
    """The answers of one flow and language."""

    def __init__(self, entries: Sequence[Entry], embed: Embed | None = None) -> None:
        self.entries = list(entries)
        # a question counts more than what its answer speaks of
        self._documents = [Counter(terms(" ".join(e.questions)) * 2 + terms(e.text)) for e in self.entries]
        self._lengths = [sum(document.values()) for document in self._documents]
        self._mean = (sum(self._lengths) / len(self._lengths) if self._lengths else 0.0) or 1.0
        held = Counter(term for document in self._documents for term in document)
        count = len(self.entries)
        self._weights = {term: math.log(1 + (count - n + 0.5) / (n + 0.5)) for term, n in held.items()}
        self._unknown = math.log(1 + (count + 0.5) / 0.5)
        self._embed = embed
        questions = [(n, text) for n, e in enumerate(self.entries) for text in (*e.questions, e.text)]
        self._owners = [n for n, _ in questions]
        self._vectors = embed([text for _, text in questions]) if embed is not None and questions else None

    @property
    def threshold(self) -> float:
        return WORDS_ONLY if self._vectors is None else EMBEDDED

    def find(self, question: str) -> list[tuple[float, Entry]]:
        """Answers, best first, with scores of 0 to 1."""
        scores = self._by_words(terms(question))
        if self._vectors is not None and self._embed is not None and question.strip():
            likeness = self._vectors @ self._embed([question.lower()])[0]
            near = [0.0] * len(self.entries)
            for owner, value in zip(self._owners, likeness.tolist(), strict=True):
                near[owner] = max(near[owner], value)
            scores = [(1 - EMBEDDING_SHARE) * s + EMBEDDING_SHARE * n for s, n in zip(scores, near, strict=True)]
        return sorted(zip(scores, self.entries, strict=True), key=lambda pair: -pair[0])

    def _by_words(self, asked: list[str]) -> list[float]:
        """BM25 as a share of what a perfect answer would score."""
        wanted = dict.fromkeys(asked)
        most = sum(self._weights.get(term, self._unknown) for term in wanted) * (K1 + 1) or 1.0
        scores = []
        for document, length in zip(self._documents, self._lengths, strict=True):
            norm = K1 * (1 - B + B * length / self._mean)
            score = sum(
                self._weights[term] * often * (K1 + 1) / (often + norm)
                for term in wanted
                if (often := document.get(term, 0))
            )
            scores.append(min(1.0, 1.6 * score / most))
        return scores


class KnowledgeBase:
    """Answers of all flows that serve; on one event loop."""

    def __init__(self, embedder: Callable[[str], Embed | None] | None = None) -> None:
        """`embedder`: of a language, where its model is installed; may take a second at the first call."""
        self.embedder = embedder or (lambda _: None)
        self._indexes: OrderedDict[tuple[str, str], dict[str, Index]] = OrderedDict()

    async def publish(self, answers: Mapping[tuple[str, str], Mapping[str, Sequence[Entry]]]) -> None:
        """(flow, version) -> language -> answers."""
        for key, languages in answers.items():
            if key not in self._indexes:
                self._indexes[key] = {
                    language: await asyncio.to_thread(Index, entries, self.embedder(language))
                    for language, entries in languages.items()
                }
            self._indexes.move_to_end(key)
        while len(self._indexes) > max(VERSIONS, len(answers)):
            self._indexes.popitem(last=False)

    async def ask(self, query: Query) -> Answer:
        """`ok` with {"title", "text", "score"}; `not_found` when it does not know."""
        request: dict[str, Any] = query.request
        index = self._index(str(request.get("flow")), str(request.get("version")), str(request.get("language", "en")))
        if index is None or not index.entries:
            return Answer("not_found")
        best, entry = (await asyncio.to_thread(index.find, str(query.parameters.get("question", ""))))[0]
        if best < index.threshold:
            return Answer("not_found")
        return Answer("ok", {"title": entry.questions[0], "text": entry.text, "score": round(best, 3)})

    def _index(self, flow: str, version: str, language: str) -> Index | None:
        """Of the call's version; one that is not ready yet is answered from the flow's newest."""
        found = self._indexes.get((flow, version))
        if found is None:
            found = next((i for (name, _), i in reversed(self._indexes.items()) if name == flow), {})
        return found.get(language)
