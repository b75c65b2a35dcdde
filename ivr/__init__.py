"""A telephone number that understands people: an IVR server for SIP calls. The house is described in docs/house.md."""

__version__ = "0.1.0"
