"""How the SIP library is built: options, sources, steps. Standard library only."""
