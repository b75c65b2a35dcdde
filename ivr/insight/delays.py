"""Delays as percentiles, with how far chance may have moved them."""

from collections.abc import Sequence
from typing import Any

import numpy as np

RESAMPLED = 1000


def percentiles(seconds: Sequence[float], seed: int = 1) -> dict[str, Any]:
    """p50, p95 and p99 in ms, each with its 95 % interval by resampling (bootstrap)."""
    values = np.asarray(seconds, dtype=np.float64) * 1000
    chosen = np.random.default_rng(seed).choice(values, (RESAMPLED, len(values)))
    figures: dict[str, Any] = {"cases": len(values)}
    for q in (50, 95, 99):
        low, high = np.percentile(np.percentile(chosen, q, axis=1), (2.5, 97.5))
        figures[f"p{q}_ms"] = round(float(np.percentile(values, q)))
        figures[f"p{q}_interval_ms"] = [round(float(low)), round(float(high))]
    return figures
