"""Conditions and computations in CEL, the Common Expression Language (package common-expression-language)."""

import re
import sys
import types
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

# The package's __init__ also loads its interactive shell with all that belongs to it: half a second of every start.
sys.modules.setdefault("cel.cli", types.ModuleType("cel.cli"))
import cel  # noqa: E402

_BOUND = re.compile(r"\.(?:all|exists|exists_one|map|filter)\(\s*([A-Za-z_]\w*)\s*,")
"""Macros that bind a name of their own; the library counts it among the variables."""


class ExpressionError(ValueError):
    """The expression is not CEL; the text says where."""


@dataclass(frozen=True)
class Result:
    """Value of an expression; `missing` says what it lacked (then `value` is None)."""

    value: Any = None
    missing: str = ""

    @property
    def holds(self) -> bool:
        """Only true holds: a condition over something that is not there does not."""
        return self.value is True


@lru_cache(maxsize=4096)
def compiled(expression: str) -> Any:
    """The program; raises ExpressionError."""
    try:
        return cel.compile(expression)
    except (ValueError, RuntimeError) as error:
        raise ExpressionError(_first_line(error)) from None


def evaluate(expression: str, names: Mapping[str, Any]) -> Result:
    """Never raises for what callers or services sent: what cannot be computed is missing."""
    try:
        known = {name: names[name] for name in variables(expression) if name in names}
        return Result(compiled(expression).execute(known))
    except KeyError as error:
        return Result(missing=str(error.args[0]) if error.args else expression)
    except (RuntimeError, TypeError, ValueError, ArithmeticError, IndexError, OverflowError) as error:
        unknown = next((name for name in variables(expression) if names.get(name) is None), "")
        return Result(missing=unknown or _first_line(error))


@lru_cache(maxsize=4096)
def variables(expression: str) -> tuple[str, ...]:
    """First parts of the names that it speaks of, without those that it binds itself (`list.exists(x, ...)`)."""
    try:
        named = set(compiled(expression).variables())
    except ExpressionError:
        return ()
    return tuple(sorted(named - set(_BOUND.findall(expression))))


def _first_line(error: BaseException) -> str:
    line = (str(error).strip().splitlines() or ["not CEL"])[0]
    return re.sub(r"^Failed to parse expression .*?ERROR: <input>:1:(\d+): ", r"at character \1: ", line)[:200]
