"""What is said and done when an answer does not come or does not fit."""

from ivr.dialogue.question import Question
from ivr.flow.listening import Retry, Settings
from ivr.flow.models import Anywhere, Option
from ivr.language import phrases


def retry(settings: Settings, kind: str, count: int) -> Retry:
    """The step for the `count`-th silence or mismatch in one visit; the last one stays."""
    steps = settings.no_input if kind == "no_input" else settings.no_match
    return steps[min(count, len(steps)) - 1] if steps else Retry()


def keypad_sentences(question: Question) -> list[str]:
    """How the question is answered by keys: "For the status of an order, press one.", one sentence a prompt."""
    language = question.language
    keyed = [(label(option, language), key) for key, option in question.keyed_options if key]
    sentences = phrases.keypad_options(language, [(text, key) for text, key in keyed if text])
    sentences += [
        sentence
        for entry in question.anywhere
        if question.options and entry.key and entry.label
        for sentence in phrases.keypad_options(language, [(entry.label.of(language), str(entry.key))])
    ]
    spec = next(iter(question.fields), None)
    if spec is None:
        return sentences
    choices = []
    if spec.field == "choice":
        for n, choice in enumerate(spec.settings.get("choices", []), 1):
            said = choice.get("label") or choice["value"]
            text = said if isinstance(said, str) else said.get(language) or said.get("") or choice["value"]
            choices.append((text, str(choice.get("key") or n)))
    sentence = phrases.keypad_field(language, spec.field, question.settings.finish_on_key, choices, spec.settings)
    return [*sentences, sentence] if sentence else sentences


def label(option: Option | Anywhere, language: str) -> str:
    """How an option is called; its first phrase when it has no label."""
    if option.label is not None:
        return option.label.of(language)
    said = option.phrases.of(language) if option.phrases else []
    return said[0] if said else ""


def did_you_mean(options: tuple[Option, ...], language: str) -> str:
    """ "Did you mean one, the status of an order, or two, cancelling an order?" """
    names = [label(option, language) or option.name.replace("_", " ") for option in options]
    return phrases.did_you_mean(language, names)
