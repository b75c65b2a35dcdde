"""The flows' examples as one Rasa project a language: `nlu.yml` and `config.yml`. Pure but for `write`.

Texts are as a recognizer returns them: lower case, no punctuation, numbers also as spoken digits.
"""

import hashlib
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from ivr.language.table import LANGUAGES
from ivr.nlu.rasa_names import in_model
from ivr.nlu.speech_text import speech_like
from ivr.nlu.training import OUT_OF_SCOPE, Example, TrainingSet, digest, general_talk

FORMAT = "1"

# A line's examples are few: one small transformer layer costs 2.3 times less CPU to train than Rasa's usual two, and is
# as right (docs/understanding.md).
PIPELINE: list[dict[str, Any]] = [
    {"name": "WhitespaceTokenizer"},
    {"name": "RegexFeaturizer"},
    {"name": "LexicalSyntacticFeaturizer"},
    {"name": "CountVectorsFeaturizer"},
    {"name": "CountVectorsFeaturizer", "analyzer": "char_wb", "min_ngram": 1, "max_ngram": 4},
    {
        "name": "DIETClassifier",
        "epochs": 60,
        "number_of_transformer_layers": 1,
        "transformer_size": 128,
        "constrain_similarities": True,
        "random_seed": 42,
        "ranking_length": 0,
        "checkpoint_model": False,
    },
    {"name": "EntitySynonymMapper"},
    {"name": "RegexEntityExtractor", "use_lookup_tables": True, "use_regexes": True},
    {"name": "FallbackClassifier", "threshold": 0.3, "ambiguity_threshold": 0.05},
]


def project_hash(sets: Sequence[TrainingSet]) -> str:
    """16 hex digits: another one needs a new model."""
    content = f"{FORMAT}\n{json.dumps(PIPELINE, sort_keys=True)}\n{digest(sets)}"
    return hashlib.sha256(content.encode()).hexdigest()[:16]


def config(language: str) -> dict[str, Any]:
    return {"recipe": "default.v1", "language": language, "pipeline": PIPELINE}


def marked(example: Example) -> str:
    """The example in Rasa's notation: `where is [4567](order_id)`."""
    parts: list[str] = []
    at = 0
    for span in sorted(example.spans, key=lambda s: s.start):
        said = speech_like(example.text[span.start : span.end])
        parts.append(speech_like(example.text[at : span.start]))
        if said and span.value.casefold() == said:
            parts.append(f"[{said}]({span.name})")
        elif said:
            note = json.dumps({"entity": span.name, "value": span.value}, ensure_ascii=False)
            parts.append(f"[{said}]{note}")
        at = span.end
    parts.append(speech_like(example.text[at:]))
    return " ".join(part for part in parts if part)


def with_digits_spoken(example: Example, language: str) -> Example | None:
    """The same with figures as words: "4567" -> "four five six seven"; None when it has none."""
    words = LANGUAGES[language].say_digits if language in LANGUAGES else {}
    if not words or not any(c in words for c in example.text):
        return None
    text, shift = "", []
    for character in example.text:
        shift.append(len(text))
        spoken = words.get(character)
        text += character if spoken is None else (" " if text and text[-1] != " " else "") + spoken + " "
    shift.append(len(text))
    spans = tuple(type(s)(shift[s.start], shift[s.end], s.name, s.value) for s in example.spans)
    return Example(text, spans)


def training_data(sets: Sequence[TrainingSet], language: str) -> dict[str, Any]:
    """All flows' examples of one language, merged, as Rasa's `nlu.yml`."""
    intents: dict[str, dict[str, None]] = {}
    synonyms: dict[str, dict[str, None]] = {}
    lookups: dict[str, dict[str, None]] = {}
    regexes: dict[str, dict[str, None]] = {}
    for one in (s for s in sets if s.language == language):
        for name, examples in one.intents.items():
            lines = intents.setdefault(in_model(one.flow, name), {})
            for example in examples:
                spoken = with_digits_spoken(example, language)
                lines |= dict.fromkeys(line for e in (example, spoken) if e is not None and (line := marked(e)))
        for said, value in one.synonyms.items():
            synonyms.setdefault(value, {})[speech_like(said)] = None
        for table, given in ((lookups, one.lookups), (regexes, one.regexes)):
            for name, entries in given.items():
                table.setdefault(name, {}).update(dict.fromkeys(entries))
    known = {line for lines in intents.values() for line in lines}
    strange = [*general_talk(language), *(text for one in sets if one.language == language for text in one.outside)]
    intents[OUT_OF_SCOPE] = dict.fromkeys(t for s in strange if (t := speech_like(s)) not in known)
    nlu = [_block("intent", name, lines) for name, lines in intents.items() if lines]
    nlu += [_block("synonym", name, lines) for name, lines in synonyms.items()]
    nlu += [_block("lookup", name, {speech_like(line): None for line in lines}) for name, lines in lookups.items()]
    nlu += [_block("regex", name, lines) for name, lines in regexes.items()]
    return {"version": "3.1", "nlu": nlu}


def _block(kind: str, name: str, lines: dict[str, None]) -> dict[str, str]:
    return {kind: name, "examples": "".join(f"- {line}\n" for line in lines if line)}


def write(folder: Path, sets: Sequence[TrainingSet], language: str) -> None:
    """`nlu.yml` and `config.yml` in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    yaml = YAML(typ="safe", pure=True)
    yaml.default_flow_style = False
    yaml.allow_unicode = True
    yaml.width = 10_000
    for name, content in (("nlu.yml", training_data(sets, language)), ("config.yml", config(language))):
        out = io.StringIO()
        yaml.dump(content, out)
        (folder / name).write_text(out.getvalue(), encoding="utf-8")
