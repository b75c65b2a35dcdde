"""What looks at calls from outside: conversations that must hold, evaluation, benchmarks."""
