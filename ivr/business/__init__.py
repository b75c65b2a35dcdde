"""Business systems that a flow asks: SQL, cached and bounded in time."""
