"""Numbers that prove themselves: Luhn (cards), IBAN, Verhoeff, or weights of one's own. python-stdnum where it can."""

import re
from collections.abc import Mapping
from typing import Any

NAMES = ("luhn", "iban", "verhoeff", "isbn", "mod97")


def holds(value: str, checksum: Any) -> bool:
    """`checksum`: one of NAMES, or {"weights": "3 1", "modulo": 10}: the digits times the weights, repeated from the
    left, add up to a multiple. True when there is none to check. Raises KeyError for a name that is none."""
    if not checksum:
        return True
    if isinstance(checksum, Mapping):
        weights = [int(n) for n in re.findall(r"-?\d+", str(checksum["weights"]))]
        if not value.isdigit():
            return False
        total = sum(int(digit) * weights[n % len(weights)] for n, digit in enumerate(value))
        return total % int(checksum.get("modulo") or 10) == 0
    return {"luhn": _luhn, "iban": _iban, "verhoeff": _verhoeff, "isbn": _isbn, "mod97": _mod97}[str(checksum)](value)


def _luhn(value: str) -> bool:
    from stdnum import luhn

    return bool(luhn.is_valid(value))


def _iban(value: str) -> bool:
    from stdnum import iban

    return bool(iban.is_valid(value))


def _verhoeff(value: str) -> bool:
    from stdnum import verhoeff

    return bool(verhoeff.is_valid(value))


def _isbn(value: str) -> bool:
    from stdnum import isbn

    return bool(isbn.is_valid(value))


def _mod97(value: str) -> bool:
    return value.isdigit() and int(value) % 97 == 1
