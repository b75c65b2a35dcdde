"""The first page, and what everybody may set of their own."""
