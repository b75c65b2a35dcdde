"""A telephone number that understands people."""
