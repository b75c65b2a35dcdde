"""People, their roles and lines; tokens of programs."""
