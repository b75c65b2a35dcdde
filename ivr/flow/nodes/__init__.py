"""Node types: one file each with model, check, behaviour and documentation; the table is in `table.py`."""
