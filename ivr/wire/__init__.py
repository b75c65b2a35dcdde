"""Between processes: typed messages, shared-memory rings, sockets."""
