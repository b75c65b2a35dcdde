"""Insight: charts over any range of time, each point with the way to its calls."""
