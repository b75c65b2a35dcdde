"""Rasa over HTTP (`POST /model/parse`), with a deadline and a circuit breaker."""

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx

from ivr.breaker import Breaker
from ivr.events import Entity, Hypothesis
from ivr.nlu import ParserUnavailable
from ivr.nlu.entities import EntityFinder
from ivr.nlu.parsed import Parsed, together
from ivr.nlu.rasa_names import of_flow
from ivr.nlu.speech_text import speech_like
from ivr.nlu.training import TrainingSet, digest

ASKED = 2
"""Hypotheses that Rasa is asked about: each costs it about 12 ms."""
LEAST_SHARE = 0.3
"""A hypothesis is asked about when it has this share of the best one's confidence."""


class Rasa:
    """ports.IntentParser. Serves the languages and flows that the running model was trained for."""

    name = "rasa"

    def __init__(self, address: Path | str, deadline_s: float = 0.35, client: httpx.AsyncClient | None = None) -> None:
        """`address`: the file `run/rasa.json` that `ivr rasa` writes (re-read when it changes), or the URL of a Rasa
        that somebody else runs, whose model may or may not prefix its intents. `deadline_s`: below the turn's own, so
        that the built-in parser still has its time."""
        self.file = address if isinstance(address, Path) else None
        self.deadline_s = deadline_s
        self.breaker = Breaker()
        self._served: dict[str, Any] = {"url": address} if isinstance(address, str) else {}
        self._stamp = 0
        self._client = client
        self._hashes: dict[tuple[str, str, str], str] = {}
        self._finders: dict[tuple[str, str, str], EntityFinder] = {}

    def publish(self, sets: Sequence[TrainingSet]) -> None:
        """Which examples belong to which version of a flow: a model serves it when it was trained on just these."""
        for one in sets:
            key = (one.flow, one.version, one.language)
            self._hashes[key] = digest([one])
            self._finders[key] = EntityFinder(one)

    async def parse(
        self, hypotheses: Sequence[Hypothesis], flow: str, version: str, language: str, expected: Sequence[str]
    ) -> Parsed:
        """Raises ParserUnavailable: away, late, wrong answer, or a language or version that it does not serve."""
        url, token = self._serving(flow, version, language)  # first: a server that is new closes the breaker
        if self.breaker.open:
            raise ParserUnavailable(self.breaker.why)
        best = max((h.confidence for h in hypotheses), default=0.0)
        some = [h for h in hypotheses if h.text.strip() and h.confidence >= LEAST_SHARE * best][:ASKED]
        if not some:
            return Parsed()
        try:
            async with asyncio.timeout(self.deadline_s):
                answers = await asyncio.gather(*(self._ask(url, token, h.text) for h in some))
        except TimeoutError:
            self.breaker.failed("rasa late")
            raise ParserUnavailable("rasa late") from None
        except httpx.HTTPError:
            self.breaker.failed("rasa away")
            raise ParserUnavailable("rasa away") from None
        except (ValueError, TypeError, KeyError) as error:
            self.breaker.failed("rasa answers wrongly")
            raise ParserUnavailable("rasa answers wrongly") from error
        self.breaker.worked()
        chances = [of_flow(flow, ranking, own=self.file is not None) for ranking, _ in answers]
        intents, winner = together(some, chances, expected)
        finder = self._finders.get((flow, version, language))
        ours = finder.find(some[winner].text) if finder else []
        return Parsed(intents, _merged(answers[winner][1], ours), some[winner].text)

    def late(self) -> None:
        """Whoever asked did not wait for the end of `parse`."""
        self.breaker.failed("rasa late")

    async def close(self) -> None:
        if self._client is not None:
            await self._client.aclose()

    def _serving(self, flow: str, version: str, language: str) -> tuple[str, str]:
        """URL and token of the server, when its model is the one for this call."""
        if self.file is None:
            return self._served["url"], ""
        self._read()
        if not self._served:
            raise ParserUnavailable("rasa not ready")
        if self._served["language"] != language:
            raise ParserUnavailable(f"rasa does not serve {language}")
        wanted = self._hashes.get((flow, version, language))
        if wanted is None or self._served["flows"].get(flow) != wanted:
            raise ParserUnavailable("rasa serves another version")
        return self._served["url"], self._served.get("token", "")

    def _read(self) -> None:
        assert self.file is not None
        try:
            stat = self.file.stat()
            if stat.st_mtime_ns == self._stamp:
                return
            served = json.loads(self.file.read_text(encoding="utf-8"))
            if not isinstance(served["flows"], dict) or not served["url"].startswith("http://127.0.0.1:"):
                raise ValueError
            self._served = served | {"language": str(served["language"])}
            self._stamp = stat.st_mtime_ns
            self.breaker.worked()  # another server or model: what the last one did says nothing
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            self._served, self._stamp = {}, 0

    async def _ask(self, url: str, token: str, text: str) -> tuple[list[tuple[str, float]], list[Entity]]:
        """Ranking and entities. Raises ValueError, TypeError or KeyError when the answer has not Rasa's shape."""
        if self._client is None:
            self._client = httpx.AsyncClient(timeout=self.deadline_s + 1, trust_env=False)
        answer = await self._client.post(
            f"{url}/model/parse", json={"text": speech_like(text)}, params={"token": token} if token else None
        )
        if answer.status_code != httpx.codes.OK:
            raise ValueError(answer.status_code)
        body = answer.json()
        ranking = [(str(one["name"]), _chance(one["confidence"])) for one in body["intent_ranking"] if one["name"]]
        if not ranking and body["intent"].get("name"):
            ranking = [(str(body["intent"]["name"]), _chance(body["intent"]["confidence"]))]
        entities = [
            Entity(
                name=str(one["entity"]),
                value=str(one["value"]),
                text=str(text[int(one["start"]) : int(one["end"])]) if speech_like(text) == text else str(one["value"]),
                confidence=_chance(one.get("confidence_entity", 0.9)),
            )
            for one in body["entities"]
        ]
        return ranking, entities


def _chance(value: Any) -> float:
    chance = float(value)
    if not 0 <= chance <= 1.0001:
        raise ValueError("a confidence is between 0 and 1")
    return chance


def _merged(rasas: list[Entity], ours: list[Entity]) -> list[Entity]:
    """Rasa's entities, and those of lists and figures that it has no value for: DIET misses numbers that it never saw,
    and gives them as they were spoken."""
    exact = {entity.name: entity for entity in ours}
    kept = [entity for entity in rasas if entity.name not in exact]
    return kept + ours
