"""`ivr up`: starts the processes of one machine with the library supervisor, and says what is ready."""
