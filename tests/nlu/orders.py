"""A small line to train on."""

from ivr.flow.examples import Nlu, example
from ivr.language.table import LANGUAGES
from ivr.nlu.training import TrainingSet, training_set

INTENTS = {
    "query_order": """
        where is my order, where's my stuff, what is the status of my order, has my order shipped,
        when will my package arrive, i want to know where my order is, track my order,
        can you tell me when my delivery comes, where is order [4567](order_id), is my parcel on its way,
        check the status of order [1234](order_id), i'm waiting for my order, my order has not arrived,
        order status, status of order number [8801](order_id), has it been sent yet, delivery status please""",
    "cancel_order": """
        cancel my order, i want to cancel an order, please cancel order [4567](order_id), i don't want it anymore,
        stop my order, can you cancel that, i changed my mind about my order, i'd like to cancel,
        cancel the order i made yesterday, i need to cancel my purchase, call off my order,
        delete my order, please do not send my order, cancel order number [2210](order_id), i ordered by mistake""",
    "opening_hours": """
        what are your opening hours, when are you open, are you open on sunday, what time do you close,
        how late are you open, opening hours, when do you open in the morning, are you open today,
        what are your business hours, till when are you there, is the store open on [saturday](day),
        do you open on [monday](day), hours please, what time do you open, when does the shop close""",
    "return_item": """
        i want to return something, how do i send it back, i'd like to return a [shirt](item), can i bring back the
        [shoes](item), return an item, the [blue jeans]{"entity": "item", "value": "jeans"} do not fit,
        i need to give it back, how can i return my purchase, i want my money back, can i exchange this,
        the [jacket](item) is broken and i want to return it, start a return, refund please, i would like a refund""",
}


def _split(text: str) -> list[str]:
    parts: list[str] = []
    depth = 0
    for piece in text.split(","):
        if depth:
            parts[-1] += "," + piece
        else:
            parts.append(piece)
        depth += piece.count("{") - piece.count("}")
    return [" ".join(part.split()) for part in parts if part.strip()]


def orders(version: str = "v1", **more: str) -> TrainingSet:
    """The line's examples; `more`: intent -> further examples."""
    nlu = Nlu("en")
    for name, text in {**INTENTS, **more}.items():
        nlu.intents[name] = [example(one) for one in _split(text)]
    for command in ("agent", "repeat"):
        nlu.intents[f"command.{command}"] = [example(text) for text in LANGUAGES["en"].commands[command]]
    nlu.synonyms = {"jeans": ["denim trousers", "denims"]}
    nlu.lookups = {"item": ["shirt", "shoes", "jeans", "winter coat"], "day": ["sunday", "monday"]}
    nlu.regexes = {"item": [r"\bsize \d+ \w+"]}
    return training_set("orders", version, nlu)
