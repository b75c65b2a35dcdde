"""Where something stands in a file or a model: keys and indices from the outside in."""

Path = tuple[str | int, ...]
