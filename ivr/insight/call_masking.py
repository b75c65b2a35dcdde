"""What a person who may not see numbers, or not what callers said, sees of a call: only what is named here stays."""

from typing import Any

HIDDEN = "•••"
TURN = ("turn", "node", "part", "language", "attempt", "in_grammar", "engine", "understood_by", "understood_why",
        "result", "how", "intent", "option", "source", "confidence", "barged_in_by", "false_pauses", "answer_s",
        "decode_s", "delays", "emotion", "from_s", "until_s", "voice_from_s", "voice_until_s", "queries")  # fmt: skip
"""Of a turn, without words."""
CALL = ("id", "node", "dialled", "line", "flow", "version", "language", "codec", "models", "offered_at", "answered_at",
        "ended_at", "duration_s", "outcome", "ended_in", "ended_by", "close_reason", "task", "sip_status", "failures",
        "turn_count", "keys_only", "late_frames", "lost_packets", "received_packets", "sent_packets", "jitter_ms",
        "complete")  # fmt: skip
"""Of a call, without its caller and without what was learnt from them."""
TRANSFER = ("id", "turn", "t", "destination", "kind", "ok", "done_t", "how", "sip_status")
_SHOWN = 2
_FEWEST = 6
"""Of a shorter number nothing is shown: its end would be half of it."""


def number(text: str) -> str:
    """`+14155550123` -> `•••23`; what is no number is hidden as a whole, and empty stays empty."""
    digits = [letter for letter in text if letter.isdigit()]
    if not text:
        return ""
    plain = all(letter.isdigit() or letter in "+-() ." for letter in text)
    return HIDDEN + "".join(digits[-_SHOWN:]) if plain and len(digits) >= _FEWEST else HIDDEN


def story(told: dict[str, Any], sees_numbers: bool, sees_words: bool) -> dict[str, Any]:
    """A call_story.story with what the person may see; `hidden` tells what is not: `numbers`, `words`."""
    call = dict(told["call"])
    result = told | {"call": call, "hidden": []}
    if not sees_numbers:
        # addresses of transfers and the SIP peer's data carry the caller's number too
        call |= {"caller": number(call["caller"]), "sip_call_id": "", "peer": ""}
        result["transfers"] = [_only(one, TRANSFER) for one in told["transfers"]]
        result["hidden"].append("numbers")
    if not sees_words:
        result["call"] = {"caller": call["caller"], **_only(call, CALL)}
        result["turns"] = [_only(turn, TURN) | {"intents": _names(turn["intents"])} for turn in told["turns"]]
        result["transfers"] = [_only(one, TRANSFER) for one in told["transfers"]]
        result["troubles"] = [_only(one, ("seq", "turn", "t", "part")) for one in told["troubles"]]
        result["hidden"].append("words")
    return result


def _only(row: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {name: row[name] for name in names if name in row}


def _names(intents: list[Any]) -> list[dict[str, Any]]:
    return [_only(intent, ("name", "confidence")) for intent in intents if isinstance(intent, dict)]
