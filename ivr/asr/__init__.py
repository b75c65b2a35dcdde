"""Speech recognition: engines behind ports.Recognizer, one file an engine, and the process they run in."""
