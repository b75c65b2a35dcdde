"""Calls over SIP: the only room that imports pjsua2. Everything of pjsua2 happens on one thread (endpoint.py)."""
