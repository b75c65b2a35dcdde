"""Sentence embeddings: tokens and shapes with made-up weights, likeness with the real ones, understanding with them."""

import asyncio
import json
from pathlib import Path

import numpy as np
import pytest

from ivr import models
from ivr.events import Hypothesis
from ivr.nlu.builtin import Builtin
from ivr.nlu.minilm import MiniLM
from tests.nlu.orders import orders
from tests.nlu.test_builtin import OUTSIDE

WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "where", "is", "my", "order", "##s", "'", "cafe", "?"]


def made_up(folder: Path) -> Path:
    """The model's files with few words and weights by chance."""
    rng = np.random.default_rng(0)
    shapes = {
        "embeddings.word_embeddings.weight": (len(WORDS), 384),
        "embeddings.position_embeddings.weight": (64, 384),
        "embeddings.token_type_embeddings.weight": (2, 384),
        "embeddings.LayerNorm.weight": (384,),
        "embeddings.LayerNorm.bias": (384,),
    }
    for layer in range(6):
        for part, size in (
            ("attention.self.query", (384, 384)),
            ("attention.self.key", (384, 384)),
            ("attention.self.value", (384, 384)),
            ("attention.output.dense", (384, 384)),
            ("intermediate.dense", (1536, 384)),
            ("output.dense", (384, 1536)),
        ):
            shapes[f"encoder.layer.{layer}.{part}.weight"] = size
            shapes[f"encoder.layer.{layer}.{part}.bias"] = size[:1]
        for part in ("attention.output.LayerNorm", "output.LayerNorm"):
            shapes[f"encoder.layer.{layer}.{part}.weight"] = shapes[f"encoder.layer.{layer}.{part}.bias"] = (384,)
    header, data = {}, b""
    for name, shape in shapes.items():
        raw = (rng.normal(size=shape) * 0.05).astype("<f4").tobytes()
        header[name] = {"dtype": "F32", "shape": list(shape), "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    told = json.dumps({"__metadata__": {"format": "pt"}, **header}).encode()
    (folder / "model.safetensors").write_bytes(len(told).to_bytes(8, "little") + told + data)
    (folder / "vocab.txt").write_text("\n".join(WORDS), encoding="utf-8")
    return folder


def test_words_become_pieces(tmp_path: Path) -> None:
    model = MiniLM(made_up(tmp_path))
    names = [WORDS[n] for n in model.tokens("Where's my ORDERS, café?")]
    assert names == ["[CLS]", "where", "'", "[UNK]", "my", "order", "##s", "[UNK]", "cafe", "?", "[SEP]"]
    assert len(model.tokens("order " * 500)) == 64


def test_a_text_has_the_same_embedding_alone_and_in_a_batch(tmp_path: Path) -> None:
    alone, batch = MiniLM(made_up(tmp_path)), MiniLM(tmp_path)
    texts = ["where is my order", "my", "", "orders orders orders orders is my"]
    together = batch.embed(texts)
    assert together.shape == (4, 384)
    assert np.allclose(np.linalg.norm(together, axis=1), 1, atol=1e-4)
    for text, vector in zip(texts, together, strict=True):
        assert np.allclose(alone.embed([text])[0], vector, atol=1e-4)
    assert alone.embed([]).shape == (0, 384)


def test_a_model_that_cannot_be_loaded_costs_only_its_help(tmp_path: Path) -> None:
    (tmp_path / "vocab.txt").write_text("x")
    (tmp_path / "model.safetensors").write_bytes(b"\x02\0\0\0\0\0\0\0{}")
    for folder in (tmp_path, tmp_path / "none"):
        parser = Builtin(embeddings=folder)
        parser.publish([orders()])
        heard = [Hypothesis(text="cancel my order", confidence=1.0)]
        assert asyncio.run(parser.parse(heard, "orders", "v1", "en", [])).intents[0].name == "cancel_order"


def real() -> Path:
    folder = models.path("minilm-en")
    if folder is None:
        pytest.skip("minilm-en is not installed")
    return folder


def test_sentences_of_one_meaning_are_near() -> None:
    a, b, c = MiniLM(real()).embed(["the cat sat on the mat", "a feline rested on the rug", "the stock market fell"])
    assert float(a @ b) > 0.5
    assert float(a @ c) < 0.2


def test_meaning_helps_where_words_do_not(tmp_path: Path) -> None:
    parser = Builtin(tmp_path, embeddings=real())
    parser.publish([orders()])

    def best(text: str) -> tuple[str, float]:
        heard = [Hypothesis(text=text, confidence=1.0)]
        intents = asyncio.run(parser.parse(heard, "orders", "v1", "en", [])).intents
        return (intents[0].name, intents[0].confidence) if intents else ("", 0.0)

    for text in ("what happened to my delivery", "is my parcel coming today"):
        assert best(text)[0] == "query_order"
    assert sum(best(text)[1] < 0.45 for text in OUTSIDE) >= 9
    assert list(tmp_path.rglob("*.pickle"))
    words_only = Builtin(tmp_path)
    words_only.publish([orders()])  # what was trained with embeddings is not used without them
    heard = [Hypothesis(text="cancel my order", confidence=1.0)]
    assert asyncio.run(words_only.parse(heard, "orders", "v1", "en", [])).intents[0].name == "cancel_order"
