"""Flows: drafts, versions, try it, publish."""
