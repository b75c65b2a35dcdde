"""PURE: the language of flows. Models, loader (from {path: text}), checks, graph, grammar."""
