"""Fields, grammars and prompts of VoiceXML as slots and texts."""

import re
from typing import Any
from xml.etree.ElementTree import Element

from ivr.insight.importing.draft import Draft, spoken
from ivr.insight.importing.vxml_files import every, kind

TYPES = {
    "boolean": "yes_no", "digits": "digits", "number": "number", "date": "date", "time": "time", "currency": "amount",
    "phone": "phone",
}  # fmt: skip
"""Built-in grammars (VoiceXML 2.0, appendix P) -> fields."""


def field_of(field: Element, draft: Draft, where: str) -> dict[str, Any]:
    """By its type, else any words."""
    written = field.get("type", "")
    for grammar in every(field, "grammar"):
        written = written or grammar.get("src", "").removeprefix("builtin:grammar/").removeprefix("builtin:dtmf/")
    name, _, settings = written.partition("?")
    if name not in TYPES:
        draft.leave(where, f"grammar {written or 'inline'}", "choose a field and its words; it takes any words now")
        return {"field": "free_text"}
    found: dict[str, Any] = {"field": TYPES[name]}
    given = dict(re.findall(r"(\w+)=(\d+)", settings))
    if name == "digits" and given:
        least, most = given.get("minlength", "1"), given.get("maxlength", "20")
        length = given.get("length", "")
        found["length"] = length or f"{least}..{most}"
    return found


def choice_of(field: Element) -> dict[str, Any] | None:
    """From `<option>`, or the items of an inline XML grammar; None when there are not two."""
    choices = []
    for option in every(field, "option"):
        words = spoken("".join(option.itertext()))
        if words:
            choice = {"value": spoken(option.get("value", "")) or words, "phrases": [words]}
            key = option.get("dtmf", "").replace(" ", "")
            choices.append(choice | ({"key": key} if key else {}))
    for grammar in every(field, "grammar"):
        if grammar.get("mode") == "dtmf":
            continue
        for item in (it for it in grammar.iter() if kind(it) == "item"):
            words = spoken(" ".join(t for part in [item, *item] if kind(part) != "tag" for t in [part.text or ""]))
            if words and not any(choice["value"] == words for choice in choices):
                choices.append({"value": words, "phrases": [words]})
    return {"field": "choice", "choices": choices} if len(choices) > 1 else None


def prompt_of(element: Element, values: dict[str, str], draft: Draft, where: str) -> str:
    """What its own prompts say, `<value expr="x"/>` as `{x}` where x is a field."""
    said = []
    for prompt in every(element, "prompt", "audio"):
        text = "".join(_words(prompt, draft, where))
        if text.strip():
            said.append(spoken(text, values))
            draft.count("prompts")
    return " ".join(said)


def _words(element: Element, draft: Draft, where: str) -> list[str]:
    found = []
    if kind(element) == "value":
        found.append("{" + re.sub(r"[{}|:]", "", element.get("expr", "")) + "}")
    elif kind(element) == "audio":
        draft.leave(where, f"recording {element.get('src', '')}", "put it into prompts/ (docs/speaking.md)")
    elif kind(element) == "enumerate":
        draft.leave(where, "<enumerate>", "nothing: on the keypad the labels are read")
    found.append(_braceless(element.text))
    for child in element:
        found += [*_words(child, draft, where), _braceless(child.tail)]
    return found


def _braceless(text: str | None) -> str:
    return (text or "").replace("{", "").replace("}", "")
