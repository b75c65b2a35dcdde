"""Messages that callers left, and who wants to be called back."""
