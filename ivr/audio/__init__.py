"""Sound as numbers, pure: frames, levels, ends of utterances, playout, key tones, echo. No socket, thread or clock."""
