"""One reading of what was said."""

from typing import NamedTuple


class Candidate(NamedTuple):
    value: str
    confidence: float
    """0 to 1, of the reading alone: how sure the words mean this value, not whether the words were heard right."""
