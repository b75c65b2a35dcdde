"""Evaluation, benchmarks, replay and checks: what tells us how well it works."""
