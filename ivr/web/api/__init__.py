"""The REST API below /api/v1: what pages do, for programs, and its description."""
