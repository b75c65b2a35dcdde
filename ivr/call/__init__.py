"""The media process's own room: one worker a call, the audio loop that steps them, the writer of what is kept."""
