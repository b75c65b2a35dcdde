"""Other systems' applications made into a first flow, each with a list of what it could not carry over."""
