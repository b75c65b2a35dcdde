"""Sound, pure: frames, end-pointing, playout, gain, the name of a prompt. No socket, thread, clock, file or chance."""
