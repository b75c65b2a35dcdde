"""Figures over calls for pages, mails and exports: SQL over the records, typed rows out. Nothing here knows HTTP."""
