"""The remote engines against servers as others publish them, and our server for clients of others."""

import asyncio
import json
import threading
import time
from typing import Any

import numpy as np
import pytest
import soxr
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosedError
from websockets.sync.client import connect as connect_now

from ivr.asr.asr_server import Session, phrase_list_grammar
from ivr.asr.engines import ENGINES, EngineOptions
from ivr.asr.remote import RemoteFailed
from ivr.asr.rest import RestEngine
from ivr.asr.websocket import WebSocketEngine
from ivr.flow.acceptor import accept
from tests.asr.conftest import model, phrases, spoken
from tests.asr.remote_sides import Endpoint, as_published, endpoint, running_server
from tests.asr.test_contract import loaded

MENU = phrases("yes", "no", "where is my order")


class Kaldi:
    """Looks like a KaldiRecognizer that finds an utterance's end at each second piece."""

    def __init__(self, texts: list[str]) -> None:
        self.texts, self.pieces = texts, 0

    def AcceptWaveform(self, data: bytes) -> bool:
        self.pieces += 1
        return self.pieces % 2 == 0 and len(self.texts) > 1

    def Result(self) -> str:
        text = self.texts.pop(0)
        words = [{"word": w, "start": n, "end": n + 0.5, "conf": 0.8} for n, w in enumerate(text.split())]
        return json.dumps({"result": words, "text": text})

    FinalResult = Result

    def PartialResult(self) -> str:
        return json.dumps({"partial": self.texts[0].split()[0]})


def heard(engine: Any, pcm: bytes = b"\1\1" * 8000, grammar: Any = MENU) -> Any:
    stream = engine.start("en", grammar)
    stream.audio(pcm)
    return stream.end()


def test_a_server_as_published_gets_its_phrases_and_is_understood() -> None:
    seen: list[dict[str, Any]] = []
    url = as_published(lambda config: Kaldi(["where is", "my order"]), seen)
    result = heard(WebSocketEngine(url, ["en"]))
    best = result.hypotheses[0]
    assert (best.text, best.intent) == ("where is my order", "where_is_my_order")
    assert best.confidence == pytest.approx(0.8 * 0.95)
    assert [(w.text, w.start_t) for w in best.words] == [("where", 0), ("is", 50), ("my", 0), ("order", 50)]
    assert seen[0]["sample_rate"] == 8000
    assert seen[0]["phrase_list"] == ["yes", "no", "where is my order", "[unk]"]


def test_a_real_kaldi_model_behind_the_published_protocol() -> None:
    import vosk

    vosk.SetLogLevel(-1)
    korean = vosk.Model(str(model("vosk-ko")))

    def recognizer(config: dict[str, Any]) -> Any:
        kaldi = vosk.KaldiRecognizer(
            korean, config["sample_rate"], json.dumps(config["phrase_list"], ensure_ascii=False)
        )
        kaldi.SetWords(True)
        return kaldi

    url = as_published(recognizer, [])
    stream = WebSocketEngine(url, ["ko"], 10.0).start("ko", phrases("네", "영업 시간", language="ko"))
    stream.audio(spoken("영업 시간", "ko"))
    assert stream.end().hypotheses[0].text == "영업 시간"


@pytest.mark.parametrize("answer", ["not json", "[1]", '{"text": 5, "result": "x"}'])
def test_answers_that_are_not_the_protocol_s(answer: str) -> None:
    class Odd(Kaldi):
        def AcceptWaveform(self, data: bytes) -> bool:
            return False

        def PartialResult(self) -> str:
            return '{"partial": ""}'

        def FinalResult(self) -> str:
            return answer

    engine = WebSocketEngine(as_published(lambda config: Odd([]), []), ["en"])
    if answer.startswith("{"):
        assert not heard(engine).in_grammar
    else:
        with pytest.raises(RemoteFailed):
            heard(engine)


def test_a_server_that_is_away_or_late_fails_in_time() -> None:
    with pytest.raises(RemoteFailed):
        heard(WebSocketEngine("ws://127.0.0.1:1", ["en"], 0.5))

    class Slow(Kaldi):
        def AcceptWaveform(self, data: bytes) -> bool:
            time.sleep(1.5)
            return False

    began = time.monotonic()
    with pytest.raises(RemoteFailed):
        heard(WebSocketEngine(as_published(lambda config: Slow(["yes"]), []), ["en"], 0.4))
    assert time.monotonic() - began < 2.0


def test_a_connection_that_breaks_in_mid_utterance_is_made_again() -> None:
    class Breaking(Kaldi):
        made = 0

        def AcceptWaveform(self, data: bytes) -> bool:
            if Breaking.made == 1:
                raise RuntimeError("the server dies")
            return False

    def recognizer(config: dict[str, Any]) -> Any:
        Breaking.made += 1
        return Breaking(["yes"])

    stream = WebSocketEngine(as_published(recognizer, []), ["en"]).start("en", MENU)
    stream.audio(b"\1\1" * 800)
    time.sleep(0.3)
    stream.audio(b"\1\1" * 800)
    stream.audio(b"\1\1" * 800)
    assert stream.end().hypotheses[0].text == "yes"
    assert Breaking.made == 2


# --- our server for clients of others ---------------------------------------------------------------------------


async def as_test_py(url: str, pcm: bytes, config: dict[str, Any] | None) -> list[dict[str, Any]]:
    """As vosk-server's test.py does it: configuration, pieces with an answer each, eof."""
    answers = []
    async with connect(url) as connection:
        if config is not None:
            await connection.send(json.dumps({"config": config}))
        for at in range(0, len(pcm), 3200):
            await connection.send(pcm[at : at + 3200])
            answers.append(json.loads(await connection.recv()))
        await connection.send('{"eof" : 1}')
        answers.append(json.loads(await connection.recv()))
    return answers


def test_a_client_of_vosk_server_is_served() -> None:
    url = running_server(loaded("moonshine", "en"))
    pcm = spoken("where is my order")
    wide = soxr.resample(np.frombuffer(pcm, "<i2"), 8000, 16000).astype("<i2").tobytes()
    config = {"sample_rate": 16000, "words": 1, "phrase_list": ["yes", "no", "where is my order", "[unk]"]}
    answers = asyncio.run(as_test_py(url, wide, config))
    assert all("partial" in a or "text" in a for a in answers)
    texts = [a["text"] for a in answers if a.get("text")]
    assert texts == ["where is my order"]
    final = next(a for a in answers if a.get("text"))
    assert set(final) == {"text", "result"}
    assert [row["word"] for row in final["result"]] == ["where", "is", "my", "order"]
    assert set(final["result"][0]) == {"word", "start", "end", "conf"}


def test_pauses_end_utterances_for_clients_that_do_not() -> None:
    url = running_server(loaded("moonshine", "en"))
    pcm = spoken("yes", pad_s=0.5) + bytes(16000) + spoken("no", pad_s=0.5) + bytes(16000)
    answers = asyncio.run(as_test_py(url, pcm, {"phrase_list": ["yes", "no"], "sample_rate": 8000}))
    assert [a["text"] for a in answers if a.get("text")] == ["yes", "no"]
    assert answers[-1] == {"text": ""}


def test_alternatives_as_asked() -> None:
    url = running_server(loaded("moonshine", "en"))
    config = {"phrase_list": ["yes", "no"], "max_alternatives": 2}
    answers = asyncio.run(as_test_py(url, spoken("yes"), config))
    rows = next(a["alternatives"] for a in answers if a.get("alternatives"))
    assert rows[0]["text"] == "yes"
    assert set(rows[0]) == {"text", "confidence"}
    assert len(rows) <= 2


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        ("hello", "must be JSON"),
        ("[]", "must be an object"),
        ('{"what": 1}', "known messages"),
        ('{"config": {"sample_rate": "fast"}}', "sample_rate must be"),
        ('{"config": {"language": "xx"}}', "no engine for 'xx'"),
        ('{"config": {"grammar": {"language": "en", "arcs": [[{"to": 7}]], "finals": {}}}}', "not there"),
        ('{"config": {"grammar": 5}}', "grammar"),
    ],
)
def test_bad_configurations_are_refused_with_a_reason(message: str, reason: str) -> None:
    url = running_server(loaded("moonshine", "en"))
    with connect_now(url) as connection:
        connection.send(message)
        with pytest.raises(ConnectionClosedError) as closed:
            connection.recv(5)
    assert closed.value.rcvd is not None
    assert reason in closed.value.rcvd.reason


def test_odd_pieces_and_silence_do_no_harm() -> None:
    session = Session({"en": [loaded("moonshine", "en")]}, 8000, "auto")
    session.text('{"config": {"phrase_list": ["yes"], "sample_rate": 44100}}')
    for size in (1, 3, 0, 4411, 1000):
        assert json.loads(session.sound(bytes(size))) == {"partial": ""}
    assert session.text('{"reset" : 1}') == ('{"text": ""}', False)
    assert session.text('{"eof" : 1}') == ('{"text": ""}', True)


def test_phrase_lists_share_their_beginnings() -> None:
    grammar = phrase_list_grammar(["where is my order", "where is it", "yes"], "en")
    assert accept(grammar, ["where", "is", "it"]) is not None
    assert accept(grammar, ["where", "is"]) is None
    assert len(grammar.arcs) == 7


# --- rest -------------------------------------------------------------------------------------------------------


def handler(answer: Any) -> type[Endpoint]:
    return type("Scripted", (Endpoint,), {"answer": staticmethod(answer), "requests": []})


def test_rest_sends_what_an_openai_endpoint_takes() -> None:
    scripted = handler(lambda: (200, b'{"text": "Where is my order?"}'))
    engine = RestEngine(endpoint(scripted), ["en"], "whisper-large", "secret-key")
    result = heard(engine)
    assert (result.hypotheses[0].text, result.hypotheses[0].intent) == ("where is my order", "where_is_my_order")
    assert result.hypotheses[0].confidence == 0.7
    request = scripted.requests[0]
    assert request["path"] == "/v1/audio/transcriptions"
    assert request["key"] == "Bearer secret-key"
    assert (request["model"], request["language"]) == (b"whisper-large", b"en")
    assert request["prompt"] == b"yes, no, where is my order"
    assert request["file"][:4] == b"RIFF"


@pytest.mark.parametrize(
    "answer", [(500, b"{}"), (401, b"{}"), (200, b"not json"), (200, b"[]"), (200, b'{"text": null}')]
)
def test_rest_failures_are_remote_failures(answer: tuple[int, bytes]) -> None:
    with pytest.raises(RemoteFailed):
        heard(RestEngine(endpoint(handler(lambda: answer)), ["en"]))


def test_rest_that_is_late_is_given_up_in_time_and_others_get_their_turn() -> None:
    release = threading.Event()

    def late() -> tuple[int, bytes]:
        release.wait(5)
        return 200, b'{"text": "yes"}'

    turns = 0

    def give_way() -> None:
        nonlocal turns
        turns += 1

    stream = RestEngine(endpoint(handler(late)), ["en"], timeout_s=0.3).start("en", MENU, (), give_way)
    stream.audio(b"\1\1" * 8000)
    with pytest.raises(RemoteFailed):
        stream.end()
    release.set()
    assert turns > 5


def test_engines_without_an_address_are_left_out() -> None:
    for name in ("websocket", "rest"):
        with pytest.raises(ValueError, match="_url is not set"):
            ENGINES[name].load(None, "en", EngineOptions())
