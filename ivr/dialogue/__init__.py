"""The mind of a call: turn taking, position in the flow, repair. Events in, actions out; nothing else (law 2, 3)."""
