"""Calls over HTTP: searching, one call, its sound, what people write about it."""
