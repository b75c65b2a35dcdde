"""The services process: what media asks for, flows and prompts, the control API, delivery of records."""
