"""A real call to a line from the browser's microphone."""
