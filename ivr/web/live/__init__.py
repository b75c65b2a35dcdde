"""Calls in progress over all nodes; switches, tables and bulletins."""
