"""How long searches take over many calls (`ivr bench search`)."""
